//! Tables: a list of slots 1 to n, and all other keys in the order of their first insertion.
//!
//! The list has slots for every positive integer key below [`LIST_LIMIT`], as gopher-lua's has, so
//! a single high index makes a long list of nil. A removed key keeps its place among the others.

use super::{
    super::{
        number,
        value::{TableId, Value},
    },
    Fault, Heap,
};
use crate::lua::error::Exceeded;

/// From here on integers are keys like any other.
const LIST_LIMIT: f64 = 67_108_864.0;

/// Tables with at most this many keys are searched from the start.
const UNINDEXED: usize = 8;

const EMPTY: u32 = u32::MAX;

#[derive(Clone, Debug, Default)]
pub(in crate::lua) struct Table {
    pub(in crate::lua) list: Vec<Value>,
    entries: Vec<(Value, Value)>,
    /// Places in `entries`, by hash; empty while there are few.
    index: Vec<u32>,
    /// How many entries have a value.
    filled: usize,
    pub(in crate::lua) metatable: Option<TableId>,
}

/// Gives the place in the list of a key that belongs there.
pub(in crate::lua) fn slot(key: f64) -> Option<usize> {
    ((1.0..LIST_LIMIT).contains(&key) && number::whole(key).is_some()).then(|| key as usize - 1)
}

fn hash(key: Value) -> u64 {
    let bits = match key {
        Value::Nil => 0,
        Value::Boolean(truth) => 1 + u64::from(truth),
        Value::Number(number) => (number + 0.0).to_bits().rotate_left(17),
        Value::Text(id) => u64::from(id.0) | 1 << 40,
        Value::Table(id) => u64::from(id.0) | 2 << 40,
        Value::Function(id) => u64::from(id.0) | 3 << 40,
        Value::Thread(id) => u64::from(id.0) | 4 << 40,
        Value::Proxy(id) => u64::from(id.0) | 5 << 40,
    };
    let product = u128::from(bits ^ 0x9e37_79b9_7f4a_7c15) * 0xa076_1d64_78bd_642f_u128;
    (product >> 64) as u64 ^ product as u64
}

impl Table {
    pub(in crate::lua) fn get(&self, key: Value) -> Value {
        if let Value::Number(number) = key
            && let Some(slot) = slot(number)
        {
            return self.at(slot);
        }
        self.get_key(key)
    }

    /// Gives a value of the list, counted from 0.
    pub(in crate::lua) fn at(&self, slot: usize) -> Value {
        self.list.get(slot).copied().unwrap_or_default()
    }

    /// Gives the value of a key that is not in the list.
    pub(in crate::lua) fn get_key(&self, key: Value) -> Value {
        self.find(key)
            .map_or(Value::Nil, |place| self.entries[place].1)
    }

    fn find(&self, key: Value) -> Option<usize> {
        if self.index.is_empty() {
            return self.entries.iter().position(|(known, _)| *known == key);
        }
        let mask = self.index.len() - 1;
        let mut at = hash(key) as usize & mask;
        loop {
            let place = self.index[at];
            if place == EMPTY {
                return None;
            }
            if self.entries[place as usize].0 == key {
                return Some(place as usize);
            }
            at = (at + 1) & mask;
        }
    }

    /// Replaces the value of a key that is there already, and tells whether it was.
    pub(in crate::lua) fn replace(&mut self, key: Value, value: Value) -> bool {
        let Some(place) = self.find(key) else {
            return false;
        };
        let old = std::mem::replace(&mut self.entries[place].1, value);
        self.filled += usize::from(old.is_nil());
        self.filled -= usize::from(value.is_nil());
        true
    }

    fn insert(&mut self, key: Value, value: Value) {
        let place = self.entries.len();
        self.entries.push((key, value));
        self.filled += 1;
        if self.index.is_empty() && place < UNINDEXED {
            return;
        }
        if self.entries.len() * 2 > self.index.len() {
            self.rebuild();
        } else {
            self.enter(place);
        }
    }

    fn rebuild(&mut self) {
        let size = (self.entries.len() * 4).next_power_of_two();
        self.index.clear();
        self.index.resize(size, EMPTY);
        for place in 0..self.entries.len() {
            self.enter(place);
        }
    }

    fn enter(&mut self, place: usize) {
        let mask = self.index.len() - 1;
        let mut at = hash(self.entries[place].0) as usize & mask;
        while self.index[at] != EMPTY {
            at = (at + 1) & mask;
        }
        self.index[at] = place as u32;
    }

    /// Gives the number of the last slot that is not nil, which is what `#` gives.
    pub(in crate::lua) fn length(&self) -> usize {
        self.list
            .iter()
            .rposition(|value| !value.is_nil())
            .map_or(0, |last| last + 1)
    }

    /// Gives the entry after a key, or nil at the end; after a key that was never there comes the
    /// second of those outside the list.
    pub(in crate::lua) fn next(&self, key: Value) -> (Value, Value) {
        let mut from = match key {
            Value::Nil => 0,
            Value::Number(number) if number > 0.0 => match slot(number) {
                Some(slot) => slot + 1,
                None => usize::MAX,
            },
            _ => usize::MAX,
        };
        while let Some(value) = self.list.get(from) {
            from += 1;
            if !value.is_nil() {
                return (Value::Number(from as f64), *value);
            }
        }
        let start = if from == self.list.len() || (from != usize::MAX && self.list.is_empty()) {
            0
        } else {
            self.find(key).unwrap_or(0) + 1
        };
        if self.filled == 0 {
            return (Value::Nil, Value::Nil);
        }
        let rest = self.entries.get(start..).unwrap_or_default();
        let entry = rest.iter().find(|(_, value)| !value.is_nil());
        entry.copied().unwrap_or_default()
    }

    pub(in crate::lua) fn entries(&self) -> impl Iterator<Item = (Value, Value)> + '_ {
        self.entries
            .iter()
            .copied()
            .filter(|(_, value)| !value.is_nil())
    }

    /// Gives all keys and values, also of removed entries, whose keys must stay.
    pub(super) fn contents(&self) -> impl Iterator<Item = Value> + '_ {
        let entries = self.entries.iter().flat_map(|(key, value)| [*key, *value]);
        self.list.iter().copied().chain(entries)
    }

    /// Tells how many bytes the table takes.
    pub(super) fn size(&self) -> usize {
        size_of::<Self>()
            + self.list.capacity() * size_of::<Value>()
            + self.entries.capacity() * size_of::<(Value, Value)>()
            + self.index.capacity() * size_of::<u32>()
    }

    /// Appends behind the last value that is not nil.
    fn place_to_append(&self) -> usize {
        match self.list.last() {
            Some(last) if last.is_nil() => self.length(),
            _ => self.list.len(),
        }
    }
}

impl Heap {
    /// Sets a value without asking metatables; the key must be neither nil nor NaN.
    pub(in crate::lua) fn set(
        &mut self,
        id: TableId,
        key: Value,
        value: Value,
    ) -> Result<(), Fault> {
        if let Value::Number(number) = key
            && let Some(slot) = slot(number)
        {
            return self.set_slot(id, slot, value);
        }
        let table = &mut self.tables.items[id.index()];
        if table.replace(key, value) || value.is_nil() {
            return Ok(());
        }
        let count = table.entries.len();
        let index_is_full = match table.index.len() {
            0 => count >= UNINDEXED,
            places => (count + 1) * 2 > places,
        };
        if count < table.entries.capacity() && !index_is_full {
            table.insert(key, value);
            return Ok(());
        }
        // The key and its place in the index, each with room to double.
        let growth = count * (2 * size_of::<(Value, Value)>() + 16);
        self.afford(growth)?;
        self.resizing(id, |table| table.insert(key, value));
        Ok(())
    }

    /// Sets a value of the list, counted from 0.
    pub(in crate::lua) fn set_slot(
        &mut self,
        id: TableId,
        slot: usize,
        value: Value,
    ) -> Result<(), Fault> {
        let table = &mut self.tables.items[id.index()];
        if let Some(place) = table.list.get_mut(slot) {
            *place = value;
            return Ok(());
        }
        if slot < table.list.capacity() {
            table.list.resize(slot, Value::Nil);
            table.list.push(value);
            return Ok(());
        }
        self.reserve_list(id, slot + 1 - self.table(id).list.len())?;
        let list = &mut self.tables.items[id.index()].list;
        list.resize(slot, Value::Nil);
        list.push(value);
        Ok(())
    }

    /// Makes room for so many more values in the list.
    pub(in crate::lua) fn reserve_list(&mut self, id: TableId, more: usize) -> Result<(), Fault> {
        let list = &self.tables.items[id.index()].list;
        if list.capacity() - list.len() >= more {
            return Ok(());
        }
        let wanted = (list.len() + more).max(list.len() * 2);
        self.afford((wanted - list.len()).saturating_mul(size_of::<Value>()))?;
        self.resizing(id, |table| {
            table.list.reserve_exact(wanted - table.list.len())
        });
        Ok(())
    }

    pub(in crate::lua) fn reserve_entries(
        &mut self,
        id: TableId,
        more: usize,
    ) -> Result<(), Fault> {
        self.afford(more.saturating_mul(size_of::<(Value, Value)>()))?;
        self.resizing(id, |table| table.entries.reserve(more));
        Ok(())
    }

    fn resizing(&mut self, id: TableId, change: impl FnOnce(&mut Table)) {
        let table = &mut self.tables.items[id.index()];
        let before = table.size();
        change(table);
        self.used = (self.used + table.size()).saturating_sub(before);
    }

    pub(in crate::lua) fn append(&mut self, id: TableId, value: Value) -> Result<(), Fault> {
        if value.is_nil() {
            return Ok(());
        }
        let slot = self.table(id).place_to_append();
        self.set_slot(id, slot, value)
    }

    /// Inserts into the list and moves what follows; outside of it this is a plain store.
    pub(in crate::lua) fn insert(
        &mut self,
        id: TableId,
        place: i64,
        value: Value,
    ) -> Result<(), Fault> {
        let length = self.table(id).list.len();
        match usize::try_from(place) {
            Ok(place) if (1..=length).contains(&place) => {
                self.reserve_list(id, 1)?;
                self.tables.items[id.index()].list.insert(place - 1, value);
                Ok(())
            }
            _ => self.set(id, Value::Number(place as f64), value),
        }
    }

    /// Removes from the list, from its end if the place is below 1.
    pub(in crate::lua) fn remove(&mut self, id: TableId, place: i64) -> Value {
        let list = &mut self.tables.items[id.index()].list;
        match usize::try_from(place) {
            Ok(place) if place > list.len() => Value::Nil,
            Ok(place) if place > 0 => list.remove(place - 1),
            _ => list.pop().unwrap_or_default(),
        }
    }

    /// Fails if so many more bytes would be too many.
    pub(in crate::lua) fn afford(&self, bytes: usize) -> Result<(), Fault> {
        if self.used.saturating_add(bytes) > self.limit {
            return Err(Fault::Stop(Exceeded::Memory));
        }
        Ok(())
    }
}

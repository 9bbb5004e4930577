//! The keys that wait, found by their text and by their number.
//!
//! Slots are used again, so that a join in steady state needs new memory for the texts of keys
//! only. The hash is seeded anew for each join, since keys come from outside.

use super::{
    group::Group,
    turns::{Turn, Turns},
};
use argo_events_core::Timestamp;
use hashbrown::{DefaultHashBuilder, HashTable};
use std::hash::BuildHasher as _;

/// A key with what waits under it.
#[derive(Debug)]
pub(super) struct Key {
    pub(super) text: Box<[u8]>,
    hash: u64,
    pub(super) turn: Turn,
    pub(super) group: Group,
    /// A checkpoint knows the key.
    pub(super) stored: bool,
    /// Something changed since the last checkpoint.
    pub(super) dirty: bool,
    /// The slot is in the list of those to look at in the next checkpoint.
    listed: bool,
}

/// All keys of a join.
#[derive(Debug, Default)]
pub(super) struct Keys {
    table: HashTable<u32>,
    slots: Vec<Key>,
    free: Vec<u32>,
    turns: Turns,
    next: u64,
    hasher: DefaultHashBuilder,
    dirty: Vec<u32>,
    /// Keys that a checkpoint knows and that are no more.
    removed: Vec<Box<[u8]>>,
}

impl Keys {
    pub(super) fn len(&self) -> usize {
        self.table.len()
    }

    pub(super) fn hash(&self, text: &[u8]) -> u64 {
        self.hasher.hash_one(text)
    }

    pub(super) fn find(&self, hash: u64, text: &[u8]) -> Option<u32> {
        let same = |slot: &u32| {
            let key = &self.slots[*slot as usize];
            key.hash == hash && *key.text == *text
        };
        self.table.find(hash, same).copied()
    }

    pub(super) fn get(&self, slot: u32) -> &Key {
        &self.slots[slot as usize]
    }

    pub(super) fn get_mut(&mut self, slot: u32) -> &mut Key {
        &mut self.slots[slot as usize]
    }

    /// Returns the slot of the key that comes first.
    pub(super) fn oldest(&self) -> Option<u32> {
        self.turns.first().map(|turn| turn.slot)
    }

    /// Returns when the key that comes first began.
    pub(super) fn first_started(&self) -> Option<Timestamp> {
        self.turns.first().map(|turn| turn.started)
    }

    /// Adds a key that is not there. A number is given by those who restore.
    pub(super) fn insert(
        &mut self,
        hash: u64,
        text: &[u8],
        started: Timestamp,
        number: Option<u64>,
    ) -> u32 {
        let number = number.unwrap_or(self.next);
        self.next = self.next.max(number.saturating_add(1));
        let slot = self.free.pop().unwrap_or_else(|| self.grow());
        let turn = Turn {
            started,
            number,
            slot,
        };
        let key = &mut self.slots[slot as usize];
        (key.text, key.hash, key.turn) = (text.into(), hash, turn);
        self.turns.push(turn);
        let slots = &self.slots;
        self.table
            .insert_unique(hash, slot, |slot| slots[*slot as usize].hash);
        slot
    }

    fn grow(&mut self) -> u32 {
        let slot = u32::try_from(self.slots.len()).expect("fewer keys than a u32 counts are kept");
        let turn = Turn {
            started: Timestamp::EPOCH,
            number: 0,
            slot,
        };
        let (text, group) = (Box::default(), Group::default());
        let (stored, dirty, listed) = (false, false, false);
        self.slots.push(Key {
            text,
            hash: 0,
            turn,
            group,
            stored,
            dirty,
            listed,
        });
        slot
    }

    /// Removes a key whose group was emptied.
    pub(super) fn remove(&mut self, slot: u32) {
        let key = &mut self.slots[slot as usize];
        let (text, hash, turn) = (std::mem::take(&mut key.text), key.hash, key.turn);
        // No key has this number, so that entries of its turn are void.
        key.turn.number = u64::MAX;
        key.dirty = false;
        if std::mem::take(&mut key.stored) {
            self.removed.push(text);
        }
        if let Ok(entry) = self.table.find_entry(hash, |other| *other == slot) {
            entry.remove();
        }
        self.free.push(slot);
        self.void(turn);
    }

    /// Lets a key's window begin at another time.
    pub(super) fn restart(&mut self, slot: u32, started: Timestamp) {
        let turn = self.slots[slot as usize].turn;
        if turn.started != started {
            let moved = Turn { started, ..turn };
            self.slots[slot as usize].turn = moved;
            self.turns.push(moved);
            self.void(turn);
        }
    }

    fn void(&mut self, turn: Turn) {
        let slots = &self.slots;
        self.turns.remove(turn, self.table.len(), |turn| {
            slots[turn.slot as usize].turn == turn
        });
    }

    /// Notes that a key changed.
    pub(super) fn touch(&mut self, slot: u32) {
        let key = &mut self.slots[slot as usize];
        key.dirty = true;
        if !std::mem::replace(&mut key.listed, true) {
            self.dirty.push(slot);
        }
    }

    /// Returns the slots of all keys.
    pub(super) fn all(&self) -> Vec<u32> {
        let mut slots: Vec<_> = self.table.iter().copied().collect();
        slots.sort_unstable_by_key(|slot| self.get(*slot).turn.number);
        slots
    }

    /// Tells whether a checkpoint would have something to write.
    pub(super) fn changed(&self) -> bool {
        !self.removed.is_empty() || self.dirty.iter().any(|slot| self.get(*slot).dirty)
    }

    /// Takes the keys that a checkpoint knows and that are no more.
    pub(super) fn take_removed(&mut self) -> Vec<Box<[u8]>> {
        std::mem::take(&mut self.removed)
    }

    /// Takes the keys that changed; whoever takes them writes them.
    pub(super) fn take_dirty(&mut self) -> Vec<u32> {
        let mut dirty = std::mem::take(&mut self.dirty);
        dirty.retain(|slot| {
            let key = &mut self.slots[*slot as usize];
            key.listed = false;
            std::mem::take(&mut key.dirty)
        });
        dirty
    }

    /// Forgets every key.
    pub(super) fn clear(&mut self) {
        for slot in self.all() {
            self.get_mut(slot).group.clear();
            self.remove(slot);
        }
        self.turns.clear();
    }
}

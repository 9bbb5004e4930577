//! Lists and objects: shared, and copied only when a shared one changes.

use super::{MAX_NESTING, Text, Value};
use std::{collections::BTreeMap, sync::Arc};

#[derive(Clone, Debug, Default)]
struct Items {
    /// How deep the list nests, at least 1.
    nesting: u32,
    /// Whether holes may be inside, see [`Value::hole`].
    holed: bool,
    values: Vec<Value>,
}

/// A list, perhaps a part of a longer one.
#[derive(Clone, Debug)]
pub struct List {
    items: Arc<Items>,
    start: u32,
    end: u32,
}

impl Default for List {
    fn default() -> Self {
        Self::new(Vec::new())
    }
}

impl List {
    /// Makes a list.
    #[must_use]
    pub fn new(values: Vec<Value>) -> Self {
        let nesting = 1 + values.iter().map(Value::nesting).max().unwrap_or(0);
        let end = values.len() as u32;
        let items = Arc::new(Items {
            nesting,
            holed: false,
            values,
        });
        Self {
            items,
            start: 0,
            end,
        }
    }

    /// Gives the elements.
    #[must_use]
    pub fn as_slice(&self) -> &[Value] {
        &self.items.values[self.start as usize..self.end as usize]
    }

    /// Tells how many elements there are.
    #[must_use]
    pub fn len(&self) -> usize {
        (self.end - self.start) as usize
    }

    /// Tells whether there are no elements.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.start == self.end
    }

    /// Gives a part without copying; the places must lie inside.
    pub(in crate::jq) fn part(&self, start: usize, end: usize) -> Self {
        Self {
            items: self.items.clone(),
            start: self.start + start as u32,
            end: self.start + end as u32,
        }
    }

    pub(super) fn nesting(&self) -> u32 {
        self.items.nesting
    }

    pub(in crate::jq) fn is_holed(&self) -> bool {
        self.items.holed
    }

    /// Tells whether two lists are the same one, not only equal.
    pub(in crate::jq) fn is_same(&self, other: &Self) -> bool {
        let empty = self.is_empty() && other.is_empty();
        empty
            || Arc::ptr_eq(&self.items, &other.items)
                && self.start == other.start
                && self.end == other.end
    }

    /// Tells whether changing would first have to copy the elements.
    pub(in crate::jq) fn is_shared(&self) -> bool {
        Arc::strong_count(&self.items) > 1
    }

    /// Lets the elements be changed, after copying them if anyone else has them.
    ///
    /// Afterwards the list counts as nesting as deep as `deepest` element says, at least.
    pub(in crate::jq) fn change<R>(&mut self, change: impl FnOnce(&mut Vec<Value>) -> R) -> R {
        if Arc::get_mut(&mut self.items).is_none() || self.len() != self.items.values.len() {
            let values = self.as_slice().to_vec();
            let (nesting, holed) = (self.items.nesting, self.items.holed);
            self.items = Arc::new(Items {
                nesting,
                holed,
                values,
            });
        }
        let items = Arc::make_mut(&mut self.items);
        let result = change(&mut items.values);
        (self.start, self.end) = (0, items.values.len() as u32);
        result
    }

    /// Notes what an element that was put in brings along.
    pub(in crate::jq) fn note(&mut self, nesting: u32, holed: bool) {
        if nesting >= self.items.nesting || holed && !self.items.holed {
            let items = Arc::make_mut(&mut self.items);
            items.nesting = items.nesting.max(nesting + 1);
            items.holed |= holed;
        }
    }

    /// Adds an element at the end.
    pub(in crate::jq) fn push(&mut self, value: Value) {
        let nesting = value.nesting();
        self.change(|values| values.push(value));
        self.note(nesting, false);
    }

    pub(super) fn shares(&self) -> (usize, bool, &[Value]) {
        (
            Arc::as_ptr(&self.items).addr(),
            Arc::strong_count(&self.items) > 1,
            &self.items.values,
        )
    }
}

#[derive(Clone, Debug, Default)]
struct Members {
    nesting: u32,
    holed: bool,
    /// Whether this is the object that a JSON `null` is fed in as.
    absent: bool,
    values: BTreeMap<Text, Value>,
}

/// An object; its members are sorted by name.
#[derive(Clone, Debug)]
pub struct Object {
    members: Arc<Members>,
}

impl Default for Object {
    fn default() -> Self {
        Self::new(BTreeMap::new())
    }
}

impl Object {
    /// Makes an object.
    #[must_use]
    pub fn new(values: BTreeMap<Text, Value>) -> Self {
        let nesting = 1 + values.values().map(Value::nesting).max().unwrap_or(0);
        let members = Arc::new(Members {
            nesting,
            values,
            ..Members::default()
        });
        Self { members }
    }

    /// Makes the object that a JSON `null` is fed in as: without members, yet written as `null`.
    #[must_use]
    pub fn absent() -> Self {
        let members = Arc::new(Members {
            nesting: 1,
            absent: true,
            ..Members::default()
        });
        Self { members }
    }

    /// Tells whether this is the object that a JSON `null` is fed in as.
    #[must_use]
    pub fn is_absent(&self) -> bool {
        self.members.absent
    }

    /// Gives the members.
    #[must_use]
    pub fn members(&self) -> &BTreeMap<Text, Value> {
        &self.members.values
    }

    /// Gives a member.
    #[must_use]
    pub fn get(&self, name: &[u8]) -> Option<&Value> {
        self.members.values.get(name)
    }

    /// Tells how many members there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.members.values.len()
    }

    /// Tells whether there are no members.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.members.values.is_empty()
    }

    pub(super) fn nesting(&self) -> u32 {
        self.members.nesting
    }

    pub(in crate::jq) fn is_holed(&self) -> bool {
        self.members.holed
    }

    pub(in crate::jq) fn is_same(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.members, &other.members)
    }

    /// Tells whether changing would first have to copy the members.
    pub(in crate::jq) fn is_shared(&self) -> bool {
        Arc::strong_count(&self.members) > 1
    }

    /// Lets the members be changed, after copying them if anyone else has them.
    pub(in crate::jq) fn change<R>(
        &mut self,
        change: impl FnOnce(&mut BTreeMap<Text, Value>) -> R,
    ) -> R {
        let members = Arc::make_mut(&mut self.members);
        members.absent = false;
        change(&mut members.values)
    }

    /// Notes what a member that was put in brings along.
    pub(in crate::jq) fn note(&mut self, nesting: u32, holed: bool) {
        if nesting >= self.members.nesting || holed && !self.members.holed {
            let members = Arc::make_mut(&mut self.members);
            members.nesting = members.nesting.max(nesting + 1);
            members.holed |= holed;
        }
    }

    /// Puts a member in.
    pub(in crate::jq) fn insert(&mut self, name: Text, value: Value) {
        let nesting = value.nesting();
        self.change(|members| members.insert(name, value));
        self.note(nesting, false);
    }

    pub(super) fn shares(&self) -> (usize, bool) {
        (
            Arc::as_ptr(&self.members).addr(),
            Arc::strong_count(&self.members) > 1,
        )
    }
}

impl Value {
    /// Tells how deep the value nests.
    pub(in crate::jq) fn depth_inside(&self) -> u32 {
        self.nesting()
    }

    /// Tells whether the value nests deeper than any may.
    pub(in crate::jq) fn is_too_deep(&self) -> bool {
        self.nesting() > MAX_NESTING
    }
}

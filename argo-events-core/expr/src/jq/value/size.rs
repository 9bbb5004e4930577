//! Counts how much memory values hold, shared ones once.

use super::{Object, Text, Value};
use std::collections::HashSet;

/// What a member costs: its name, its value and its place in the tree.
const MEMBER_BYTES: usize = 64;

/// A running count.
#[derive(Debug)]
pub(in crate::jq) struct Census {
    seen: HashSet<usize>,
    bytes: usize,
    limit: usize,
}

impl Census {
    pub(in crate::jq) fn new(limit: usize) -> Self {
        Self {
            seen: HashSet::new(),
            bytes: 0,
            limit,
        }
    }

    pub(in crate::jq) fn bytes(&self) -> usize {
        self.bytes
    }

    /// Adds a value; stops counting beyond the limit.
    pub(in crate::jq) fn count(&mut self, value: &Value) {
        if self.bytes > self.limit {
            return;
        }
        match value {
            Value::Text(text) | Value::Literal(text) => self.text(text),
            Value::Big(number) => self.bytes += number.limbs() * size_of::<u32>(),
            Value::Array(list) => {
                let (address, shared, values) = list.shares();
                if self.is_new(address, shared) {
                    self.bytes += size_of_val(values);
                    values.iter().for_each(|value| self.count(value));
                }
            }
            Value::Object(object) => self.object(object),
            Value::Null | Value::Bool(_) | Value::Int(_) | Value::Float(_) => {}
        }
    }

    fn object(&mut self, object: &Object) {
        let (address, shared) = object.shares();
        if !self.is_new(address, shared) {
            return;
        }
        for (name, value) in object.members() {
            self.bytes += MEMBER_BYTES;
            self.text(name);
            self.count(value);
        }
    }

    fn text(&mut self, text: &Text) {
        let (address, shared) = text.shares();
        if self.is_new(address, shared) {
            self.bytes += text.len();
        }
    }

    fn is_new(&mut self, address: usize, shared: bool) -> bool {
        !shared || self.seen.insert(address)
    }
}

//! Keeps the path along which a value was reached, for `path` and all that is made of it.

use super::{
    state::{Cell, Trace},
    step::Machine,
};
use crate::jq::{
    Failure,
    native::{MAX_ARGUMENTS, Tracked},
    value::{List, Object, Text, Value, typed_preview},
};
use std::collections::BTreeMap;

impl Machine<'_> {
    pub(super) fn is_tracking(&self) -> bool {
        !self.state.paths.is_empty() && self.state.expressions == 0
    }

    pub(super) fn path_begin(&mut self) {
        let start = match self.state.stack.peek() {
            Some(Cell::Value(value)) => value.clone(),
            _ => Value::Null,
        };
        self.state.paths.push(Trace::Depth(self.state.expressions));
        self.state.paths.push(Trace::Start(start));
        self.state.expressions = 0;
    }

    pub(super) fn path_end(&mut self) -> Result<(), Failure> {
        self.pop();
        let value = self.pop();
        if !self.is_intact(&value) {
            return Err(invalid_path(&value));
        }
        let mut keys = Vec::new();
        while let Some(Trace::Step(key, _)) = self.state.paths.pop() {
            keys.push(key);
        }
        keys.reverse();
        self.host.meter.elements(keys.len())?;
        self.push(Value::Array(List::new(keys)));
        if let Some(Trace::Depth(expressions)) = self.state.paths.pop() {
            self.state.expressions = expressions;
        }
        Ok(())
    }

    /// Adds a step to the path, which must have led to the value the step was taken from.
    pub(super) fn track(&mut self, from: &Value, key: Value, to: Value) -> Result<(), Failure> {
        if !self.is_tracking() {
            return Ok(());
        }
        if !self.is_intact(from) {
            return Err(invalid_path(from));
        }
        self.state.paths.push(Trace::Step(key, to));
        self.check_depth()
    }

    pub(super) fn track_native(
        &mut self,
        tracked: Tracked,
        input: &Value,
        arguments: [Value; MAX_ARGUMENTS],
        result: Value,
    ) -> Result<(), Failure> {
        let [first, second, third] = arguments;
        match tracked {
            Tracked::No => Ok(()),
            Tracked::Index => self.track(&first, second, result),
            Tracked::Slice => {
                let members = [(Text::from("start"), third), (Text::from("end"), second)];
                let key = Value::Object(Object::new(BTreeMap::from(members)));
                self.track(&first, key, result)
            }
            Tracked::Path => {
                if !self.is_intact(input) {
                    return Err(invalid_path(input));
                }
                if let Value::Array(keys) = first {
                    for key in keys.as_slice() {
                        let step = Trace::Step(key.clone(), result.clone());
                        self.state.paths.push(step);
                    }
                }
                self.check_depth()
            }
        }
    }

    /// Tells whether a value is the one that the path led to: the same container, or an equal value.
    pub(super) fn is_intact(&self, value: &Value) -> bool {
        let found = match self.state.paths.peek() {
            Some(Trace::Start(found) | Trace::Step(_, found)) => found,
            _ => return false,
        };
        match (value, found) {
            (Value::Null, Value::Null) => true,
            (Value::Bool(value), Value::Bool(found)) => value == found,
            (Value::Int(value), Value::Int(found)) => value == found,
            (Value::Float(value), Value::Float(found)) => {
                value == found || value.is_nan() && found.is_nan()
            }
            (Value::Big(value), Value::Big(found)) => value == found,
            (Value::Literal(value), Value::Literal(found))
            | (Value::Text(value), Value::Text(found)) => value == found,
            (Value::Array(value), Value::Array(found)) => value.is_same(found),
            (Value::Object(value), Value::Object(found)) => value.is_same(found),
            _ => false,
        }
    }
}

fn invalid_path(value: &Value) -> Failure {
    format!("invalid path against: {}", typed_preview(value)).into()
}

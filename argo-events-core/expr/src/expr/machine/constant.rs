//! Constants of a program as values.

use super::{super::ast::Constant, Failure, Machine, Value, compare, loops};
use crate::govalue::Kind;

impl<'p> Machine<'p> {
    /// Returns a constant as a value, which is made only once.
    pub(super) fn constant(&mut self, place: u32) -> Result<Value, Failure> {
        let place = place as usize;
        if let Some(value) = &self.constants[place] {
            return Ok(value.clone());
        }
        let value = self.make(&self.code.constants[place])?;
        self.constants[place] = Some(value.clone());
        Ok(value)
    }

    fn make(&mut self, constant: &Constant) -> Result<Value, Failure> {
        Ok(match constant {
            Constant::Bool(truth) => Value::Bool(*truth),
            Constant::Int(number) => Value::Int(*number),
            Constant::Float(number) => Value::Float(*number),
            Constant::Text(text) => Value::from(text.to_vec()),
            Constant::List(constants) => {
                let values = constants.iter().map(|constant| self.make(constant));
                Value::from(values.collect::<Result<Vec<_>, _>>()?)
            }
            Constant::Range { first, length } => {
                self.run.charge_elements(*length)?;
                loops::range(*first, *length)
            }
            Constant::IntSet(_) | Constant::TextSet(_) => Value::Nil,
        })
    }

    /// Returns a constant text.
    pub(super) fn name(&self, place: u32) -> &'p [u8] {
        match &self.code.constants[place as usize] {
            Constant::Text(text) => text,
            _ => b"",
        }
    }

    /// Tests whether a value is in a constant set, of whose type it must be.
    pub(super) fn in_set(&mut self, place: u32) -> Result<(), Failure> {
        let needle = self.pop()?;
        let found = match (&self.code.constants[place as usize], &needle) {
            (Constant::IntSet(set), Value::Int(needle)) => set.binary_search(needle).is_ok(),
            (Constant::IntSet(set), Value::Nil) => set.binary_search(&0).is_ok(),
            (Constant::IntSet(_), _) => return Err(not_assignable(&needle, "int")),
            (Constant::TextSet(set), Value::String(needle)) => {
                set.binary_search_by(|text| (**text).cmp(needle)).is_ok()
            }
            (Constant::TextSet(set), Value::Nil) => {
                set.binary_search_by(|text| (**text).cmp(b"")).is_ok()
            }
            _ => return Err(not_assignable(&needle, "string")),
        };
        self.push(Value::Bool(found))
    }
}

/// Complains about a key of another type than a map's.
pub(super) fn not_assignable(key: &Value, wanted: &str) -> Failure {
    let found = key.type_name();
    format!("reflect.Value.MapIndex: value of type {found} is not assignable to type {wanted}")
        .into()
}

/// Names the kind of a value as Go's package reflect does.
pub(super) fn kind_name(value: &Value) -> &'static str {
    match value {
        _ if compare::is_nil(value) && value.kind() == Kind::Invalid => "zero",
        Value::Error(_) => "ptr",
        other => other.kind().name(),
    }
}

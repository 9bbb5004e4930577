//! What counts as true.

use super::Value;

/// Tells whether a value counts as true: neither zero nor empty nor nil.
#[must_use]
pub fn is_true(value: &Value) -> bool {
    match value {
        Value::Nil => false,
        Value::Bool(truth) => *truth,
        Value::Float(number) => *number != 0.0,
        Value::Complex(real, imaginary) => *real != 0.0 || *imaginary != 0.0,
        Value::String(text) => !text.is_empty(),
        Value::List(list) => !list.values().is_empty(),
        Value::Map(map) => !map.is_empty(),
        Value::Time(_) | Value::Function(_) | Value::Error(_) => true,
        Value::Object(object) => match object.underlying() {
            Some(value) => is_true(&value),
            None => !object.is_nil(),
        },
        _ => value.as_integer() != Some(0),
    }
}

//! Values as other parts know them.

use super::Value;
use crate::{gofmt, gojson};

/// Shows a value as Go's `%v` does.
pub(super) fn show(value: &Value<'_>) -> String {
    match gofmt::sprint(&[gofmt::Value::from(value)]) {
        Ok(text) => String::from_utf8_lossy(&text).into_owned(),
        Err(error) => error.to_string(),
    }
}

impl From<&Value<'_>> for gofmt::Value {
    fn from(value: &Value<'_>) -> Self {
        match value {
            Value::Null => Self::Nil,
            Value::Bool(value) => Self::Bool(*value),
            Value::Number(value) => Self::Float(*value),
            Value::Text(text) | Value::Pattern(text) => Self::String(text.to_vec()),
            Value::List(elements) => Self::List(elements.iter().map(Self::from).collect()),
            Value::Map(members) => {
                let own = |(name, member): (&String, &Value<'_>)| {
                    (name.as_bytes().to_vec(), Self::from(member))
                };
                Self::Map(members.iter().map(own).collect())
            }
        }
    }
}

impl From<&Value<'_>> for gojson::Value {
    /// Gives the value as JSON holds it; bytes that are not UTF-8 become U+FFFD.
    fn from(value: &Value<'_>) -> Self {
        match value {
            Value::Null => Self::Null,
            Value::Bool(value) => Self::Bool(*value),
            Value::Number(value) => Self::Number(*value),
            Value::Text(text) | Value::Pattern(text) => {
                Self::String(String::from_utf8_lossy(text).into_owned())
            }
            Value::List(elements) => Self::Array(elements.iter().map(Self::from).collect()),
            Value::Map(members) => {
                let own = |(name, member): (&String, &Value<'_>)| (name.clone(), member.into());
                Self::Object(members.iter().map(own).collect())
            }
        }
    }
}

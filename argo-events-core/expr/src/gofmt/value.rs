//! What can be formatted.

use std::collections::BTreeMap;

/// A value with the type that Go would see.
///
/// Texts are bytes, since templates may cut a text in the middle of a character.
#[derive(Clone, Debug, Default, PartialEq)]
#[non_exhaustive]
pub enum Value {
    /// No value, `nil`.
    #[default]
    Nil,
    /// A `bool`.
    Bool(bool),
    /// An `int`, as literals in templates are.
    Int(i64),
    /// An `int64`.
    Int64(i64),
    /// A `float64`, as numbers in JSON are.
    Float(f64),
    /// A `string`.
    String(Vec<u8>),
    /// A list of any values.
    List(Vec<Value>),
    /// Any values by name.
    Map(BTreeMap<Vec<u8>, Value>),
}

impl Value {
    /// Gives the name of the value's type in Go.
    #[must_use]
    pub fn type_name(&self) -> &'static str {
        match self {
            Self::Nil => "<nil>",
            Self::Bool(_) => "bool",
            Self::Int(_) => "int",
            Self::Int64(_) => "int64",
            Self::Float(_) => "float64",
            Self::String(_) => "string",
            Self::List(_) => "[]interface {}",
            Self::Map(_) => "map[string]interface {}",
        }
    }
}

impl From<bool> for Value {
    fn from(value: bool) -> Self {
        Self::Bool(value)
    }
}

impl From<f64> for Value {
    fn from(value: f64) -> Self {
        Self::Float(value)
    }
}

impl From<&str> for Value {
    fn from(value: &str) -> Self {
        Self::String(value.into())
    }
}

impl From<String> for Value {
    fn from(value: String) -> Self {
        Self::String(value.into())
    }
}

impl From<Vec<Value>> for Value {
    fn from(value: Vec<Value>) -> Self {
        Self::List(value)
    }
}

#[cfg(feature = "gojson")]
impl From<crate::gojson::Value> for Value {
    /// Takes over a decoded document, which nests no deeper than its decoder allows.
    fn from(value: crate::gojson::Value) -> Self {
        use crate::gojson::Value as Json;
        match value {
            Json::Null => Self::Nil,
            Json::Bool(value) => Self::Bool(value),
            Json::Number(value) => Self::Float(value),
            Json::String(value) => Self::String(value.into()),
            Json::Array(elements) => Self::List(elements.into_iter().map(Self::from).collect()),
            Json::Object(members) => {
                let own = |(name, member): (String, Json)| (name.into(), Self::from(member));
                Self::Map(members.into_iter().map(own).collect())
            }
        }
    }
}

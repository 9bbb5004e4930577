//! What can be formatted.

use std::{borrow::Cow, collections::BTreeMap};

/// What formatting asks of a value.
pub trait Format {
    /// Gives the name of the value's type in Go; of no value it is `<nil>`.
    fn type_name(&self) -> Cow<'static, str>;

    /// Gives what the value looks like.
    fn shape(&self) -> Shape<'_>;

    /// Gives the text of the method `String` or `Error`, which stands for the value where a text is
    /// asked for.
    fn own_text(&self) -> Option<Cow<'_, [u8]>> {
        None
    }

    /// Visits the elements of a [`Shape::List`].
    fn visit_elements(&self, _visit: &mut dyn FnMut(&Self)) {}

    /// Visits the members of a [`Shape::Map`], sorted by name, or of a [`Shape::Struct`].
    fn visit_members(&self, _visit: &mut dyn FnMut(&[u8], &Self)) {}
}

/// What a value looks like to the verbs.
#[derive(Clone, Copy, Debug)]
pub enum Shape<'a> {
    /// No value.
    Nil,
    /// A truth.
    Bool(bool),
    /// A whole number of a type with a sign.
    Signed(i64),
    /// A whole number of a type without a sign.
    Unsigned(u64),
    /// A number.
    Float(f64),
    /// A real and an imaginary part.
    Complex(f64, f64),
    /// A text.
    Text(&'a [u8]),
    /// Values in a row.
    List,
    /// Values by name.
    Map,
    /// Fields, perhaps behind a pointer.
    Struct {
        /// Tells whether it is a pointer to them.
        is_pointer: bool,
    },
}

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

impl Format for Value {
    fn type_name(&self) -> Cow<'static, str> {
        Cow::Borrowed(match self {
            Self::Nil => "<nil>",
            Self::Bool(_) => "bool",
            Self::Int(_) => "int",
            Self::Int64(_) => "int64",
            Self::Float(_) => "float64",
            Self::String(_) => "string",
            Self::List(_) => "[]interface {}",
            Self::Map(_) => "map[string]interface {}",
        })
    }

    fn shape(&self) -> Shape<'_> {
        match self {
            Self::Nil => Shape::Nil,
            Self::Bool(truth) => Shape::Bool(*truth),
            Self::Int(number) | Self::Int64(number) => Shape::Signed(*number),
            Self::Float(number) => Shape::Float(*number),
            Self::String(text) => Shape::Text(text),
            Self::List(_) => Shape::List,
            Self::Map(_) => Shape::Map,
        }
    }

    fn visit_elements(&self, visit: &mut dyn FnMut(&Self)) {
        if let Self::List(elements) = self {
            elements.iter().for_each(visit);
        }
    }

    fn visit_members(&self, visit: &mut dyn FnMut(&[u8], &Self)) {
        if let Self::Map(members) = self {
            members
                .iter()
                .for_each(|(name, member)| visit(name, member));
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

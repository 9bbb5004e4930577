//! The value itself.

use super::{Function, Kind, List, Map, Object, Text, Type, document, list, map};
use crate::gotime::{Duration, Time};
use std::{borrow::Cow, collections::BTreeMap, rc::Rc};

/// A value with the type that Go would see.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub enum Value {
    /// No value, `nil`.
    #[default]
    Nil,
    /// A `bool`.
    Bool(bool),
    /// An `int`.
    Int(i64),
    /// An `int32`.
    Int32(i32),
    /// An `int64`.
    Int64(i64),
    /// A `uint8`.
    Uint8(u8),
    /// A `uint32`.
    Uint32(u32),
    /// A `uint64`.
    Uint64(u64),
    /// A `float64`, as numbers in JSON are.
    Float(f64),
    /// A `complex128`.
    Complex(f64, f64),
    /// A `string`.
    String(Text),
    /// A slice.
    List(List),
    /// A map with texts as names.
    Map(Map),
    /// A `time.Time`.
    Time(Time),
    /// A `time.Duration`.
    Duration(Duration),
    /// A function.
    Function(&'static Function),
    /// An `error`.
    Error(Rc<str>),
    /// A value of another named type.
    Object(Rc<dyn Object>),
}

impl Value {
    /// Reads a document as gjson's `Value()` does; containers in it are decoded when looked at.
    pub fn from_json(document: impl Into<Text>) -> Self {
        document::value(&document.into())
    }

    /// Gives the name of the value's type, as `%T` does.
    #[must_use]
    pub fn type_name(&self) -> Cow<'static, str> {
        match self {
            Self::Nil => "<nil>".into(),
            Self::Error(_) => "*errors.errorString".into(),
            Self::Function(function) => function.type_name(),
            Self::Object(object) => object.type_name(),
            _ => self.go_type().map_or("<nil>".into(), Type::name),
        }
    }

    /// Gives the type, unless only the value itself knows it or there is none.
    #[must_use]
    pub fn go_type(&self) -> Option<Type> {
        Some(match self {
            Self::Bool(_) => Type::Bool,
            Self::Int(_) => Type::Int,
            Self::Int32(_) => Type::Int32,
            Self::Int64(_) => Type::Int64,
            Self::Uint8(_) => Type::Uint8,
            Self::Uint32(_) => Type::Uint32,
            Self::Uint64(_) => Type::Uint64,
            Self::Float(_) => Type::Float64,
            Self::Complex(..) => Type::Complex128,
            Self::String(_) => Type::String,
            Self::List(list) => slice_of(list.element())?,
            Self::Map(map) => map_of(map.member())?,
            Self::Time(_) => Type::Time,
            Self::Duration(_) => Type::Duration,
            Self::Object(object) => return object.go_type(),
            Self::Nil | Self::Function(_) | Self::Error(_) => return None,
        })
    }

    /// Gives the sort of the value's type.
    #[must_use]
    pub fn kind(&self) -> Kind {
        match self {
            Self::Nil => Kind::Invalid,
            Self::List(_) => Kind::Slice,
            Self::Map(_) => Kind::Map,
            Self::Function(function) => function.kind(),
            Self::Error(_) => Kind::Pointer,
            Self::Object(object) => object.kind(),
            _ => self.go_type().map_or(Kind::Invalid, Type::kind),
        }
    }

    /// Gives the whole number, whatever its type.
    #[must_use]
    pub fn as_integer(&self) -> Option<i128> {
        Some(match self {
            Self::Int(number) | Self::Int64(number) => (*number).into(),
            Self::Int32(number) => (*number).into(),
            Self::Uint8(number) => (*number).into(),
            Self::Uint32(number) => (*number).into(),
            Self::Uint64(number) => (*number).into(),
            Self::Duration(duration) => duration.nanoseconds().into(),
            Self::Object(object) => object.underlying()?.as_integer()?,
            _ => return None,
        })
    }

    /// Gives the bytes of a text.
    #[must_use]
    pub fn as_text(&self) -> Option<&Text> {
        match self {
            Self::String(text) => Some(text),
            _ => None,
        }
    }

    /// Makes a `map[string]interface{}`.
    pub fn map<N: Into<Text>>(members: impl IntoIterator<Item = (N, Value)>) -> Self {
        let own = members
            .into_iter()
            .map(|(name, value)| (name.into(), value));
        Self::Map(Map::new(own.collect::<BTreeMap<_, _>>()))
    }

    /// Makes an `error`.
    pub fn error(text: impl Into<Rc<str>>) -> Self {
        Self::Error(text.into())
    }
}

fn slice_of(element: Type) -> Option<Type> {
    Some(match element {
        Type::Any => Type::ANYS,
        Type::String => Type::STRINGS,
        Type::Int => Type::INTS,
        Type::Int64 => Type::Slice(&Type::Int64),
        Type::Float64 => Type::Slice(&Type::Float64),
        Type::Bool => Type::Slice(&Type::Bool),
        Type::Uint8 => Type::Slice(&Type::Uint8),
        Type::Int32 => Type::Slice(&Type::Int32),
        Type::ANYS => Type::Slice(&Type::ANYS),
        Type::STRINGS => Type::Slice(&Type::STRINGS),
        Type::ANY_MAP => Type::Slice(&Type::ANY_MAP),
        _ => return None,
    })
}

fn map_of(member: Type) -> Option<Type> {
    Some(match member {
        Type::Any => Type::ANY_MAP,
        Type::String => Type::STRING_MAP,
        Type::Int => Type::Map(&Type::Int),
        Type::ANYS => Type::Map(&Type::ANYS),
        _ => return None,
    })
}

/// Equal in type and content.
impl PartialEq for Value {
    fn eq(&self, other: &Self) -> bool {
        super::deep_equal(self, other)
    }
}

/// Frees values one after the other, however deep they nest.
pub(super) fn free(mut values: Vec<Value>) {
    // Nothing nested, nothing to do: most lists are of texts and numbers.
    while let Some(value) = values.pop() {
        match value {
            Value::List(list) => values.append(&mut list::dismantle(list)),
            Value::Map(map) => values.append(&mut map::dismantle(map)),
            _ => {}
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

impl From<Text> for Value {
    fn from(text: Text) -> Self {
        Self::String(text)
    }
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Self::String(text.into())
    }
}

impl From<String> for Value {
    fn from(text: String) -> Self {
        Self::String(text.into())
    }
}

impl From<Vec<u8>> for Value {
    fn from(text: Vec<u8>) -> Self {
        Self::String(text.into())
    }
}

impl From<Vec<Value>> for Value {
    fn from(values: Vec<Value>) -> Self {
        Self::List(List::new(values))
    }
}

impl From<List> for Value {
    fn from(list: List) -> Self {
        Self::List(list)
    }
}

impl From<Map> for Value {
    fn from(map: Map) -> Self {
        Self::Map(map)
    }
}

impl From<crate::gojson::Value> for Value {
    /// Takes over a decoded document, which nests no deeper than its decoder allows.
    fn from(value: crate::gojson::Value) -> Self {
        use crate::gojson::Value as Json;
        match value {
            Json::Null => Self::Nil,
            Json::Bool(value) => Self::Bool(value),
            Json::Number(value) => Self::Float(value),
            Json::String(value) => Self::String(value.into()),
            Json::Array(elements) => {
                Self::from(elements.into_iter().map(Self::from).collect::<Vec<_>>())
            }
            Json::Object(members) => Self::map(
                members
                    .into_iter()
                    .map(|(name, member)| (name, Self::from(member))),
            ),
        }
    }
}

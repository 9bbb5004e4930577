//! What formatting sees of a value.

use super::Value;
use crate::gofmt::{Format, Shape};
use std::borrow::Cow;

impl Format for Value {
    fn type_name(&self) -> Cow<'static, str> {
        self.type_name()
    }

    fn shape(&self) -> Shape<'_> {
        match self {
            Self::Nil => Shape::Nil,
            Self::Bool(truth) => Shape::Bool(*truth),
            Self::Int(number) | Self::Int64(number) => Shape::Signed(*number),
            Self::Int32(number) => Shape::Signed((*number).into()),
            Self::Duration(duration) => Shape::Signed(duration.nanoseconds()),
            Self::Uint8(number) => Shape::Unsigned((*number).into()),
            Self::Uint32(number) => Shape::Unsigned((*number).into()),
            Self::Uint64(number) => Shape::Unsigned(*number),
            Self::Float(number) => Shape::Float(*number),
            Self::Complex(real, imaginary) => Shape::Complex(*real, *imaginary),
            Self::String(text) => Shape::Text(text),
            Self::List(_) => Shape::List,
            Self::Map(_) => Shape::Map,
            Self::Time(_) | Self::Function(_) => Shape::Struct { is_pointer: false },
            Self::Error(_) => Shape::Struct { is_pointer: true },
            Self::Object(object) => object_shape(object.underlying(), object.kind()),
        }
    }

    fn own_text(&self) -> Option<Cow<'_, [u8]>> {
        let text = match self {
            Self::Time(time) => time.to_string(),
            Self::Duration(duration) => duration.to_string(),
            Self::Error(text) => return Some(text.as_bytes().into()),
            Self::Object(object) => object.text()?,
            _ => return None,
        };
        Some(Cow::Owned(text.into_bytes()))
    }

    fn visit_elements(&self, visit: &mut dyn FnMut(&Self)) {
        if let Self::List(list) = self {
            list.values().iter().for_each(visit);
        }
    }

    fn visit_members(&self, visit: &mut dyn FnMut(&[u8], &Self)) {
        match self {
            Self::Map(map) => {
                let entries = map.entries();
                entries.iter().for_each(|(name, value)| visit(name, value));
            }
            Self::Object(object) => {
                let fields = object.fields();
                (fields.iter()).for_each(|(name, value)| visit(name.as_bytes(), value));
            }
            Self::Error(text) => visit(b"s", &Self::from(&**text)),
            _ => {}
        }
    }
}

fn object_shape(underlying: Option<Value>, kind: super::Kind) -> Shape<'static> {
    match underlying {
        Some(Value::Uint64(number)) => Shape::Unsigned(number),
        Some(value) => {
            let number = value.as_integer().unwrap_or_default();
            Shape::Signed(i64::try_from(number).unwrap_or_default())
        }
        None => Shape::Struct {
            is_pointer: kind == super::Kind::Pointer,
        },
    }
}

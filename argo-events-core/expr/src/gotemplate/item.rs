//! A value on its way through a template.

use crate::govalue::{List, Type, Value, is_true};
use std::borrow::Cow;

/// What `reflect.Value` is to the original: a value, and whether its type is only known to be
/// `interface {}`.
#[derive(Clone, Debug)]
pub(super) enum Item {
    /// Nothing at all, such as a member that a map does not have.
    Absent,
    /// A member or element that could be of any type, perhaps nil.
    Open(Value),
    /// A value of a known type.
    Known(Value),
}

impl Item {
    pub(super) fn of(value: Value) -> Self {
        match value {
            Value::Nil => Self::Absent,
            value => Self::Known(value),
        }
    }

    /// Makes an element or member of a container whose elements have a type.
    pub(super) fn element(value: Value, element: Type) -> Self {
        match element {
            Type::Any => Self::Open(value),
            _ => Self::Known(value),
        }
    }

    /// Forgets that the type was not known.
    pub(super) fn known(self) -> Self {
        match self {
            Self::Open(value) => Self::of(value),
            item => item,
        }
    }

    /// Gives the value, `nil` if there is none.
    pub(super) fn into_value(self) -> Value {
        match self {
            Self::Absent => Value::Nil,
            Self::Open(value) | Self::Known(value) => value,
        }
    }

    /// Gives the value, unless there is none.
    pub(super) fn value(&self) -> Option<&Value> {
        match self {
            Self::Absent | Self::Open(Value::Nil) => None,
            Self::Open(value) | Self::Known(value) => Some(value),
        }
    }

    pub(super) fn is_true(&self) -> bool {
        self.value().is_some_and(is_true)
    }

    /// Gives the name of the type as far as it is known.
    pub(super) fn type_name(&self) -> Cow<'static, str> {
        match self {
            Self::Absent | Self::Open(_) => "interface {}".into(),
            Self::Known(value) => value.type_name(),
        }
    }

    /// Tells whether a parameter of a type takes the item as it is.
    pub(super) fn fits(&self, wanted: Type) -> bool {
        match (self, wanted) {
            (_, Type::Any) => true,
            (Self::Known(value), Type::Error) => matches!(value, Value::Error(_)),
            (Self::Known(Value::Object(object)), Type::Named(name, _)) => {
                object.type_name() == name
            }
            (Self::Known(value), _) => value.go_type() == Some(wanted),
            _ => false,
        }
    }

    /// Makes the nil of a type, if it has one.
    pub(super) fn nil(wanted: Type) -> Option<Self> {
        Some(match wanted {
            Type::Any | Type::Error => Self::Open(Value::Nil),
            Type::Reflect => Self::Absent,
            Type::Slice(element) => Self::Known(Value::List(List::nil(*element))),
            Type::Map(_) => Self::Known(Value::Nil),
            _ => return None,
        })
    }
}

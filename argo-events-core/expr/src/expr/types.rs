//! What is known of a value's type before it is there, named as Go names types.

use super::ast::Kind;
use std::{fmt, sync::Arc};

/// A type of Go; nothing at all stands for the type of `nil`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Type {
    Any,
    Bool,
    Int,
    Int64,
    Float,
    Text,
    Time,
    Duration,
    Month,
    Weekday,
    Error,
    List(Arc<Type>),
    /// A map with names of the first type and members of the second.
    Map(Arc<(Type, Type)>),
    Function(Arc<Signature>),
}

/// What a function takes and gives.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Signature {
    pub(super) parameters: Vec<Type>,
    pub(super) is_variadic: bool,
    pub(super) results: Vec<Type>,
}

impl Type {
    pub(super) fn list(element: Self) -> Self {
        Self::List(Arc::new(element))
    }

    pub(super) fn anys() -> Self {
        Self::list(Self::Any)
    }

    pub(super) fn texts() -> Self {
        Self::list(Self::Text)
    }

    pub(super) fn map(name: Self, member: Self) -> Self {
        Self::Map(Arc::new((name, member)))
    }

    pub(super) fn any_map() -> Self {
        Self::map(Self::Text, Self::Any)
    }

    pub(super) fn function(parameters: Vec<Self>, result: Self) -> Self {
        Self::Function(Arc::new(Signature {
            parameters,
            is_variadic: false,
            results: vec![result],
        }))
    }

    /// Returns the type that the names of built-in functions have.
    pub(super) fn builtin() -> Self {
        Self::Function(Arc::new(Signature {
            parameters: vec![Self::Any],
            is_variadic: true,
            results: vec![Self::Any, Self::Error],
        }))
    }

    pub(super) fn kind(&self) -> Kind {
        match self {
            Self::Any | Self::Error => Kind::Interface,
            Self::Bool => Kind::Bool,
            Self::Int | Self::Month | Self::Weekday => Kind::Int,
            Self::Int64 | Self::Duration => Kind::Int64,
            Self::Float => Kind::Float,
            Self::Text => Kind::Text,
            Self::Time => Kind::Struct,
            Self::List(_) => Kind::List,
            Self::Map(_) => Kind::Map,
            Self::Function(_) => Kind::Function,
        }
    }

    pub(super) fn is_any(&self) -> bool {
        self.kind() == Kind::Interface
    }

    pub(super) fn is_integer(&self) -> bool {
        matches!(self.kind(), Kind::Int | Kind::Int64)
    }

    pub(super) fn is_number(&self) -> bool {
        self.is_integer() || self.kind() == Kind::Float
    }

    /// Returns what a list or map holds.
    pub(super) fn element(&self) -> Option<Self> {
        match self {
            Self::List(element) => Some((**element).clone()),
            Self::Map(map) => Some(map.1.clone()),
            _ => None,
        }
    }

    pub(super) fn assignable_to(&self, target: &Self) -> bool {
        *target == Self::Any || self == target
    }
}

impl fmt::Display for Type {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Any => "interface {}",
            Self::Bool => "bool",
            Self::Int => "int",
            Self::Int64 => "int64",
            Self::Float => "float64",
            Self::Text => "string",
            Self::Time => "time.Time",
            Self::Duration => "time.Duration",
            Self::Month => "time.Month",
            Self::Weekday => "time.Weekday",
            Self::Error => "error",
            Self::List(element) => return write!(f, "[]{element}"),
            Self::Map(map) => return write!(f, "map[{}]{}", map.0, map.1),
            Self::Function(signature) => return signature.fmt(f),
        })
    }
}

impl fmt::Display for Signature {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("func(")?;
        for (place, parameter) in self.parameters.iter().enumerate() {
            if place > 0 {
                f.write_str(", ")?;
            }
            if self.is_variadic && place + 1 == self.parameters.len() {
                f.write_str("...")?;
            }
            write!(f, "{parameter}")?;
        }
        match &self.results[..] {
            [] => f.write_str(")"),
            [result] => write!(f, ") {result}"),
            [first, rest @ ..] => {
                write!(f, ") ({first}")?;
                for result in rest {
                    write!(f, ", {result}")?;
                }
                f.write_str(")")
            }
        }
    }
}

/// Shows a type that may be that of `nil`.
pub(super) fn shown(shown: &Option<Type>) -> String {
    shown
        .as_ref()
        .map_or_else(|| "<nil>".to_owned(), Type::to_string)
}

/// Tells whether values of the types may be equal.
pub(super) fn comparable(left: &Option<Type>, right: &Option<Type>) -> bool {
    let (Some(left), Some(right)) = (left, right) else {
        return true;
    };
    left.kind() == right.kind()
        || left.is_number() && right.is_number()
        || left.is_any()
        || right.is_any()
}

/// The type of a parameter or result in tables of functions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Known {
    Any,
    Bool,
    Int,
    Int64,
    Float,
    Text,
    Time,
    Duration,
    Month,
    Weekday,
    Anys,
    Texts,
}

impl Known {
    pub(super) fn to_type(self) -> Type {
        match self {
            Self::Any => Type::Any,
            Self::Bool => Type::Bool,
            Self::Int => Type::Int,
            Self::Int64 => Type::Int64,
            Self::Float => Type::Float,
            Self::Text => Type::Text,
            Self::Time => Type::Time,
            Self::Duration => Type::Duration,
            Self::Month => Type::Month,
            Self::Weekday => Type::Weekday,
            Self::Anys => Type::anys(),
            Self::Texts => Type::texts(),
        }
    }
}

//! The compiled form of an expression.

use super::{Value, symbol::Symbol};
use crate::re2::Regex;

/// A part of an expression that has a value.
#[derive(Clone, Debug)]
pub(super) enum Stage {
    Literal(Value<'static>),
    Pattern(Box<Regex>),
    /// A variable by its place.
    Variable(usize),
    Access(Box<Access>),
    Prefix(Symbol, Box<Stage>),
    Chain(Box<Chain>),
}

/// A look into a variable, which JSON never allows.
#[derive(Clone, Debug)]
pub(super) struct Access {
    pub(super) variable: usize,
    /// The first two of the names.
    pub(super) names: [String; 2],
    /// What is computed before.
    pub(super) arguments: Option<Stage>,
}

/// Operators of one level, the leftmost first.
#[derive(Clone, Debug)]
pub(super) struct Chain {
    pub(super) first: Stage,
    pub(super) links: Vec<Link>,
}

/// An operator and what stands to its right.
#[derive(Clone, Debug)]
pub(super) struct Link {
    pub(super) symbol: Symbol,
    pub(super) right: Stage,
}

impl Stage {
    /// What stands where nothing is written, as in `(a +)`.
    pub(super) const NOTHING: Self = Self::Literal(Value::Null);

    /// Gives the value of a part that needs no variables.
    pub(super) fn constant(&self) -> Option<Value<'_>> {
        match self {
            Self::Literal(value) => Some(value.borrowed()),
            Self::Pattern(regex) => Some(Value::Pattern(regex.pattern().into())),
            _ => None,
        }
    }
}

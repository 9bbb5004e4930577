//! The pieces of an expression.

use super::{Value, convert, symbol::Symbol};
use crate::gotime::Time;

/// A piece of an expression and its place.
#[derive(Clone, Debug)]
pub(super) struct Token {
    pub(super) part: Part,
    /// Where it begins, in bytes.
    pub(super) offset: usize,
    /// Where it ends, in bytes.
    pub(super) end: usize,
}

/// What a piece is.
#[derive(Clone, Debug)]
pub(super) enum Part {
    Prefix(Symbol),
    Number(f64),
    Bool(bool),
    Text(String),
    Time(Time),
    Variable(String),
    /// A name with dots, split at them.
    Accessor(Vec<String>),
    Comparator(Symbol),
    Logical(Symbol),
    Modifier(Symbol),
    Ternary(Symbol),
    Separator,
    Open,
    Close,
}

impl Part {
    /// Names the kind as the library does.
    pub(super) fn kind(&self) -> &'static str {
        match self {
            Self::Prefix(_) => "PREFIX",
            Self::Number(_) => "NUMERIC",
            Self::Bool(_) => "BOOLEAN",
            Self::Text(_) => "STRING",
            Self::Time(_) => "TIME",
            Self::Variable(_) => "VARIABLE",
            Self::Accessor(_) => "ACCESSOR",
            Self::Comparator(_) => "COMPARATOR",
            Self::Logical(_) => "LOGICALOP",
            Self::Modifier(_) => "MODIFIER",
            Self::Ternary(_) => "TERNARY",
            Self::Separator => "SEPARATOR",
            Self::Open => "CLAUSE",
            Self::Close => "CLAUSE_CLOSE",
        }
    }

    /// Shows the value as the library does, a parenthesis by its code.
    pub(super) fn show(&self) -> String {
        match self {
            Self::Prefix(symbol)
            | Self::Comparator(symbol)
            | Self::Logical(symbol)
            | Self::Modifier(symbol)
            | Self::Ternary(symbol) => symbol.as_str().to_owned(),
            Self::Number(number) => convert::show(&Value::Number(*number)),
            Self::Bool(value) => value.to_string(),
            Self::Text(text) | Self::Variable(text) => text.clone(),
            Self::Time(time) => time.to_string(),
            Self::Accessor(names) => format!("[{}]", names.join(" ")),
            Self::Separator => ",".to_owned(),
            Self::Open => u32::from('(').to_string(),
            Self::Close => u32::from(')').to_string(),
        }
    }

    /// Gives the operator, if the piece stands between operands.
    pub(super) fn infix(&self) -> Option<Symbol> {
        match self {
            Self::Comparator(symbol)
            | Self::Logical(symbol)
            | Self::Modifier(symbol)
            | Self::Ternary(symbol) => Some(*symbol),
            Self::Separator => Some(Symbol::Separate),
            _ => None,
        }
    }
}

//! The tokens of an expression.

use super::error::Location;
use crate::gostrconv::quote;
use std::fmt;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum TokenKind {
    Identifier,
    Number,
    Text,
    Operator,
    Bracket,
    End,
}

#[derive(Clone, Debug)]
pub(super) struct Token {
    pub(super) kind: TokenKind,
    /// The token's text; of a string literal what it stands for, which may be any bytes.
    pub(super) value: Vec<u8>,
    pub(super) location: Location,
}

impl Token {
    pub(super) fn is(&self, kind: TokenKind, value: &str) -> bool {
        self.kind == kind && self.value == value.as_bytes()
    }

    pub(super) fn is_operator(&self, value: &str) -> bool {
        self.is(TokenKind::Operator, value)
    }

    pub(super) fn is_bracket(&self, value: &str) -> bool {
        self.is(TokenKind::Bracket, value)
    }

    /// Returns the text, which is valid but for string literals.
    pub(super) fn text(&self) -> &str {
        str::from_utf8(&self.value).unwrap_or_default()
    }
}

impl fmt::Display for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kind = match self.kind {
            TokenKind::Identifier => "Identifier",
            TokenKind::Number => "Number",
            TokenKind::Text => "String",
            TokenKind::Operator => "Operator",
            TokenKind::Bracket => "Bracket",
            TokenKind::End => "EOF",
        };
        match self.value.is_empty() {
            true => f.write_str(kind),
            false => write!(f, "{kind}({})", quote(&self.value)),
        }
    }
}

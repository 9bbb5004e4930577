//! What can be wrong with a text that should be a number or a boolean.

use super::quote;
use std::fmt;

/// Says why a text was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ErrorKind {
    /// The text is not written as the type requires.
    Syntax,
    /// The text is well formed, but its value does not fit the type.
    Range,
    /// The caller asked for a base other than 0 and 2 to 36.
    Base,
}

/// A refused text; its message has Go's words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Error {
    function: &'static str,
    text: Box<[u8]>,
    kind: ErrorKind,
    base: u32,
}

impl Error {
    pub(super) fn syntax(function: &'static str, text: &[u8]) -> Self {
        Self {
            function,
            text: text.into(),
            kind: ErrorKind::Syntax,
            base: 0,
        }
    }

    pub(super) fn range(function: &'static str, text: &[u8]) -> Self {
        Self {
            function,
            text: text.into(),
            kind: ErrorKind::Range,
            base: 0,
        }
    }

    pub(super) fn base(function: &'static str, text: &[u8], base: u32) -> Self {
        Self {
            function,
            text: text.into(),
            kind: ErrorKind::Base,
            base,
        }
    }

    /// Tells why the text was refused.
    #[must_use]
    pub fn kind(&self) -> ErrorKind {
        self.kind
    }
}

impl fmt::Display for Error {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            formatter,
            "strconv.{}: parsing {}: ",
            self.function,
            quote(&self.text)
        )?;
        match self.kind {
            ErrorKind::Syntax => formatter.write_str("invalid syntax"),
            ErrorKind::Range => formatter.write_str("value out of range"),
            ErrorKind::Base => write!(formatter, "invalid base {}", self.base),
        }
    }
}

impl std::error::Error for Error {}

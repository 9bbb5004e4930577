//! What can be wrong with an expression, in the library's words and with the place.

use std::{error, fmt};

/// Says why a text is no expression.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ParseError {
    message: String,
    offset: usize,
    length: usize,
    expected: Option<&'static str>,
}

impl ParseError {
    pub(super) fn new(message: impl Into<String>, offset: usize) -> Self {
        Self {
            message: message.into(),
            offset,
            length: 0,
            expected: None,
        }
    }

    /// Says how many bytes are wrong.
    pub(super) fn over(mut self, length: usize) -> Self {
        self.length = length;
        self
    }

    /// Says what would be right.
    pub(super) fn expected(mut self, expected: impl Into<Option<&'static str>>) -> Self {
        self.expected = expected.into();
        self
    }

    /// Tells where the mistake is, in bytes from the start of the expression.
    #[must_use]
    pub fn offset(&self) -> usize {
        self.offset
    }

    /// Tells how many bytes are wrong; 0 where something is missing.
    #[must_use]
    pub fn length(&self) -> usize {
        self.length
    }

    /// Says what would be right, if that is known.
    #[must_use]
    pub fn expectation(&self) -> Option<&'static str> {
        self.expected
    }
}

impl fmt::Display for ParseError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.message)
    }
}

impl error::Error for ParseError {}

/// Says why an expression has no value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EvaluateError(String);

impl EvaluateError {
    pub(super) fn new(message: impl Into<String>) -> Self {
        Self(message.into())
    }
}

impl fmt::Display for EvaluateError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

impl error::Error for EvaluateError {}

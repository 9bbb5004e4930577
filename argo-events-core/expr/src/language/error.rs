//! Why a program gave nothing.

use std::{error, fmt};

/// Says why a program gave nothing, in the words of its language.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RunError(String);

impl RunError {
    /// Says it in words.
    #[must_use]
    pub fn new(message: impl Into<String>) -> Self {
        Self(message.into())
    }

    /// Says that a program of a language takes no such input.
    pub(super) fn unfit(takes: &str) -> Self {
        Self(format!("this program takes {takes}"))
    }
}

impl fmt::Display for RunError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

impl error::Error for RunError {}

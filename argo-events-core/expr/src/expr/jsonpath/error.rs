//! What can be wrong with a path, in the library's words.

use crate::govalue::{Failure, Value};

/// What an error is about, which decides how others wrap it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum About {
    Token,
    Expression,
    Other,
}

/// Why a path leads nowhere.
#[derive(Debug)]
pub(super) enum Trouble {
    /// The library's error; filters and the like go on after one.
    Error { about: About, text: String },
    /// The end of the evaluation.
    End(Failure),
}

impl From<Failure> for Trouble {
    fn from(failure: Failure) -> Self {
        Self::End(failure)
    }
}

impl Trouble {
    pub(super) fn other(text: impl Into<String>) -> Self {
        let about = About::Other;
        let text = text.into();
        Self::Error { about, text }
    }

    fn token(text: String) -> Self {
        let about = About::Token;
        Self::Error { about, text }
    }

    fn expression(text: &str) -> Self {
        let about = About::Expression;
        let text = format!("invalid expression. {text}");
        Self::Error { about, text }
    }

    pub(super) fn unexpected_token(token: &str, index: usize) -> Self {
        Self::other(format!("unexpected token '{token}' at index {index}"))
    }

    pub(super) fn empty_token() -> Self {
        Self::token("invalid token. token string is empty".to_owned())
    }

    pub(super) fn format(token: &str) -> Self {
        Self::token(format!(
            "invalid token. '{token}' does not match any token format"
        ))
    }

    pub(super) fn expression_format(text: &str) -> Self {
        Self::expression(&format!("invalid format '{text}'"))
    }

    pub(super) fn empty_expression() -> Self {
        Self::expression("is empty")
    }

    pub(super) fn key_not_found(name: &str, key: &str) -> Self {
        Self::token(format!("{name}: invalid token key '{key}' not found"))
    }

    pub(super) fn out_of_range(name: &str) -> Self {
        Self::token(format!("{name}: invalid token out of range"))
    }

    pub(super) fn target(name: &str, found: &Value, expected: &str) -> Self {
        let found = kind(found);
        Self::token(format!(
            "{name}: invalid token target. expected [{expected}] got [{found}]"
        ))
    }

    pub(super) fn argument(name: &str, found: &str, expected: &str) -> Self {
        Self::token(format!(
            "{name}: invalid token argument. expected [{expected}] got [{found}]"
        ))
    }

    pub(super) fn result(found: &Value, expected: &str) -> Self {
        let found = kind(found);
        Self::other(format!(
            "unexpected expression result. expected [{expected}] got [{found}]"
        ))
    }

    /// Says that this came up in an expression.
    pub(super) fn in_expression(self) -> Self {
        match self {
            Self::Error { about, text } if about != About::Expression => Self::expression(&text),
            other => other,
        }
    }

    /// Says that this came up in a token.
    pub(super) fn in_token(self, name: &str) -> Self {
        match self {
            Self::Error { about, text } if about != About::Token => {
                Self::token(format!("{name}: invalid token {text}"))
            }
            other => other,
        }
    }

    /// Says that this came up when a path was read.
    pub(super) fn in_selector(self, path: &str) -> Self {
        match self {
            Self::Error { text, .. } => {
                Self::other(format!("invalid JSONPath selector '{path}' {text}"))
            }
            end => end,
        }
    }

    pub(super) fn into_failure(self) -> Failure {
        match self {
            Self::Error { text, .. } => text.into(),
            Self::End(failure) => failure,
        }
    }
}

/// Names the sort of a value.
pub(super) fn kind(value: &Value) -> &'static str {
    match value {
        Value::Nil => "nil",
        other => other.kind().name(),
    }
}

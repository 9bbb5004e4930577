//! What can be wrong with a program, and what can go wrong in a run.

use super::{Limit, Value, value::preview};
use std::{fmt, ops::Range};

/// Says why a text is no program.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct CompileError {
    /// Whether the text cannot be read, or names what does not exist.
    pub kind: CompileErrorKind,
    /// What is wrong, in gojq's words.
    pub message: String,
    /// Where: for [`Syntax`](CompileErrorKind::Syntax) how many bytes were read when it showed,
    /// else where the culprit begins.
    pub offset: usize,
    /// The line of the culprit, from 1.
    pub line: usize,
    /// Its column in characters, from 1.
    pub column: usize,
    /// What may have been meant.
    pub hint: Option<String>,
}

/// Tells the ways apart in which a text is no program.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum CompileErrorKind {
    /// The text cannot be read.
    Syntax,
    /// The text names a function, variable, label or module that does not exist.
    Name,
    /// The program is larger or nests deeper than allowed.
    TooLarge,
}

impl CompileError {
    /// Makes an error of a place in a text; the place decides line and column.
    pub(super) fn new(
        kind: CompileErrorKind,
        message: impl Into<String>,
        text: &str,
        place: Range<usize>,
    ) -> Self {
        let before = text.get(..place.start).unwrap_or(text);
        let line_start = before.rfind('\n').map_or(0, |newline| newline + 1);
        let offset = match kind {
            CompileErrorKind::Syntax => place.end,
            _ => place.start,
        };
        Self {
            kind,
            message: message.into(),
            offset,
            line: before.matches('\n').count() + 1,
            column: before[line_start..].chars().count() + 1,
            hint: None,
        }
    }
}

impl fmt::Display for CompileError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            message,
            line,
            column,
            hint,
            ..
        } = self;
        write!(formatter, "line {line}, column {column}: {message}")?;
        match hint {
            Some(hint) => write!(formatter, "; {hint}"),
            None => Ok(()),
        }
    }
}

impl std::error::Error for CompileError {}

/// Says why a run ended early; the message has gojq's words.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum RunError {
    /// An operation failed.
    Failed(String),
    /// The program called `error`.
    Raised(Value),
    /// The program called `halt` or `halt_error`.
    Halted {
        /// What it halted with.
        value: Value,
        /// The exit code it asked for.
        code: i64,
    },
    /// A `break` left a label that is no longer there.
    Break(String),
    /// A limit was passed.
    Limit(Limit),
}

impl fmt::Display for RunError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Failed(message) => formatter.write_str(message),
            Self::Raised(value) => write!(formatter, "error: {}", shown(value)),
            Self::Halted { value, .. } => write!(formatter, "halt error: {}", shown(value)),
            Self::Break(label) => write!(formatter, "label not defined: {label}"),
            Self::Limit(limit) => limit.fmt(formatter),
        }
    }
}

fn shown(value: &Value) -> String {
    match value {
        Value::Text(text) => text.to_str().into_owned(),
        // A shared value may be far larger written than held.
        _ => match String::from_utf8(super::value::encode_limited(value, SHOWN)) {
            Ok(json) if json.len() < SHOWN => json,
            _ => preview(value),
        },
    }
}

/// How much of a raised value a message shows.
const SHOWN: usize = 4_096;

impl std::error::Error for RunError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Limit(limit) => Some(limit),
            _ => None,
        }
    }
}

/// What makes a run go back, from the inside.
#[derive(Debug)]
pub(super) enum Failure {
    Message(String),
    Raised(Value),
    Halted { value: Value, code: i64 },
    Break { label: String, target: i64 },
    Limit(Limit),
}

impl From<Limit> for Failure {
    fn from(limit: Limit) -> Self {
        Self::Limit(limit)
    }
}

impl From<String> for Failure {
    fn from(message: String) -> Self {
        Self::Message(message)
    }
}

impl From<Failure> for RunError {
    fn from(failure: Failure) -> Self {
        match failure {
            Failure::Message(message) => Self::Failed(message),
            Failure::Raised(value) => Self::Raised(value),
            Failure::Halted { value, code } => Self::Halted { value, code },
            Failure::Break { label, .. } => Self::Break(label),
            Failure::Limit(limit) => Self::Limit(limit),
        }
    }
}

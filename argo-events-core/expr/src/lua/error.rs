//! What can be wrong with a script, and what can happen while it runs.

use std::fmt;

/// Says why a script cannot be compiled; the message has gopher-lua's words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CompileError {
    /// What is wrong and where, as gopher-lua says it, without its line feed at the end.
    pub message: String,
    /// The line, counted from 1.
    pub line: u32,
    /// The column of the last byte that was read, counted from 1, or 0 before the first.
    pub column: u32,
    /// How many bytes of the script come before the place.
    pub offset: usize,
}

/// Where the reading of a script stood.
#[derive(Debug)]
pub(super) struct Near {
    pub(super) line: u32,
    pub(super) column: u32,
    pub(super) ended: bool,
    pub(super) offset: usize,
}

impl CompileError {
    pub(super) fn syntax(chunk: &str, at: &Near, near: &[u8], message: &str) -> Self {
        let message = if at.ended {
            format!("{chunk} at EOF:   {message}")
        } else {
            let (line, column) = (at.line, at.column);
            let near = String::from_utf8_lossy(near);
            format!("{chunk} line:{line}(column:{column}) near '{near}':   {message}")
        };
        Self {
            message,
            line: at.line,
            column: at.column,
            offset: at.offset,
        }
    }

    pub(super) fn meaning(chunk: &str, line: u32, message: &str) -> Self {
        Self {
            message: format!("compile error near line({line}) {chunk}: {message}"),
            line,
            column: 0,
            offset: 0,
        }
    }

    /// Finds the line and the offset where only one of them is known.
    pub(super) fn placed(mut self, text: &[u8]) -> Self {
        if self.line == 0 {
            self.line = 1;
        }
        if self.column == 0 && self.offset == 0 && self.line > 1 {
            let breaks = text.iter().enumerate().filter(|(_, byte)| **byte == b'\n');
            let before = breaks.take(self.line as usize - 1).last();
            self.offset = before.map_or(0, |(at, _)| at + 1);
        }
        self
    }

    /// Gives the text that a script sees from `loadstring`.
    pub(super) fn text(&self) -> String {
        let ends_line = !self.message.starts_with("compile error");
        format!("{}{}", self.message, if ends_line { "\n" } else { "" })
    }
}

impl fmt::Display for CompileError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.message)
    }
}

impl std::error::Error for CompileError {}

/// A bound that a script ran into; see [`Limits`](super::Limits).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Exceeded {
    /// It took too many steps.
    Steps,
    /// It held too much memory, or its result would.
    Memory,
    /// It nested native calls or a result too deep.
    Depth,
    /// It ran too long.
    Time,
    /// The caller no longer wants the result.
    Cancelled,
}

impl fmt::Display for Exceeded {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Steps => "script stopped: it took more steps than its limit allows",
            Self::Memory => "script stopped: it needs more memory than its limit allows",
            Self::Depth => "script stopped: it nests deeper than its limit allows",
            Self::Time => "script stopped: it ran longer than its limit allows",
            Self::Cancelled => "script stopped: its result is no longer wanted",
        })
    }
}

/// Says why a run gave no result.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum RunError {
    /// The event is not a JSON object.
    Input(crate::gojson::Error),
    /// The script raised an error that it did not catch; the text has gopher-lua's words.
    Raised(String),
    /// The script ran into one of its limits; it cannot catch this.
    Stopped(Exceeded),
    /// A transform must return a table.
    NotATable,
    /// The result has no JSON form; the text has Go's words.
    Output(String),
}

impl fmt::Display for RunError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Input(error) => error.fmt(formatter),
            Self::Raised(message) | Self::Output(message) => formatter.write_str(message),
            Self::Stopped(exceeded) => exceeded.fmt(formatter),
            Self::NotATable => {
                formatter.write_str("transformation script output type is not of lua table")
            }
        }
    }
}

impl std::error::Error for RunError {}

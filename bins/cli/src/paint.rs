//! Colour, on terminals only, and never when `NO_COLOR` is set; and small matters of wording.

use std::{fmt, io::IsTerminal as _};

/// Colours for one stream.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Paint {
    on: bool,
}

impl Paint {
    /// Colours standard output if it is a terminal.
    pub(crate) fn stdout() -> Self {
        Self {
            on: std::io::stdout().is_terminal() && std::env::var_os("NO_COLOR").is_none(),
        }
    }

    /// Colours standard error if it is a terminal.
    pub(crate) fn stderr() -> Self {
        Self {
            on: std::io::stderr().is_terminal() && std::env::var_os("NO_COLOR").is_none(),
        }
    }

    pub(crate) fn bad(self, text: impl fmt::Display) -> String {
        self.wrap("31;1", text)
    }

    pub(crate) fn good(self, text: impl fmt::Display) -> String {
        self.wrap("32", text)
    }

    pub(crate) fn warn(self, text: impl fmt::Display) -> String {
        self.wrap("33", text)
    }

    pub(crate) fn faint(self, text: impl fmt::Display) -> String {
        self.wrap("2", text)
    }

    pub(crate) fn strong(self, text: impl fmt::Display) -> String {
        self.wrap("1", text)
    }

    fn wrap(self, code: &str, text: impl fmt::Display) -> String {
        if self.on {
            format!("\x1b[{code}m{text}\x1b[0m")
        } else {
            text.to_string()
        }
    }
}

/// Counts a noun: `1 file`, `2 files`.
pub(crate) fn counted(count: u64, what: &str) -> String {
    let ending = if count == 1 { "" } else { "s" };
    format!("{count} {what}{ending}")
}

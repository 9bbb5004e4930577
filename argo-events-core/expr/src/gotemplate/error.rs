//! What went wrong, and where.

use std::fmt;

/// A place in the text of a template.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    /// The number of bytes before it.
    pub offset: usize,
    /// The line, from 1.
    pub line: usize,
    /// The byte within the line, from 1.
    pub column: usize,
}

impl Place {
    pub(super) fn of(text: &[u8], offset: usize) -> Self {
        let before = &text[..offset.min(text.len())];
        let line_start = before.iter().rposition(|byte| *byte == b'\n');
        let column = before.len() - line_start.map_or(0, |newline| newline + 1) + 1;
        let line = 1 + before.iter().filter(|byte| **byte == b'\n').count();
        Self {
            offset,
            line,
            column,
        }
    }
}

/// A text that is no template.
///
/// ```
/// use argo_events_expr::gotemplate::{Functions, Template};
/// let error = Template::compile("t", "{{ lenn . }}", &Functions::default()).unwrap_err();
/// assert_eq!(error.message(), r#"template: t:1: function "lenn" not defined"#);
/// assert_eq!((error.place().line, error.place().column), (1, 4));
/// assert!(error.to_string().ends_with(r#"not defined; did you mean "len"?"#));
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CompileError {
    pub(super) message: String,
    pub(super) place: Place,
    pub(super) hint: Option<String>,
}

impl CompileError {
    /// Gives the message in Go's words.
    #[must_use]
    pub fn message(&self) -> &str {
        &self.message
    }

    /// Gives the place where reading stopped.
    #[must_use]
    pub fn place(&self) -> Place {
        self.place
    }

    /// Gives what would be right, as far as that is known.
    #[must_use]
    pub fn hint(&self) -> Option<&str> {
        self.hint.as_deref()
    }
}

impl fmt::Display for CompileError {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.message)?;
        match &self.hint {
            Some(hint) => write!(out, "; {hint}"),
            None => Ok(()),
        }
    }
}

impl std::error::Error for CompileError {}

/// Why a template gave no text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RenderError {
    pub(super) message: String,
    pub(super) place: Place,
    pub(super) is_limit: bool,
}

impl RenderError {
    /// Gives the message in Go's words.
    #[must_use]
    pub fn message(&self) -> &str {
        &self.message
    }

    /// Gives the place of the part that failed.
    #[must_use]
    pub fn place(&self) -> Place {
        self.place
    }

    /// Tells whether a limit was reached, so that nothing is wrong with the data.
    #[must_use]
    pub fn is_limit(&self) -> bool {
        self.is_limit
    }
}

impl fmt::Display for RenderError {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.message)
    }
}

impl std::error::Error for RenderError {}

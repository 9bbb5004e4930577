//! What is wrong with a text, where, and what would be right.

use std::{error, fmt, ops::Range};

/// Says why a text is no program.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mistake {
    message: String,
    help: Option<String>,
    offset: usize,
    length: usize,
    line: usize,
    column: usize,
}

impl Mistake {
    /// Says what is wrong with all of a text.
    #[must_use]
    pub fn new(message: impl Into<String>) -> Self {
        Self {
            message: message.into(),
            help: None,
            offset: 0,
            length: 0,
            line: 1,
            column: 1,
        }
    }

    /// Says where in the text it is, and over how many bytes.
    #[must_use]
    pub fn at(mut self, text: &str, offset: usize, length: usize) -> Self {
        let offset = floor(text, offset);
        let before = &text[..offset];
        let start = before.rfind('\n').map_or(0, |end| end + 1);
        self.offset = offset;
        self.length = length.min(text.len() - offset);
        self.line = before.matches('\n').count() + 1;
        self.column = before[start..].chars().count() + 1;
        self
    }

    /// Says where it is by line and column, both from 1; the column counts characters.
    #[must_use]
    pub fn at_line(self, text: &str, line: usize, column: usize) -> Self {
        let start = line_start(text, line);
        let rest = text[start..].split('\n').next().unwrap_or_default();
        let within = rest.char_indices().nth(column.saturating_sub(1));
        let within = within.map_or(rest.len(), |(within, _)| within);
        self.at(text, start + within, 0)
    }

    /// Says what would be right.
    #[must_use]
    pub fn expecting(mut self, expected: impl Into<String>) -> Self {
        self.help = Some(format!("expected {}", expected.into()));
        self
    }

    /// Says what may help, such as `did you mean "upper"?`.
    #[must_use]
    pub fn hinting(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    /// Says what is wrong, in the words of the language.
    #[must_use]
    pub fn message(&self) -> &str {
        &self.message
    }

    /// Says what would be right, if that is known.
    #[must_use]
    pub fn help(&self) -> Option<&str> {
        self.help.as_deref()
    }

    /// Gives the place in bytes from the start of the text.
    #[must_use]
    pub fn range(&self) -> Range<usize> {
        self.offset..self.offset + self.length
    }

    /// Gives the line within the text, from 1.
    #[must_use]
    pub fn line(&self) -> usize {
        self.line
    }

    /// Gives the column within the line in characters, from 1.
    #[must_use]
    pub fn column(&self) -> usize {
        self.column
    }
}

/// Finds the start of the character that a byte belongs to.
fn floor(text: &str, offset: usize) -> usize {
    let offset = offset.min(text.len());
    (0..=offset)
        .rev()
        .find(|offset| text.is_char_boundary(*offset))
        .unwrap_or(0)
}

fn line_start(text: &str, line: usize) -> usize {
    let mut ends = text.match_indices('\n').map(|(end, _)| end + 1);
    match line.checked_sub(2) {
        Some(breaks) => ends.nth(breaks).unwrap_or(text.len()),
        None => 0,
    }
}

impl fmt::Display for Mistake {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.message)
    }
}

impl error::Error for Mistake {}

//! Says what is wrong with an expression, where, and what would be right.

use std::{error, fmt, ops::Range};

/// A place in an expression: the line counted from 1, the column in characters counted from 0.
///
/// The default, line 0, stands for no place at all, as nodes have it that rewriting made up.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Location {
    pub(super) line: u32,
    pub(super) column: u32,
}

/// Says why a text is no expression, or why an expression has no answer for a payload.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Error(Box<Details>);

#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Details {
    message: String,
    hint: Option<&'static str>,
    location: Location,
    snippet: String,
    span: Option<(usize, usize)>,
    limit: bool,
}

impl Error {
    pub(super) fn new(message: impl Into<String>) -> Self {
        Self(Box::new(Details {
            message: message.into(),
            ..Details::default()
        }))
    }

    pub(super) fn limit(message: impl Into<String>) -> Self {
        let mut error = Self::new(message);
        error.0.limit = true;
        error
    }

    pub(super) fn at(mut self, location: Location) -> Self {
        self.0.location = location;
        self
    }

    pub(super) fn with_hint(mut self, hint: &'static str) -> Self {
        self.0.hint = Some(hint);
        self
    }

    /// Adds the line of `source` that the fault is in, with a pointer below.
    pub(super) fn bind(mut self, source: &str) -> Self {
        let location = self.0.location;
        if location != Location::default() {
            self.0.snippet = snippet(source, location).unwrap_or_default();
            self.0.span = span(source, location);
        }
        self
    }

    /// Returns what is wrong, without the place.
    #[must_use]
    pub fn message(&self) -> &str {
        &self.0.message
    }

    /// Returns what would be right, if that can be said.
    #[must_use]
    pub fn hint(&self) -> Option<&'static str> {
        self.0.hint
    }

    /// Returns the line of the fault, counted from 1, or 0 if it has no place.
    #[must_use]
    pub fn line(&self) -> usize {
        self.0.location.line as usize
    }

    /// Returns the fault's place in its line, in characters counted from 1, or 0 if it has none.
    #[must_use]
    pub fn column(&self) -> usize {
        match self.0.location.line {
            0 => 0,
            _ => self.0.location.column as usize + 1,
        }
    }

    /// Returns the bytes of the expression that are meant, if the fault has a place.
    #[must_use]
    pub fn span(&self) -> Option<Range<usize>> {
        self.0.span.map(|(start, end)| start..end)
    }

    /// Tells whether one of the limits was hit, which the reference may not have.
    #[must_use]
    pub fn is_limit(&self) -> bool {
        self.0.limit
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0.location == Location::default() {
            return f.write_str(&self.0.message);
        }
        let (line, column) = (self.line(), self.column());
        write!(f, "{} ({line}:{column}){}", self.0.message, self.0.snippet)
    }
}

impl error::Error for Error {}

fn snippet(source: &str, location: Location) -> Option<String> {
    if source.is_empty() {
        return None;
    }
    let text = &source[line_range(source, location.line as usize)?];
    let text = text.replace('\t', " ");
    match pointer(&text, location.column as usize) {
        Some(pointer) => Some(format!("\n | {text}\n | {pointer}")),
        None => Some(format!("\n | {text}")),
    }
}

fn line_range(source: &str, line: usize) -> Option<Range<usize>> {
    let mut start = 0;
    for (number, text) in source.split('\n').enumerate() {
        if number + 1 == line {
            return Some(start..start + text.len());
        }
        start += text.len() + 1;
    }
    None
}

/// Returns the pointer below a line, or nothing if characters of unknown width are before it.
fn pointer(text: &str, column: usize) -> Option<String> {
    let mut before = text.chars();
    let mut pointer = String::new();
    for character in before.by_ref().take(column) {
        if !character.is_ascii() {
            return None;
        }
        pointer.push('.');
    }
    if before.next().is_some_and(|character| !character.is_ascii()) {
        return None;
    }
    pointer.push('^');
    Some(pointer)
}

/// Returns the bytes of the word or character at a place.
fn span(source: &str, location: Location) -> Option<(usize, usize)> {
    let line = line_range(source, location.line as usize)?;
    let text = &source[line.clone()];
    let places = text.char_indices().map(|(place, _)| place);
    let start = places.chain([text.len()]).nth(location.column as usize)?;
    let rest = &text[start..];
    let word = rest.find(|character: char| !character.is_alphanumeric() && character != '_');
    let first = rest.chars().next().map_or(0, char::len_utf8);
    let length = word.unwrap_or(rest.len()).max(first);
    Some((line.start + start, line.start + start + length))
}

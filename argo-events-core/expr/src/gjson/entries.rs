//! Walks the members of an object or the elements of an array, as they stand in the text.

use super::{Found, Kind, scan, text};
use std::borrow::Cow;

/// A member of an object or an element of an array.
#[derive(Clone, Copy, Debug)]
pub struct Entry<'a> {
    raw_name: Option<&'a [u8]>,
    kind: Kind,
    raw: &'a [u8],
}

impl<'a> Entry<'a> {
    /// Gives the member's name without quotes and escapes; elements have none.
    #[must_use]
    pub fn name(&self) -> Option<Cow<'a, [u8]>> {
        self.raw_name.map(text::decode)
    }

    /// Gives the member's name as it is written.
    #[must_use]
    pub fn raw_name(&self) -> Option<&'a [u8]> {
        self.raw_name
    }

    /// Gives the value.
    #[must_use]
    pub fn value(&self) -> Found<'a> {
        Found {
            kind: self.kind,
            raw: Cow::Borrowed(self.raw),
            ..Found::default()
        }
    }

    /// Gives the value as it is written.
    #[must_use]
    pub fn raw_value(&self) -> &'a [u8] {
        self.raw
    }
}

/// Iterates over members or elements; ends early where the text is broken.
#[derive(Clone, Debug)]
pub struct Entries<'a>(Rest<'a>);

#[derive(Clone, Debug)]
enum Rest<'a> {
    Members(&'a [u8]),
    Elements(&'a [u8]),
    Scalar(Option<Entry<'a>>),
}

impl<'a> Entries<'a> {
    pub(super) fn of(found: &'a Found<'_>) -> Self {
        if found.kind == Kind::Json {
            return Self::within(&found.raw);
        }
        let scalar = Entry {
            raw_name: None,
            kind: found.kind,
            raw: &found.raw,
        };
        Self(Rest::Scalar(found.exists().then_some(scalar)))
    }

    /// Walks the container that begins at the first byte.
    pub(super) fn within(raw: &'a [u8]) -> Self {
        Self(match raw {
            [b'{', rest @ ..] => Rest::Members(rest),
            [b'[', rest @ ..] => Rest::Elements(rest),
            _ => Rest::Scalar(None),
        })
    }
}

impl<'a> Iterator for Entries<'a> {
    type Item = Entry<'a>;

    fn next(&mut self) -> Option<Entry<'a>> {
        match &mut self.0 {
            Rest::Scalar(scalar) => scalar.take(),
            Rest::Elements(rest) => entry(rest, None),
            Rest::Members(rest) => {
                let start = rest.iter().position(|byte| *byte == b'"')?;
                let end = scan::string_end(rest, start)?;
                let raw_name = &rest[start..end];
                *rest = &rest[end..];
                entry(rest, Some(raw_name))
            }
        }
    }
}

/// Takes the next value together with the byte after it, which is a separator in sound documents.
fn entry<'a>(rest: &mut &'a [u8], raw_name: Option<&'a [u8]>) -> Option<Entry<'a>> {
    let token = scan::next_token(rest, 0)?;
    let raw = &rest[token.start..token.end];
    *rest = rest.get(token.next + 1..).unwrap_or_default();
    Some(Entry {
        raw_name,
        kind: token.kind,
        raw,
    })
}

/// Iterates over the values between two brackets, names of members included.
///
/// Stricter than [`Entries`] about what a number is, and stops at the first closing bracket.
pub(crate) struct Items<'a>(&'a [u8]);

impl<'a> Items<'a> {
    pub(crate) fn within(raw: &'a [u8]) -> Self {
        Self(raw.get(1..).unwrap_or_default())
    }
}

impl<'a> Iterator for Items<'a> {
    type Item = Entry<'a>;

    fn next(&mut self) -> Option<Entry<'a>> {
        let begins = |byte: &u8| {
            matches!(
                byte,
                b'0'..=b'9' | b'-' | b'{' | b'[' | b'n' | b't' | b'f' | b'"' | b']' | b'}'
            )
        };
        let start = self.0.iter().position(begins)?;
        let rest = &self.0[start..];
        let (kind, length) = match rest[0] {
            b']' | b'}' => return None,
            b'{' | b'[' => (Kind::Json, scan::enclosed(rest)),
            b'"' => (Kind::String, scan::enclosed(rest)),
            b'n' => (Kind::Null, scan::word_end(rest, 0)),
            b't' => (Kind::True, scan::word_end(rest, 0)),
            b'f' => (Kind::False, scan::word_end(rest, 0)),
            _ => (Kind::Number, scan::number_end(rest, 0)),
        };
        let (raw, rest) = rest.split_at(length);
        self.0 = rest;
        Some(Entry {
            raw_name: None,
            kind,
            raw,
        })
    }
}

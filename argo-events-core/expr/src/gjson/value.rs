//! What a path found: a piece of the document, read further only when asked.

use super::{Entries, Path, scan, scan::Token, text};
use crate::gostrconv::{float_or_saturated, parse_bool};
use std::borrow::Cow;

/// What sort of value was found.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Kind {
    /// `null`, or nothing at all.
    #[default]
    Null,
    /// `false`.
    False,
    /// Anything that begins like a number.
    Number,
    /// A string.
    String,
    /// `true`.
    True,
    /// An object or an array.
    Json,
}

/// A value found in a document, or the absence of one.
///
/// Borrows from the document unless a modifier, a projection or a multipath built it.
///
/// ```
/// use argo_events_expr::gjson::{Kind, Path};
/// let found = Path::parse("age")?.get(r#"{"age": 1e2}"#);
/// assert_eq!((found.kind(), found.raw(), found.as_f64()), (Kind::Number, &b"1e2"[..], 100.0));
/// assert_eq!(found.text(), "100");
/// # Ok::<(), argo_events_expr::gjson::PathError>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Found<'a> {
    pub(super) kind: Kind,
    pub(super) raw: Cow<'a, [u8]>,
    /// Where the raw text begins in the document; 0 where that is not known.
    pub(crate) index: usize,
    /// Where each element of a projection begins.
    pub(crate) indexes: Option<Vec<usize>>,
}

impl<'a> Found<'a> {
    /// Reads a whole document as one value, leniently.
    ///
    /// An object or an array reaches to the last byte, whatever follows its end.
    #[must_use]
    pub fn parse(json: &'a (impl AsRef<[u8]> + ?Sized)) -> Self {
        Self::of(Cow::Borrowed(json.as_ref()))
    }

    pub(super) fn of(json: Cow<'a, [u8]>) -> Self {
        let Some((kind, place)) = scan::document(&json) else {
            return Self::default();
        };
        let index = place.start;
        let raw = match json {
            Cow::Borrowed(json) => Cow::Borrowed(&json[place]),
            Cow::Owned(mut json) => {
                json.truncate(place.end);
                json.drain(..place.start);
                Cow::Owned(json)
            }
        };
        Self {
            kind,
            raw,
            index,
            indexes: None,
        }
    }

    pub(super) fn token(json: &'a [u8], token: Token) -> Self {
        Self {
            kind: token.kind,
            raw: Cow::Borrowed(&json[token.start..token.end]),
            ..Self::default()
        }
    }

    /// Tells whether the path led to anything, `null` included.
    #[must_use]
    pub fn exists(&self) -> bool {
        self.kind != Kind::Null || !self.raw.is_empty()
    }

    /// Gives the sort of value.
    #[must_use]
    pub fn kind(&self) -> Kind {
        self.kind
    }

    /// Gives the value as it is written in the document; empty if nothing was found.
    #[must_use]
    pub fn raw(&self) -> &[u8] {
        &self.raw
    }

    /// Takes the value as it is written in the document.
    #[must_use]
    pub fn into_raw(self) -> Cow<'a, [u8]> {
        self.raw
    }

    /// Gives the text form; bytes that are not UTF-8 become U+FFFD.
    ///
    /// Strings lose their quotes, `null` is empty, numbers have no exponent, containers stay raw.
    #[must_use]
    pub fn text(&self) -> Cow<'_, str> {
        match self.text_bytes() {
            Cow::Borrowed(text) => String::from_utf8_lossy(text),
            Cow::Owned(text) => Cow::Owned(
                String::from_utf8(text)
                    .unwrap_or_else(|error| String::from_utf8_lossy(error.as_bytes()).into_owned()),
            ),
        }
    }

    /// Gives the text form as bytes.
    #[must_use]
    pub fn text_bytes(&self) -> Cow<'_, [u8]> {
        text::form(self.kind, &self.raw)
    }

    /// Gives the truth: of numbers whether they differ from 0, of strings what they spell.
    #[must_use]
    pub fn as_bool(&self) -> bool {
        match self.kind {
            Kind::True => true,
            Kind::String => spelled_bool(&self.text_bytes()).unwrap_or(false),
            Kind::Number => self.as_f64() != 0.0,
            Kind::Null | Kind::False | Kind::Json => false,
        }
    }

    /// Gives the number, also one that a string spells; `true` is 1 and everything else 0.
    #[must_use]
    pub fn as_f64(&self) -> f64 {
        match self.kind {
            Kind::True => 1.0,
            Kind::Number => float_or_saturated(&self.raw),
            Kind::String => float_or_saturated(self.text_bytes()),
            Kind::Null | Kind::False | Kind::Json => 0.0,
        }
    }

    /// Gives the integer; one beyond 2⁵³ is read from its digits, and what no integer holds is
    /// the smallest one.
    pub(crate) fn as_i64(&self) -> i64 {
        const EXACT: f64 = 9_007_199_254_740_991.0;
        match self.kind {
            Kind::True => 1,
            Kind::String => integer(&self.text_bytes()).unwrap_or(0),
            Kind::Number => match self.as_f64() {
                number if number.abs() <= EXACT => number as i64,
                number => integer(&self.raw).unwrap_or_else(|| truncated(number)),
            },
            Kind::Null | Kind::False | Kind::Json => 0,
        }
    }

    /// Tells whether the value is an array.
    #[must_use]
    pub fn is_array(&self) -> bool {
        self.kind == Kind::Json && self.raw.starts_with(b"[")
    }

    /// Tells whether the value is an object.
    #[must_use]
    pub fn is_object(&self) -> bool {
        self.kind == Kind::Json && self.raw.starts_with(b"{")
    }

    /// Walks members or elements; a scalar is its own and only element.
    ///
    /// ```
    /// use argo_events_expr::gjson::Found;
    /// let found = Found::parse(r#"{"a": 1, "b": "two"}"#);
    /// let texts: Vec<_> = found.entries().map(|entry| entry.value().text().into_owned()).collect();
    /// assert_eq!(texts, ["1", "two"]);
    /// ```
    #[must_use]
    pub fn entries(&self) -> Entries<'_> {
        Entries::of(self)
    }

    /// Looks a path up within the value.
    #[must_use]
    pub fn get<'f>(&'f self, path: &Path) -> Found<'f> {
        path.get(&self.raw)
    }

    /// Cuts the tie to the document.
    #[must_use]
    pub fn into_owned(self) -> Found<'static> {
        Found {
            kind: self.kind,
            raw: Cow::Owned(self.raw.into_owned()),
            index: self.index,
            indexes: self.indexes,
        }
    }

    /// Sets the place if the raw text is a piece of the document, which its address tells.
    pub(super) fn locate_in(&mut self, json: &[u8]) {
        if self.raw.is_empty() {
            return;
        }
        self.index = match &self.raw {
            Cow::Borrowed(raw) => raw.as_ptr().addr().wrapping_sub(json.as_ptr().addr()),
            Cow::Owned(_) => 0,
        };
        if self.index >= json.len() {
            self.index = 0;
        }
    }
}

/// Reads a word for a truth in any mixture of cases.
pub(super) fn spelled_bool(text: &[u8]) -> Option<bool> {
    parse_bool(text.to_ascii_lowercase()).ok()
}

fn truncated(number: f64) -> i64 {
    const LIMIT: f64 = 9_223_372_036_854_775_808.0;
    if (-LIMIT..LIMIT).contains(&number) {
        number as i64
    } else {
        i64::MIN
    }
}

/// Reads digits with an optional minus; what does not fit wraps around.
fn integer(text: &[u8]) -> Option<i64> {
    match text.strip_prefix(b"-") {
        Some(digits) => wrapping_digits(digits).map(i64::wrapping_neg),
        None => wrapping_digits(text),
    }
}

/// Reads digits; what does not fit wraps around.
pub(crate) fn wrapping_digits(digits: &[u8]) -> Option<i64> {
    if digits.is_empty() {
        return None;
    }
    digits.iter().try_fold(0_i64, |value, digit| {
        let digit = digit.is_ascii_digit().then(|| i64::from(digit - b'0'))?;
        Some(value.wrapping_mul(10).wrapping_add(digit))
    })
}

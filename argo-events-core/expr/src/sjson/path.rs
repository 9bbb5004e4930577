//! A path to write to, read once and used often.

use super::{Error, edit, encode, matches};
use crate::{gjson, gojson};
use std::str::FromStr;

/// A path to write to, compiled once.
///
/// ```
/// use argo_events_expr::sjson::Path;
/// let path = Path::parse("pets.-1.name")?;
/// assert_eq!(path.set_string("{}", "Rex")?, br#"{"pets":[{"name":"Rex"}]}"#);
/// # Ok::<(), argo_events_expr::sjson::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct Path {
    kind: Kind,
}

#[derive(Clone, Debug)]
enum Kind {
    /// Keys and indexes, which are made if they are missing.
    Plain(Box<[Part]>),
    /// A path with operators, which writes only to what exists.
    Complex(gjson::Path),
}

/// A key or an index.
#[derive(Clone, Debug)]
pub(super) struct Part {
    /// The key, without backslashes of escapes.
    pub(super) key: Vec<u8>,
    /// Finds the key or index in a container.
    pub(super) lookup: gjson::Path,
    /// Whether it is a key even if it looks like an index.
    forced: bool,
}

impl Part {
    /// Gives the index, which wraps around if it is too large; an empty part is 0.
    pub(super) fn index(&self) -> Option<i64> {
        match (&*self.key, self.forced) {
            (_, true) => None,
            (b"", false) => Some(0),
            (digits, false) => gjson::wrapping_digits(digits),
        }
    }

    /// Tells whether the part means the place behind the last element.
    pub(super) fn appends(&self) -> bool {
        self.key == b"-1" && !self.forced
    }
}

impl Path {
    /// Compiles a path.
    ///
    /// # Errors
    /// When it is empty, too long or too deep.
    pub fn parse(text: impl AsRef<[u8]>) -> Result<Self, Error> {
        let text = text.as_ref();
        if text.is_empty() {
            return Err(Error::EmptyPath);
        }
        // Checks the length before anything is read.
        let whole = gjson::Path::parse(text).map_err(Error::Path)?;
        let mut parts = Vec::new();
        let mut rest = Some(text);
        while let Some(text) = rest {
            if parts.len() == gjson::MAX_PATH_DEPTH {
                return Err(Error::Path(gjson::PathError::TooDeep));
            }
            let Some((part, after)) = part(text)? else {
                return Ok(Self {
                    kind: Kind::Complex(whole),
                });
            };
            parts.push(part);
            rest = after;
        }
        Ok(Self {
            kind: Kind::Plain(parts.into()),
        })
    }

    /// Writes a value, as [`set`](super::set) does.
    ///
    /// # Errors
    /// When the path asks an array for a name or for an index far beyond its end, or the value has
    /// no JSON form.
    pub fn set(&self, json: impl AsRef<[u8]>, value: &gojson::Value) -> Result<Vec<u8>, Error> {
        match value {
            gojson::Value::String(text) => self.set_string(json, text),
            other => self.set_raw(json, encode(other)?),
        }
    }

    /// Writes a text, as [`set_string`](super::set_string) does.
    ///
    /// # Errors
    /// When the path asks an array for a name or for an index far beyond its end.
    pub fn set_string(
        &self,
        json: impl AsRef<[u8]>,
        text: impl AsRef<[u8]>,
    ) -> Result<Vec<u8>, Error> {
        let mut raw = Vec::new();
        super::push_string(&mut raw, text.as_ref());
        self.set_raw(json, raw)
    }

    /// Writes JSON text as it is, as [`set_raw`](super::set_raw) does.
    ///
    /// # Errors
    /// When the path asks an array for a name or for an index far beyond its end.
    pub fn set_raw(&self, json: impl AsRef<[u8]>, raw: impl AsRef<[u8]>) -> Result<Vec<u8>, Error> {
        match &self.kind {
            Kind::Plain(parts) => edit::set(json.as_ref(), parts, raw.as_ref()),
            Kind::Complex(path) => matches::set(json.as_ref(), path, raw.as_ref()),
        }
    }

    /// Removes a value, as [`delete`](super::delete) does.
    ///
    /// # Errors
    /// When the path has wildcards, queries or modifiers.
    pub fn delete(&self, json: impl AsRef<[u8]>) -> Result<Vec<u8>, Error> {
        match &self.kind {
            Kind::Plain(parts) => edit::delete(json.as_ref(), parts),
            Kind::Complex(_) => Err(Error::Complex),
        }
    }
}

impl FromStr for Path {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        Self::parse(text)
    }
}

/// A part, and what follows its dot.
type PartAndRest<'t> = (Part, Option<&'t [u8]>);

/// Reads one part; nothing if it has an operator.
fn part(text: &[u8]) -> Result<Option<PartAndRest<'_>>, Error> {
    let (text, forced) = match text {
        [b':', rest @ ..] => (rest, true),
        text => (text, false),
    };
    let mut key = Vec::new();
    let mut at = 0;
    while let Some(byte) = text.get(at) {
        match byte {
            b'.' => break,
            b'|' | b'#' | b'@' | b'*' | b'?' => return Ok(None),
            b'\\' => {
                at += 1;
                key.extend(text.get(at));
            }
            byte => key.push(*byte),
        }
        at += 1;
    }
    let end = at.min(text.len());
    let lookup = gjson::Path::parse(&text[..end]).map_err(Error::Path)?;
    Ok(Some((
        Part {
            key,
            lookup,
            forced,
        },
        text.get(end + 1..),
    )))
}

//! The payload, judged as a whole but read only where somebody looks.
//!
//! One pass finds whether the text is JSON that Go would decode and where every list and map in
//! it ends, so that looking for a member skips what is nested in one step.

use super::scan;
use crate::{
    gojson,
    govalue::{Text, Value},
};
use std::{borrow::Cow, collections::BTreeMap};

/// A list, map or other value in the payload, by its place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Piece {
    start: usize,
    end: usize,
}

impl Piece {
    pub(super) fn len(self) -> usize {
        self.end - self.start
    }
}

/// A payload.
#[derive(Debug)]
pub(super) struct Document {
    text: Text,
    /// The start and end of every list and map, in the order of their starts.
    containers: Vec<(usize, usize)>,
}

impl Document {
    /// Judges a text.
    pub(super) fn new(text: Text) -> Result<Self, gojson::Error> {
        let containers = match scan::containers(&text) {
            Some(containers) => containers,
            None => {
                // What the quick look refuses is judged in Go's words, or is fine after all.
                gojson::decode(&text)?;
                Vec::new()
            }
        };
        Ok(Self { text, containers })
    }

    /// Returns the whole value.
    pub(super) fn root(&self) -> Piece {
        let start = scan::blanks(&self.text, 0);
        let end = self.text.trim_ascii_end().len().max(start);
        Piece { start, end }
    }

    pub(super) fn bytes(&self, piece: Piece) -> &[u8] {
        &self.text[piece.start..piece.end]
    }

    pub(super) fn first_byte(&self, piece: Piece) -> u8 {
        self.text.get(piece.start).copied().unwrap_or(0)
    }

    /// Decodes a piece.
    pub(super) fn decode(&self, piece: Piece) -> Result<Value, gojson::Error> {
        match self.bytes(piece) {
            b"null" => Ok(Value::Nil),
            b"true" => Ok(Value::Bool(true)),
            b"false" => Ok(Value::Bool(false)),
            [b'"', text @ .., b'"'] if is_plain(text) => Ok(Value::String(self.text.piece(text))),
            [b'{' | b'[' | b'"', ..] => gojson::decode(self.bytes(piece)).map(Value::from),
            number => Ok(Value::Float(float(number))),
        }
    }

    /// Returns the member of a map with a name, the last of that name as Go does.
    pub(super) fn member(&self, map: Piece, name: &[u8]) -> Option<Piece> {
        let mut found = None;
        self.visit(map, |key, value| {
            if self.key(key).as_ref() == name {
                found = Some(value);
            }
        });
        found
    }

    /// Returns the members of a map by their names.
    pub(super) fn members(&self, map: Piece) -> BTreeMap<Text, Piece> {
        let mut members = BTreeMap::new();
        self.visit(map, |key, value| {
            members.insert(Text::from(self.key(key)), value);
        });
        members
    }

    /// Tells whether a name of the map has one of two bytes.
    pub(super) fn has_name_with(&self, map: Piece, bytes: [u8; 2]) -> bool {
        let mut found = false;
        self.visit(map, |key, _| {
            let key = self.bytes(key);
            // What is escaped may stand for any of them.
            found |= key
                .iter()
                .any(|byte| bytes.contains(byte) || *byte == b'\\');
        });
        found
    }

    fn key(&self, key: Piece) -> Cow<'_, [u8]> {
        let quoted = self.bytes(key);
        let text = &quoted[1..quoted.len() - 1];
        if is_plain(text) {
            return Cow::Borrowed(text);
        }
        match gojson::decode(quoted) {
            Ok(gojson::Value::String(text)) => Cow::Owned(text.into_bytes()),
            _ => Cow::Borrowed(text),
        }
    }

    /// Visits the names and values of a map that has been judged.
    fn visit(&self, map: Piece, mut visit: impl FnMut(Piece, Piece)) {
        let mut at = scan::blanks(&self.text, map.start + 1);
        while self.text.get(at) == Some(&b'"') {
            let key = self.piece(at);
            // Behind the name, its colon.
            at = scan::blanks(&self.text, key.end) + 1;
            let value = self.piece(scan::blanks(&self.text, at));
            visit(key, value);
            // Behind the value, its comma.
            at = scan::blanks(&self.text, value.end);
            if self.text.get(at) != Some(&b',') {
                return;
            }
            at = scan::blanks(&self.text, at + 1);
        }
    }

    /// Returns the value that starts at a place.
    fn piece(&self, start: usize) -> Piece {
        let end = match self.text.get(start) {
            Some(b'{' | b'[') => self.container_end(start),
            Some(b'"') => scan::text_end(&self.text, start),
            _ => scan::word_end(&self.text, start),
        };
        Piece { start, end }
    }

    fn container_end(&self, start: usize) -> usize {
        match self
            .containers
            .binary_search_by_key(&start, |range| range.0)
        {
            Ok(place) => self.containers[place].1,
            Err(_) => scan::container_end(&self.text, start),
        }
    }
}

/// Tells whether a text in quotes is what it stands for.
fn is_plain(text: &[u8]) -> bool {
    !text.contains(&b'\\') && str::from_utf8(text).is_ok()
}

fn float(number: &[u8]) -> f64 {
    let text = str::from_utf8(number).unwrap_or_default();
    text.parse().unwrap_or(f64::NAN)
}

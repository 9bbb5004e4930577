//! Sorts the members of an object that is laid out.

use crate::{gojson, gostrconv::float_or_saturated};
use std::{borrow::Cow, cmp::Ordering, ops::Range};

/// A member in the output: where its name is in the document, and where its line is.
pub(super) struct Member {
    pub(super) name: Range<usize>,
    pub(super) line: Range<usize>,
}

/// Sorts the lines of an object's members, which are the last of the output, by name and value.
pub(super) fn sort(json: &[u8], out: &mut Vec<u8>, members: &mut [Member]) {
    let Some(first) = members.first() else { return };
    let begun = first.line.start;
    members.sort_by(|one, other| {
        let names = compare(&json[one.name.clone()], &json[other.name.clone()]);
        names.then_with(|| compare(one.value(out), other.value(out)))
    });
    let lines: Vec<_> = members
        .iter()
        .map(|member| &out[member.line.clone()])
        .collect();
    let sorted = lines.join(&b",\n"[..]);
    out.truncate(begun);
    out.extend_from_slice(&sorted);
}

impl Member {
    /// Gives the value as it is laid out.
    fn value<'o>(&self, out: &'o [u8]) -> &'o [u8] {
        let line = out[self.line.clone()].trim_ascii();
        let behind_colon = self.name.len() + 1;
        line.get(behind_colon..).map_or(line, <[u8]>::trim_ascii)
    }
}

/// Orders values by kind and then by what they mean.
fn compare(one: &[u8], other: &[u8]) -> Ordering {
    let kinds = rank(one).cmp(&rank(other));
    kinds.then_with(|| match rank(one) {
        NUMBER => {
            let (one, other) = (float_or_saturated(one), float_or_saturated(other));
            one.partial_cmp(&other)
                .unwrap_or_else(|| one.is_nan().cmp(&other.is_nan()))
        }
        STRING => meaning(one).cmp(&meaning(other)),
        _ => one.cmp(other),
    })
}

const NUMBER: u8 = 2;
const STRING: u8 = 3;

fn rank(value: &[u8]) -> u8 {
    match value.first() {
        None | Some(b'n') => 0,
        Some(b'f') => 1,
        Some(b'"') => STRING,
        Some(b't') => 4,
        Some(b'[' | b'{') => 5,
        Some(_) => NUMBER,
    }
}

/// Gives a string's text; a broken string has none.
fn meaning(string: &[u8]) -> Cow<'_, [u8]> {
    let inner = string
        .strip_prefix(b"\"")
        .and_then(|rest| rest.strip_suffix(b"\""));
    match inner {
        Some(inner) if !inner.contains(&b'\\') => Cow::Borrowed(inner),
        _ => match gojson::decode(string) {
            Ok(gojson::Value::String(text)) => Cow::Owned(text.into_bytes()),
            _ => Cow::Borrowed(b""),
        },
    }
}

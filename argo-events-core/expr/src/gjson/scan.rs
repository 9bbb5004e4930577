//! Finds where keys, strings and values end, without decoding them and without recursion.
//!
//! Nothing here judges whether a document is right: broken input ends where its bytes end.

use super::{Kind, bracket::container_next};
use crate::gojson::lanes;
use std::ops::Range;

/// What a byte can begin.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Lead {
    /// No value: white space, separators, closing brackets and stray letters.
    Other,
    Quote,
    Bracket,
    Word,
    Number,
}

impl Lead {
    pub(super) fn of(byte: u8) -> Self {
        LEADS[usize::from(byte)]
    }
}

const LEADS: [Lead; 256] = {
    let mut leads = [Lead::Other; 256];
    let mut byte = 0;
    while byte < leads.len() {
        leads[byte] = match byte as u8 {
            b'"' => Lead::Quote,
            b'{' | b'[' => Lead::Bracket,
            b't' | b'f' | b'n' => Lead::Word,
            b'+' | b'-' | b'0'..=b'9' | b'i' | b'I' | b'N' => Lead::Number,
            _ => Lead::Other,
        };
        byte += 1;
    }
    leads
};

/// A value's place in a document.
#[derive(Clone, Copy)]
pub(super) struct Token {
    pub(super) kind: Kind,
    pub(super) start: usize,
    pub(super) end: usize,
    /// Where reading goes on: one past the document if a string within the value is cut off.
    pub(super) next: usize,
}

/// Finds the next byte that begins a value.
pub(super) fn value_start(json: &[u8], mut at: usize) -> Option<(usize, Lead)> {
    loop {
        let lead = Lead::of(*json.get(at)?);
        if lead != Lead::Other {
            return Some((at, lead));
        }
        at += 1;
    }
}

/// Finds the next byte that begins an element, or says where the array ends.
pub(super) fn element_start(json: &[u8], mut at: usize) -> Result<(usize, Lead), usize> {
    loop {
        match json.get(at) {
            None | Some(b']') => return Err(at),
            Some(byte) => match Lead::of(*byte) {
                Lead::Other => at += 1,
                lead => return Ok((at, lead)),
            },
        }
    }
}

/// Reads the value that begins at `start`, or nothing if it is a string without an end.
pub(super) fn token(json: &[u8], start: usize, lead: Lead) -> Option<Token> {
    let (kind, end) = match lead {
        Lead::Quote => (Kind::String, string_end(json, start)?),
        Lead::Bracket => {
            let next = container_next(json, start);
            return Some(Token {
                kind: Kind::Json,
                start,
                end: next.min(json.len()),
                next,
            });
        }
        Lead::Word => match json[start..] {
            [b't', ..] => (Kind::True, word_end(json, start)),
            [b'f', ..] => (Kind::False, word_end(json, start)),
            [_, b'u', ..] | [_] => (Kind::Null, word_end(json, start)),
            _ => (Kind::Number, number_end(json, start)),
        },
        Lead::Number | Lead::Other => (Kind::Number, number_end(json, start)),
    };
    Some(Token {
        kind,
        start,
        end,
        next: end,
    })
}

/// Reads the next value wherever it begins.
pub(super) fn next_token(json: &[u8], at: usize) -> Option<Token> {
    let (start, lead) = value_start(json, at)?;
    token(json, start, lead)
}

/// Finds the value that a document begins with; a container reaches to the document's end.
pub(super) fn document(json: &[u8]) -> Option<(Kind, Range<usize>)> {
    let start = json.iter().position(|byte| *byte > b' ')?;
    let (kind, end) = match Lead::of(json[start]) {
        Lead::Other => return None,
        Lead::Bracket => (Kind::Json, json.len()),
        lead => token(json, start, lead)
            .map_or((Kind::String, json.len()), |token| (token.kind, token.end)),
    };
    Some((kind, start..end))
}

/// Finds the end of the string whose opening quote is at `start`, past its closing quote.
pub(super) fn string_end(json: &[u8], start: usize) -> Option<usize> {
    string(json, start).map(|(end, _)| end)
}

/// Finds the end of a string and tells whether it has escapes.
pub(super) fn string(json: &[u8], start: usize) -> Option<(usize, bool)> {
    let mut at = start + 1;
    let mut escaped = false;
    loop {
        at = quote_or_backslash(json, at)?;
        if json[at] == b'"' {
            return Some((at + 1, escaped));
        }
        escaped = true;
        at += 2;
    }
}

/// Looks at eight bytes at once, which makes long strings cheap to pass over.
fn quote_or_backslash(json: &[u8], mut at: usize) -> Option<usize> {
    while let Some(chunk) = json.get(at..).and_then(|rest| rest.first_chunk()) {
        if let Some(plain) = lanes::before_quote_or_backslash(*chunk) {
            return Some(at + plain);
        }
        at += chunk.len();
    }
    let rest = json.get(at..)?;
    rest.iter()
        .position(|byte| matches!(byte, b'"' | b'\\'))
        .map(|found| at + found)
}

/// Gives the length of what a bracket or quote at the beginning of a text encloses, both included.
pub(super) fn enclosed(text: &[u8]) -> usize {
    if text.first() == Some(&b'"') {
        string_end(text, 0).unwrap_or(text.len())
    } else {
        container_next(text, 0).min(text.len())
    }
}

/// Finds the end of a number, which is whatever reaches to a separator.
pub(super) fn number_end(json: &[u8], start: usize) -> usize {
    end_of(json, start, |byte| {
        matches!(byte, 0..=b' ' | b',' | b']' | b'}')
    })
}

/// Finds the end of `true`, `false` or `null`, whatever the letters are.
pub(super) fn word_end(json: &[u8], start: usize) -> usize {
    end_of(json, start, |byte| !byte.is_ascii_lowercase())
}

fn end_of(json: &[u8], start: usize, stops: impl Fn(u8) -> bool) -> usize {
    let rest = &json[start + 1..];
    rest.iter()
        .position(|byte| stops(*byte))
        .map_or(json.len(), |found| start + 1 + found)
}

/// Strips white space and control bytes from both ends.
pub(super) fn trim(text: &[u8]) -> &[u8] {
    let inner = |byte: &u8| *byte > b' ';
    let start = text.iter().position(inner).unwrap_or(text.len());
    let end = text.iter().rposition(inner).map_or(start, |last| last + 1);
    &text[start..end]
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn an_escaped_quote_does_not_end_a_string() {
        let json = br#""a\"b\\" "#;
        assert_eq!(string_end(json, 0), Some(8));
        assert_eq!(string_end(br#""a\""#, 0), None);
    }

    proptest! {
        #[test]
        fn eight_bytes_at_once_find_what_one_at_a_time_finds(
            json in proptest::collection::vec(prop_oneof![Just(b'"'), Just(b'\\'), any::<u8>()], 0..40),
            at in 0_usize..8,
        ) {
            let slow = |wanted: fn(&u8) -> bool| {
                json.iter().skip(at).position(wanted).map(|found| at + found)
            };
            prop_assert_eq!(quote_or_backslash(&json, at), slow(|byte| matches!(byte, b'"' | b'\\')));
        }
    }
}

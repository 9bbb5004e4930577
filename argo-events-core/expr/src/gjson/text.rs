//! Gives the text of values, leniently: there is always some text.

use super::{Kind, scan};
use crate::gostrconv::{FloatFormat, float_or_saturated, format_float};
use std::borrow::Cow;

/// Gives the text form of a value, as a piece of its raw text where that is possible.
pub(super) fn form(kind: Kind, raw: &[u8]) -> Cow<'_, [u8]> {
    match kind {
        Kind::Null => Cow::Borrowed(b""),
        Kind::False => Cow::Borrowed(b"false"),
        Kind::True => Cow::Borrowed(b"true"),
        Kind::Json => Cow::Borrowed(raw),
        Kind::String => decode(raw),
        Kind::Number if is_digits(raw) => Cow::Borrowed(raw),
        Kind::Number => {
            let number = float_or_saturated(raw);
            Cow::Owned(format_float(number, FloatFormat::Fixed, None).into_bytes())
        }
    }
}

fn is_digits(raw: &[u8]) -> bool {
    let digits = raw.strip_prefix(b"-").unwrap_or(raw);
    digits.iter().all(u8::is_ascii_digit)
}

/// Gives the text of a string with its quotes; one without an end reaches to the last byte.
pub(super) fn decode(raw: &[u8]) -> Cow<'_, [u8]> {
    let inner = raw.get(1..).unwrap_or_default();
    let closed = !raw.is_empty() && scan::string_end(raw, 0) == Some(raw.len());
    content(if closed {
        &inner[..inner.len() - 1]
    } else {
        inner
    })
}

/// Gives the text between quotes.
pub(super) fn content(inner: &[u8]) -> Cow<'_, [u8]> {
    if inner.contains(&b'\\') {
        Cow::Owned(unescape(inner))
    } else {
        Cow::Borrowed(inner)
    }
}

/// Resolves escapes, up to the first control byte or unknown escape.
pub(super) fn unescape(inner: &[u8]) -> Vec<u8> {
    let mut text = Vec::with_capacity(inner.len());
    let mut rest = inner;
    loop {
        let plain = rest
            .iter()
            .take_while(|byte| **byte >= b' ' && **byte != b'\\')
            .count();
        text.extend_from_slice(&rest[..plain]);
        let [b'\\', escape, after @ ..] = &rest[plain..] else {
            return text;
        };
        rest = after;
        match escape {
            b'\\' | b'/' | b'"' => text.push(*escape),
            b'b' => text.push(0x08),
            b'f' => text.push(0x0c),
            b'n' => text.push(b'\n'),
            b'r' => text.push(b'\r'),
            b't' => text.push(b'\t'),
            b'u' if rest.len() >= 4 => rest = unicode(rest, &mut text),
            _ => return text,
        }
    }
}

/// Appends the character of four digits, and of the next escape too if they are half of a pair.
fn unicode<'a>(rest: &'a [u8], text: &mut Vec<u8>) -> &'a [u8] {
    let (first, mut rest) = unit(rest);
    let mut second = None;
    if (0xd800..0xe000).contains(&first) && rest.len() >= 6 && rest.starts_with(b"\\u") {
        let (unit, after) = unit(&rest[2..]);
        second = Some(unit);
        rest = after;
    }
    let character = match char::decode_utf16([first].into_iter().chain(second)).next() {
        Some(Ok(character)) => character,
        _ => char::REPLACEMENT_CHARACTER,
    };
    text.extend_from_slice(character.encode_utf8(&mut [0; 4]).as_bytes());
    rest
}

/// Reads four digits; anything else counts as zero.
fn unit(rest: &[u8]) -> (u16, &[u8]) {
    let (digits, rest) = rest.split_at(4);
    let value = digits.iter().try_fold(0, |value, digit| {
        char::from(*digit)
            .to_digit(16)
            .map(|digit| value * 16 + digit)
    });
    (
        value
            .and_then(|value| u16::try_from(value).ok())
            .unwrap_or(0),
        rest,
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escapes_are_resolved_until_one_is_broken() {
        for (inner, text) in [
            (r#"a\"\\\/\b\f\n\r\t"#, "a\"\\/\u{8}\u{c}\n\r\t"),
            (r"\u00e9\ud83d\ude00", "é😀"),
            (r"\ud83d!", "\u{fffd}!"),
            (r"\ud83d\u0041!", "\u{fffd}!"),
            (r"\uzzzz!", "\0!"),
            (r"a\u00e", "a"),
            (r"a\xb", "a"),
            ("a\\n\tb", "a\n"),
            (r"a\", "a"),
        ] {
            assert_eq!(unescape(inner.as_bytes()), text.as_bytes(), "{inner}");
        }
    }

    #[test]
    fn a_string_without_an_end_has_text() {
        assert_eq!(decode(b"\"ab"), &b"ab"[..]);
        assert_eq!(decode(b"\""), &b""[..]);
        assert_eq!(decode(br#""a\""#), &br#"a""#[..]);
        assert_eq!(decode(b""), &b""[..]);
    }
}

//! Decodes the text of strings, and writes strings.

use std::borrow::Cow;

/// Gives the text of a string with its quotes; one without an end reaches to the last byte.
pub(super) fn decode(raw: &[u8]) -> Cow<'_, [u8]> {
    let inner = raw.get(1..).unwrap_or_default();
    let closed = super::scan::string_end(raw, 0) == Some(raw.len());
    content(if closed { &inner[..inner.len() - 1] } else { inner })
}

/// Gives the text between quotes.
pub(super) fn content(inner: &[u8]) -> Cow<'_, [u8]> {
    if inner.contains(&b'\\') { Cow::Owned(unescape(inner)) } else { Cow::Borrowed(inner) }
}

/// Resolves escapes, up to the first control byte or unknown escape.
pub(super) fn unescape(inner: &[u8]) -> Vec<u8> {
    let mut text = Vec::with_capacity(inner.len());
    let mut rest = inner;
    loop {
        let plain = rest.iter().take_while(|byte| **byte >= b' ' && **byte != b'\\').count();
        text.extend_from_slice(&rest[..plain]);
        rest = &rest[plain..];
        let [b'\\', escape, after @ ..] = rest else { return text };
        rest = after;
        match escape {
            b'\\' | b'/' | b'"' => text.push(*escape),
            b'b' => text.push(8),
            b'f' => text.push(12),
            b'n' => text.push(b'\n'),
            b'r' => text.push(b'\r'),
            b't' => text.push(b'\t'),
            b'u' if rest.len() >= 4 => rest = unicode(rest, &mut text),
            _ => return text,
        }
    }
}

/// Appends the character of four digits, and of a second escape if the first is half of a pair.
fn unicode<'a>(rest: &'a [u8], text: &mut Vec<u8>) -> &'a [u8] {
    let (first, mut rest) = unit(rest);
    let mut units = vec![first];
    if (0xd800..0xe000).contains(&first) && rest.len() >= 6 && rest.starts_with(b"\\u") {
        let (second, after) = unit(&rest[2..]);
        units.push(second);
        rest = after;
    }
    let character = match char::decode_utf16(units.iter().copied()).next() {
        Some(Ok(character)) => character,
        _ => char::REPLACEMENT_CHARACTER,
    };
    text.extend_from_slice(character.encode_utf8(&mut [0; 4]).as_bytes());
    rest
}

/// Reads four digits; what is no number counts as zero.
fn unit(rest: &[u8]) -> (u16, &[u8]) {
    let (digits, rest) = rest.split_at(4);
    let value = digits.iter().try_fold(0_u16, |value, digit| {
        char::from(*digit).to_digit(16).map(|digit| value * 16 + digit as u16)
    });
    (value.unwrap_or(0), rest)
}

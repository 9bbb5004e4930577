//! Reads what a string literal means.

use crate::gostrconv::decode_rune;
use std::borrow::Cow;

/// Decodes a string literal, quotes included.
///
/// The literal must have been scanned; of what is none, the text means nothing.
/// Every byte that is not UTF-8, and a surrogate without its other half, becomes U+FFFD.
///
/// ```
/// use argo_events_expr::gojson::unquote;
/// assert_eq!(unquote(br#""caf\u00e9\n""#), "café\n");
/// assert_eq!(unquote(b"\"\xe6\x97\""), "\u{fffd}\u{fffd}");
/// ```
#[must_use]
pub fn unquote(literal: &[u8]) -> Cow<'_, str> {
    let end = literal.len().saturating_sub(1);
    let inner = literal.get(1..end).unwrap_or_default();
    match std::str::from_utf8(inner) {
        Ok(text) if !inner.contains(&b'\\') => Cow::Borrowed(text),
        _ => Cow::Owned(unescape(inner)),
    }
}

fn unescape(inner: &[u8]) -> String {
    let mut out = String::with_capacity(inner.len());
    let mut rest = inner;
    while let Some(rune) = decode_rune(rest) {
        if rune.character != '\\' {
            out.push(rune.character);
            rest = &rest[rune.width..];
            continue;
        }
        let (character, width) = escaped(rest);
        out.push(character);
        rest = &rest[width..];
    }
    out
}

/// Reads the escape at the start of a text that was scanned before.
fn escaped(text: &[u8]) -> (char, usize) {
    let character = match text.get(1) {
        Some(b'b') => '\x08',
        Some(b'f') => '\x0c',
        Some(b'n') => '\n',
        Some(b'r') => '\r',
        Some(b't') => '\t',
        Some(b'u') => return unicode(text),
        Some(other) => char::from(*other),
        None => '\\',
    };
    (character, 2.min(text.len()))
}

fn unicode(text: &[u8]) -> (char, usize) {
    const ONE: usize = "\\u0000".len();
    let Some(first) = unit(text) else {
        return (char::REPLACEMENT_CHARACTER, ONE.min(text.len()));
    };
    let second = text.get(ONE..).and_then(unit);
    match (char::from_u32(first.into()), second) {
        (Some(character), _) => (character, ONE),
        (None, Some(second)) => match char::decode_utf16([first, second]).next() {
            Some(Ok(character)) => (character, 2 * ONE),
            _ => (char::REPLACEMENT_CHARACTER, ONE),
        },
        (None, None) => (char::REPLACEMENT_CHARACTER, ONE),
    }
}

/// Reads one `\uXXXX`.
fn unit(text: &[u8]) -> Option<u16> {
    let digits = text.strip_prefix(b"\\u")?.get(..4)?;
    u16::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok()
}

#[cfg(test)]
mod tests {
    use super::unquote;

    #[test]
    fn escapes_mean_what_they_mean_in_go() {
        for (literal, text) in [
            (&br#""\ud83d\ude00""#[..], "😀"),
            (br#""\ud83d\u0041""#, "\u{fffd}A"),
            (br#""\ud83d\ud83d\ude00""#, "\u{fffd}😀"),
            (br#""\ude00x\ud83d""#, "\u{fffd}x\u{fffd}"),
            (br#""\/\"\\\b""#, "/\"\\\x08"),
            (br#""a\f\n\r\t\u00e9""#, "a\x0c\n\r\té"),
            (b"\"\xe6\x97\"", "\u{fffd}\u{fffd}"),
        ] {
            assert_eq!(unquote(literal), text);
        }
    }

    #[test]
    fn what_is_no_literal_harms_nobody() {
        for text in [
            &b""[..],
            b"\"",
            b"\"\"",
            br#""\""#,
            br#""\u""#,
            br#""\ud83d\u""#,
            "\"\\é\"".as_bytes(),
        ] {
            for end in 0..=text.len() {
                assert!(unquote(&text[..end]).len() <= 3 * text.len());
            }
        }
    }
}

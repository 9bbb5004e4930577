//! Writes text in quotes, with escapes for what does not print.

use super::{Rune, runes};
use std::fmt::Write;

pub use super::printable::is_printable;

/// Quotes a text; what is not UTF-8 becomes `\x..`.
///
/// ```
/// use argo_events_expr::gostrconv::quote;
/// assert_eq!(quote("é\n\u{200b}"), r#""é\n\u200b""#);
/// assert_eq!(quote(b"\xff"), r#""\xff""#);
/// ```
#[must_use]
pub fn quote(text: impl AsRef<[u8]>) -> String {
    quote_with(text.as_ref(), is_printable)
}

/// Quotes a text and escapes everything outside ASCII too.
#[must_use]
pub fn quote_ascii(text: impl AsRef<[u8]>) -> String {
    quote_with(text.as_ref(), is_printable_ascii)
}

/// Writes a character as a literal in single quotes.
///
/// ```
/// use argo_events_expr::gostrconv::quote_rune;
/// assert_eq!(quote_rune('\''), r"'\''");
/// ```
#[must_use]
pub fn quote_rune(character: char) -> String {
    quote_rune_with(character, is_printable)
}

/// Writes a character as a literal in single quotes and in ASCII only.
#[must_use]
pub fn quote_rune_ascii(character: char) -> String {
    quote_rune_with(character, is_printable_ascii)
}

/// Tells whether a text can stand between backquotes as it is.
#[must_use]
pub fn can_backquote(text: &[u8]) -> bool {
    runes(text).all(|rune| match rune.character {
        '\t' => true,
        '\0'..'\x20' | '`' | '\x7f' | '\u{feff}' => false,
        _ => rune.valid,
    })
}

fn is_printable_ascii(character: char) -> bool {
    character.is_ascii() && is_printable(character)
}

fn quote_with(text: &[u8], prints: fn(char) -> bool) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    out.push('"');
    let mut at = 0;
    for rune in runes(text) {
        match rune {
            Rune { valid: false, .. } => push_hex(&mut out, "\\x", u32::from(text[at]), 2),
            Rune { character, .. } => push_escaped(&mut out, character, '"', prints),
        }
        at += rune.width;
    }
    out.push('"');
    out
}

fn quote_rune_with(character: char, prints: fn(char) -> bool) -> String {
    let mut out = String::from("'");
    push_escaped(&mut out, character, '\'', prints);
    out.push('\'');
    out
}

fn push_escaped(out: &mut String, character: char, mark: char, prints: fn(char) -> bool) {
    match character {
        '\\' => out.push_str("\\\\"),
        _ if character == mark => out.extend(['\\', mark]),
        _ if prints(character) => out.push(character),
        '\x07' => out.push_str("\\a"),
        '\x08' => out.push_str("\\b"),
        '\x0c' => out.push_str("\\f"),
        '\n' => out.push_str("\\n"),
        '\r' => out.push_str("\\r"),
        '\t' => out.push_str("\\t"),
        '\x0b' => out.push_str("\\v"),
        '\0'..'\x20' | '\x7f' => push_hex(out, "\\x", u32::from(character), 2),
        '\u{80}'..='\u{ffff}' => push_hex(out, "\\u", u32::from(character), 4),
        _ => push_hex(out, "\\U", u32::from(character), 8),
    }
}

fn push_hex(out: &mut String, prefix: &str, value: u32, digits: usize) {
    write!(out, "{prefix}{value:0digits$x}").expect("a string takes any text");
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn escapes_follow_go() {
        for (text, quoted) in [
            (
                "\x07\x08\x0c\n\r\t\x0b\0\x7f",
                r#""\a\b\f\n\r\t\v\x00\x7f""#,
            ),
            ("\"\\'", r#""\"\\'""#),
            (
                "\u{a0}\u{ad}\u{feff}\u{10ffff}",
                r#""\u00a0\u00ad\ufeff\U0010ffff""#,
            ),
            ("日\u{fffd}😀", "\"日\u{fffd}😀\""),
        ] {
            assert_eq!(quote(text), quoted);
        }
        assert_eq!(quote_ascii("é😀"), r#""\u00e9\U0001f600""#);
        assert_eq!(quote_rune_ascii('é'), r"'\u00e9'");
    }

    #[test]
    fn backquotes_hold_neither_themselves_nor_control_characters() {
        assert!(can_backquote("a\tb\"\\é".as_bytes()));
        for text in [&b"`"[..], b"\n", b"\x7f", b"\xff", "\u{feff}".as_bytes()] {
            assert!(!can_backquote(text), "{text:?}");
        }
    }

    proptest! {
        #[test]
        fn ascii_quotes_hold_only_what_prints(text: Vec<u8>) {
            prop_assert!(quote_ascii(&text).bytes().all(|byte| (b' '..=b'~').contains(&byte)));
        }
    }
}

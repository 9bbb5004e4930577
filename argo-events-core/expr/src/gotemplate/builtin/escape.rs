//! The functions that escape texts for other languages.

use crate::gostrconv::{is_printable, runes};

/// Escapes a text for HTML.
pub(super) fn html(text: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(text.len());
    for byte in text {
        match byte {
            0 => out.extend_from_slice("\u{fffd}".as_bytes()),
            b'"' => out.extend_from_slice(b"&#34;"),
            b'\'' => out.extend_from_slice(b"&#39;"),
            b'&' => out.extend_from_slice(b"&amp;"),
            b'<' => out.extend_from_slice(b"&lt;"),
            b'>' => out.extend_from_slice(b"&gt;"),
            byte => out.push(*byte),
        }
    }
    out
}

/// Escapes a text for a string of JavaScript.
pub(super) fn js(text: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(text.len());
    let mut at = 0;
    for rune in runes(text) {
        let raw = &text[at..at + rune.width];
        at += rune.width;
        match rune.character {
            '\\' => out.extend_from_slice(br"\\"),
            '\'' => out.extend_from_slice(br"\'"),
            '"' => out.extend_from_slice(br#"\""#),
            '<' | '>' | '&' | '=' | '\0'..='\x1f' => push_code(&mut out, rune.character),
            '\x7f' => out.extend_from_slice(raw),
            character if is_printable(character) => out.extend_from_slice(raw),
            character => push_code(&mut out, character),
        }
    }
    out
}

fn push_code(out: &mut Vec<u8>, character: char) {
    let code = u32::from(character);
    out.extend_from_slice(format!("\\u{code:04X}").as_bytes());
}

/// Escapes a text for the query of a URL.
pub(super) fn url_query(text: &[u8]) -> Vec<u8> {
    const DIGITS: &[u8; 16] = b"0123456789ABCDEF";
    let mut out = Vec::with_capacity(text.len());
    for byte in text {
        match byte {
            b' ' => out.push(b'+'),
            b'-' | b'_' | b'.' | b'~' => out.push(*byte),
            byte if byte.is_ascii_alphanumeric() => out.push(*byte),
            byte => out.extend_from_slice(&[
                b'%',
                DIGITS[usize::from(byte >> 4)],
                DIGITS[usize::from(byte & 15)],
            ]),
        }
    }
    out
}

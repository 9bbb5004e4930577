//! Reads quoted texts and characters as Go writes them in its source.

use crate::gostrconv::decode_rune;

/// Reads a text in double quotes or backquotes, or gives nothing if it is not well formed.
pub(super) fn unquote(quoted: &[u8]) -> Option<Vec<u8>> {
    match quoted {
        [b'`', inner @ .., b'`'] if !inner.contains(&b'`') => {
            // Carriage returns do not count within backquotes.
            Some(
                inner
                    .iter()
                    .copied()
                    .filter(|byte| *byte != b'\r')
                    .collect(),
            )
        }
        [b'"', inner @ .., b'"'] => {
            let mut out = Vec::with_capacity(inner.len());
            let mut rest = inner;
            while !rest.is_empty() {
                let (piece, after) = unescape(rest, b'"')?;
                piece.push_to(&mut out);
                rest = after;
            }
            Some(out)
        }
        _ => None,
    }
}

/// Reads the first character in single quotes and tells whether it is the only one.
pub(super) fn unquote_character(quoted: &[u8]) -> Option<(u32, bool)> {
    let (piece, rest) = unescape(quoted.get(1..)?, b'\'')?;
    let code = match piece {
        Piece::Byte(byte) if byte.is_ascii() || quoted[1] == b'\\' => byte.into(),
        // A broken byte stands for the replacement character.
        Piece::Byte(_) => char::REPLACEMENT_CHARACTER.into(),
        Piece::Character(character) => character.into(),
    };
    Some((code, rest == b"'"))
}

/// What a piece of a quoted text stands for.
enum Piece {
    Byte(u8),
    Character(char),
}

impl Piece {
    fn push_to(self, out: &mut Vec<u8>) {
        match self {
            Self::Byte(byte) => out.push(byte),
            Self::Character(character) => {
                out.extend_from_slice(character.encode_utf8(&mut [0; 4]).as_bytes());
            }
        }
    }
}

fn unescape(text: &[u8], quote: u8) -> Option<(Piece, &[u8])> {
    match text {
        [byte, ..] if *byte == quote || *byte == b'\n' => None,
        [b'\\', escape, rest @ ..] => escaped(*escape, rest, quote),
        [b'\\'] => None,
        [byte, rest @ ..] if byte.is_ascii() => Some((Piece::Byte(*byte), rest)),
        _ => {
            let rune = decode_rune(text)?;
            let piece = match rune.width {
                // A broken byte stays as it is.
                1 => Piece::Byte(text[0]),
                _ => Piece::Character(rune.character),
            };
            Some((piece, &text[rune.width..]))
        }
    }
}

fn escaped(escape: u8, rest: &[u8], quote: u8) -> Option<(Piece, &[u8])> {
    let byte = match escape {
        b'a' => 0x07,
        b'b' => 0x08,
        b'f' => 0x0c,
        b'n' => b'\n',
        b'r' => b'\r',
        b't' => b'\t',
        b'v' => 0x0b,
        b'\\' => b'\\',
        b'\'' | b'"' if escape == quote => escape,
        b'x' => {
            let (code, rest) = digits(rest, 2, 16)?;
            return Some((Piece::Byte(code as u8), rest));
        }
        b'u' | b'U' => {
            let (code, rest) = digits(rest, if escape == b'u' { 4 } else { 8 }, 16)?;
            return Some((Piece::Character(char::from_u32(code)?), rest));
        }
        b'0'..=b'7' => {
            let (code, rest) = digits(rest, 2, 8)?;
            let code = u32::from(escape - b'0') * 64 + code;
            return Some((Piece::Byte(u8::try_from(code).ok()?), rest));
        }
        _ => return None,
    };
    Some((Piece::Byte(byte), rest))
}

fn digits(text: &[u8], count: usize, base: u32) -> Option<(u32, &[u8])> {
    let (digits, rest) = text.split_at_checked(count)?;
    let digits = std::str::from_utf8(digits).ok()?;
    // No sign is allowed, which `from_str_radix` would take.
    if !digits.chars().all(|digit| digit.is_digit(base)) {
        return None;
    }
    Some((u32::from_str_radix(digits, base).ok()?, rest))
}

//! Percent signs in the parts of URLs.

use crate::gostrconv::quote;

/// A part of a URL; each has other characters that stand for themselves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Part {
    Path,
    User,
    Host,
    Zone,
    Fragment,
}

impl Part {
    /// Tells whether a byte is written with a percent sign.
    fn escapes(self, byte: u8) -> bool {
        let is_plain = match byte {
            b'-' | b'_' | b'.' | b'~' => true,
            b'!' | b'(' | b')' | b'*' => matches!(self, Self::Host | Self::Zone | Self::Fragment),
            b'\'' | b'[' | b']' | b'<' | b'>' | b'"' => matches!(self, Self::Host | Self::Zone),
            b'$' | b'&' | b'+' | b',' | b';' | b'=' => true,
            b':' => self != Self::User,
            b'/' | b'@' => matches!(self, Self::Path | Self::Fragment),
            b'?' => self == Self::Fragment,
            _ => byte.is_ascii_alphanumeric(),
        };
        !is_plain
    }
}

/// Writes a part with percent signs where they are needed.
pub(super) fn escape(text: &[u8], part: Part) -> Vec<u8> {
    const DIGITS: &[u8; 16] = b"0123456789ABCDEF";
    let mut escaped = Vec::with_capacity(text.len());
    for &byte in text {
        if part.escapes(byte) {
            let (high, low) = (usize::from(byte >> 4), usize::from(byte & 15));
            escaped.extend_from_slice(&[b'%', DIGITS[high], DIGITS[low]]);
        } else {
            escaped.push(byte);
        }
    }
    escaped
}

/// Reads a part with percent signs.
pub(super) fn unescape(text: &[u8], part: Part) -> Result<Vec<u8>, String> {
    let is_host = matches!(part, Part::Host | Part::Zone);
    let mut plain = Vec::with_capacity(text.len());
    let mut rest = text;
    while let Some((&byte, after)) = rest.split_first() {
        if byte == b'%' {
            let (code, sign) = escaped_byte(rest)?;
            let is_refused = match part {
                Part::Host => code < 0x80 && sign != b"%25",
                Part::Zone => sign != b"%25" && code != b' ' && Part::Host.escapes(code),
                _ => false,
            };
            if is_refused {
                return Err(bad_escape(sign));
            }
            plain.push(code);
            rest = &rest[3..];
            continue;
        }
        if is_host && byte.is_ascii() && part.escapes(byte) {
            return Err(format!("invalid character {} in host name", quote([byte])));
        }
        plain.push(byte);
        rest = after;
    }
    Ok(plain)
}

/// Reads a percent sign with its two digits.
fn escaped_byte(text: &[u8]) -> Result<(u8, &[u8]), String> {
    let sign = &text[..text.len().min(3)];
    let digit = |place: usize| {
        sign.get(place)
            .and_then(|digit| char::from(*digit).to_digit(16))
    };
    let code = digit(1)
        .zip(digit(2))
        .and_then(|(high, low)| u8::try_from(high << 4 | low).ok());
    code.map(|code| (code, sign))
        .ok_or_else(|| bad_escape(sign))
}

fn bad_escape(sign: &[u8]) -> String {
    format!("invalid URL escape {}", quote(sign))
}

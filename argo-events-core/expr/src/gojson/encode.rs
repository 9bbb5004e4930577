//! Writes single values: strings, bytes and numbers.

use super::Error;
use crate::gostrconv::{Digits, decode_rune, push_fixed};
use base64::{Engine, prelude::BASE64_STANDARD};

/// Whether `<`, `>` and `&` are escaped, as Go does unless told otherwise.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Escaping {
    /// They become `\u003c`, `\u003e` and `\u0026`.
    #[default]
    Html,
    /// They stay.
    Plain,
}

/// Encodes a string; bytes that are not UTF-8 become `\ufffd`.
///
/// ```
/// use argo_events_expr::gojson::encode_string;
/// assert_eq!(encode_string("a<b\n"), br#""a\u003cb\n""#);
/// ```
#[must_use]
pub fn encode_string(text: impl AsRef<[u8]>) -> Vec<u8> {
    let mut out = Vec::with_capacity(text.as_ref().len() + 2);
    encode_string_into(&mut out, text);
    out
}

/// Appends a string encoded as by [`encode_string`].
pub fn encode_string_into(out: &mut Vec<u8>, text: impl AsRef<[u8]>) {
    encode_string_with(out, text, Escaping::Html);
}

/// Appends an encoded string, with a choice of escaping.
pub fn encode_string_with(out: &mut Vec<u8>, text: impl AsRef<[u8]>, escaping: Escaping) {
    let text = text.as_ref();
    out.reserve(text.len() + 2);
    out.push(b'"');
    let (mut start, mut at) = (0, 0);
    let is_plain = |byte: &u8| byte.is_ascii() && !needs_escape(*byte, escaping);
    loop {
        at += text[at..].iter().take_while(|byte| is_plain(byte)).count();
        let Some(&byte) = text.get(at) else { break };
        let (escape, width) = escape_at(&text[at..], byte);
        if let Some(escape) = escape {
            out.extend_from_slice(&text[start..at]);
            out.extend_from_slice(escape.as_ref());
            start = at + width;
        }
        at += width;
    }
    out.extend_from_slice(&text[start..]);
    out.push(b'"');
}

fn needs_escape(byte: u8, escaping: Escaping) -> bool {
    match byte {
        0..=0x1f | b'"' | b'\\' => true,
        b'<' | b'>' | b'&' => escaping == Escaping::Html,
        _ => false,
    }
}

/// An escape sequence of at most six bytes.
struct Escape {
    bytes: [u8; 6],
    length: usize,
}

impl Escape {
    fn short(letter: u8) -> Self {
        Self {
            bytes: [b'\\', letter, 0, 0, 0, 0],
            length: 2,
        }
    }

    fn long(unit: u16) -> Self {
        const DIGITS: &[u8; 16] = b"0123456789abcdef";
        let digit = |shift: u16| DIGITS[usize::from(unit >> shift & 0xf)];
        Self {
            bytes: [b'\\', b'u', digit(12), digit(8), digit(4), digit(0)],
            length: 6,
        }
    }
}

impl AsRef<[u8]> for Escape {
    fn as_ref(&self) -> &[u8] {
        &self.bytes[..self.length]
    }
}

/// Gives the escape for the character at the start of a text, if it needs one, and its width.
fn escape_at(text: &[u8], byte: u8) -> (Option<Escape>, usize) {
    let escape = match byte {
        b'"' | b'\\' => Escape::short(byte),
        0x08 => Escape::short(b'b'),
        0x0c => Escape::short(b'f'),
        b'\n' => Escape::short(b'n'),
        b'\r' => Escape::short(b'r'),
        b'\t' => Escape::short(b't'),
        0..=0x7f => Escape::long(byte.into()),
        _ => return escape_wide(text),
    };
    (Some(escape), 1)
}

fn escape_wide(text: &[u8]) -> (Option<Escape>, usize) {
    match decode_rune(text) {
        Some(rune) if rune.character == '\u{2028}' => (Some(Escape::long(0x2028)), rune.width),
        Some(rune) if rune.character == '\u{2029}' => (Some(Escape::long(0x2029)), rune.width),
        Some(rune) if rune.valid => (None, rune.width),
        _ => (Some(Escape::long(0xfffd)), 1),
    }
}

/// Appends bytes as a base64 string, or `null` where there are none.
pub fn encode_bytes_into(out: &mut Vec<u8>, bytes: Option<&[u8]>) {
    let Some(bytes) = bytes else {
        out.extend_from_slice(b"null");
        return;
    };
    out.push(b'"');
    out.extend_from_slice(BASE64_STANDARD.encode(bytes).as_bytes());
    out.push(b'"');
}

/// Appends a number with the fewest digits that read back.
///
/// ```
/// use argo_events_expr::gojson::encode_f64_into;
/// let mut out = Vec::new();
/// encode_f64_into(&mut out, 1e21)?;
/// assert_eq!(out, b"1e+21");
/// # Ok::<(), argo_events_expr::gojson::Error>(())
/// ```
///
/// # Errors
/// When the number is infinite or NaN.
pub fn encode_f64_into(out: &mut Vec<u8>, value: f64) -> Result<(), Error> {
    if !value.is_finite() {
        return Err(Error::UnsupportedNumber(value));
    }
    let size = value.abs();
    let mut buffer = zmij::Buffer::new();
    let fixed = (FIXED_FROM..FIXED_BELOW).contains(&size);
    push_number(out, buffer.format_finite(value), fixed, || {
        Digits::shortest(size)
    });
    Ok(())
}

/// Appends a number of single precision, whose shortest digits are fewer.
///
/// # Errors
/// When the number is infinite or NaN.
pub fn encode_f32_into(out: &mut Vec<u8>, value: f32) -> Result<(), Error> {
    if !value.is_finite() {
        return Err(Error::UnsupportedNumber(value.into()));
    }
    let size = value.abs();
    let mut buffer = zmij::Buffer::new();
    let fixed = (FIXED_FROM as f32..FIXED_BELOW as f32).contains(&size);
    push_number(out, buffer.format_finite(value), fixed, || {
        Digits::shortest_f32(size)
    });
    Ok(())
}

/// Numbers from here on, and below the next one, have no exponent.
const FIXED_FROM: f64 = 1e-6;
const FIXED_BELOW: f64 = 1e21;

/// Appends a number by its shortest text, which changes to an exponent earlier than Go does and
/// has neither a plus sign there nor whole numbers without a point.
fn push_number(out: &mut Vec<u8>, shortest: &str, fixed: bool, digits: impl Fn() -> Digits) {
    match shortest.split_once('e') {
        None => {
            let whole = shortest.strip_suffix(".0").unwrap_or(shortest);
            out.extend_from_slice(whole.as_bytes());
        }
        Some(_) if fixed => {
            let digits = digits();
            let mut text = String::from(if shortest.starts_with('-') { "-" } else { "" });
            push_fixed(&mut text, &digits, digits.after_point());
            out.extend_from_slice(text.as_bytes());
        }
        Some((mantissa, exponent)) => {
            out.extend_from_slice(mantissa.strip_suffix(".0").unwrap_or(mantissa).as_bytes());
            let signed = exponent.starts_with(['-', '+']);
            out.extend_from_slice(if signed { b"e" } else { b"e+" });
            out.extend_from_slice(exponent.as_bytes());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn f64_text(value: f64) -> String {
        let mut out = Vec::new();
        encode_f64_into(&mut out, value).expect("a finite number");
        String::from_utf8(out).expect("numbers are ASCII")
    }

    #[test]
    fn strings_escape_as_go_does() {
        for (text, encoded) in [
            (&b"<>&"[..], r#""\u003c\u003e\u0026""#),
            (b"\x08\x0c\n\r\t\x01\x7f", "\"\\b\\f\\n\\r\\t\\u0001\x7f\""),
            ("\u{2028}\u{2029}é😀".as_bytes(), r#""\u2028\u2029é😀""#),
            (b"a\xf0\x9fb", r#""a\ufffd\ufffdb""#),
        ] {
            assert_eq!(encode_string(text), encoded.as_bytes());
        }
        let mut plain = Vec::new();
        encode_string_with(&mut plain, "<&>\u{2028}", Escaping::Plain);
        assert_eq!(plain, br#""<&>\u2028""#);
    }

    #[test]
    fn exponents_start_where_go_starts_them() {
        for (value, text) in [
            (0.0, "0"),
            (-0.0, "-0"),
            (1e20, "100000000000000000000"),
            (-1e21, "-1e+21"),
            (1e-6, "0.000001"),
            (9.5e-7, "9.5e-7"),
            (9_007_199_254_740_993.0, "9007199254740992"),
            (2.5, "2.5"),
        ] {
            assert_eq!(f64_text(value), text);
        }
        let mut out = Vec::new();
        assert_eq!(encode_f32_into(&mut out, 0.1), Ok(()));
        assert_eq!(out, b"0.1");
        assert!(encode_f32_into(&mut out, f32::NAN).is_err());
    }

    proptest! {
        #[test]
        fn numbers_read_back(value in proptest::num::f64::NORMAL | proptest::num::f64::SUBNORMAL) {
            prop_assert_eq!(f64_text(value).parse(), Ok(value));
        }

        #[test]
        fn strings_read_back(text: String) {
            let read: String = serde_json::from_slice(&encode_string(&text)).expect("valid JSON");
            prop_assert_eq!(read, text);
        }
    }
}

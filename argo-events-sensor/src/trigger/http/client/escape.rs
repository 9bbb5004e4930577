//! Percent escapes of the parts of a URL, as Go reads and writes them.

use super::url::Reason;

/// A part of a URL; each lets other characters pass.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Part {
    Path,
    User,
    Host,
    Fragment,
}

/// Undoes escapes.
pub(super) fn unescape(text: &str, part: Part) -> Result<Vec<u8>, Reason> {
    let bytes = text.as_bytes();
    let mut out = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while let Some(&byte) = bytes.get(at) {
        if byte != b'%' {
            if part == Part::Host && byte.is_ascii() && must_escape(byte, part) {
                return Err(format!("its host contains {:?}", char::from(byte)));
            }
            out.push(byte);
            at += 1;
            continue;
        }
        let escaped = bytes.get(at + 1..at + 3).and_then(hexadecimal);
        match escaped {
            Some(value) if part == Part::Host && value.is_ascii() => {
                return Err(format!(
                    "its host contains the escape of {:?}",
                    char::from(value)
                ));
            }
            Some(value) => out.push(value),
            None => return Err(format!("{:?} is no escape", shortened(&text[at..]))),
        }
        at += 3;
    }
    Ok(out)
}

fn shortened(text: &str) -> String {
    text.chars().take(3).collect()
}

/// Gives the text as it is if every character may stand as it is or is an escape; otherwise
/// undoes all escapes and escapes what must be.
///
/// Expects a text that [`unescape`] accepts.
pub(super) fn normalised(text: &str, part: Part) -> String {
    let passes = |byte: u8| match byte {
        b'!' | b'$' | b'&' | b'\'' | b'(' | b')' | b'*' | b'+' | b',' | b';' | b'=' | b':'
        | b'@' | b'[' | b']' | b'%' => true,
        _ => !must_escape(byte, part),
    };
    if text.bytes().all(passes) {
        return text.to_owned();
    }
    let mut out = String::with_capacity(text.len() + 16);
    for byte in unescape(text, part).unwrap_or_else(|_| text.as_bytes().to_vec()) {
        if must_escape(byte, part) {
            out.push_str(&format!("%{byte:02X}"));
        } else {
            out.push(char::from(byte));
        }
    }
    out
}

fn must_escape(byte: u8, part: Part) -> bool {
    if byte.is_ascii_alphanumeric() || b"-_.~".contains(&byte) {
        return false;
    }
    match part {
        Part::Path => !b"$&+,/:;=@".contains(&byte),
        Part::User => !b"$&+,;=".contains(&byte),
        Part::Host => !b"!$&'()*+,;=:[]<>\"".contains(&byte),
        Part::Fragment => !b"$&+,/:;=?@!()*".contains(&byte),
    }
}

fn hexadecimal(digits: &[u8]) -> Option<u8> {
    let digit = |byte: u8| char::from(byte).to_digit(16);
    let (high, low) = (digit(*digits.first()?)?, digit(*digits.get(1)?)?);
    u8::try_from(high * 16 + low).ok()
}

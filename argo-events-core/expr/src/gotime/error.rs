//! What can be wrong with a text that should be a time, in Go's words.

use std::{error, fmt};

/// Says why a text is not a time in the layout given.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ParseError {
    /// The whole layout.
    pub layout: Vec<u8>,
    /// The whole text.
    pub value: Vec<u8>,
    /// The part of the layout that did not match.
    pub layout_element: Vec<u8>,
    /// The part of the text where it should have.
    pub value_element: Vec<u8>,
    /// What else is wrong; empty if the text simply does not match.
    pub message: String,
}

impl fmt::Display for ParseError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "parsing time {}", quoted(&self.value))?;
        if !self.message.is_empty() {
            return f.write_str(&self.message);
        }
        write!(
            f,
            " as {}: cannot parse {} as {}",
            quoted(&self.layout),
            quoted(&self.value_element),
            quoted(&self.layout_element)
        )
    }
}

impl error::Error for ParseError {}

/// Says why a time cannot be written into JSON.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum MarshalError {
    /// The year has not four digits.
    Year,
    /// The zone is a day or more away from UTC.
    ZoneHour,
}

impl fmt::Display for MarshalError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Year => "year outside of range [0,9999]",
            Self::ZoneHour => "timezone hour outside of range [0,23]",
        })
    }
}

impl error::Error for MarshalError {}

/// Returns the text in double quotes, with every byte that is not printable ASCII as `\x..`.
pub(super) fn quoted(text: &[u8]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let mut out = String::with_capacity(text.len() + 2);
    out.push('"');
    for &byte in text {
        match byte {
            b'"' | b'\\' => out.extend(['\\', char::from(byte)]),
            b' '..=0x7f => out.push(char::from(byte)),
            _ => {
                let digit = |nibble: u8| char::from(DIGITS[usize::from(nibble)]);
                out.extend(['\\', 'x', digit(byte >> 4), digit(byte & 15)]);
            }
        }
    }
    out.push('"');
    out
}

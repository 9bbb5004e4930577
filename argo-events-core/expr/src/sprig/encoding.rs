//! Base64 and base32. What cannot be decoded gives the error as the text.

use super::{Outcome, arguments::text};
use crate::govalue::{Function, Run, Type, Value};
use base64::{Engine, prelude::BASE64_STANDARD};

pub(super) const FUNCTIONS: &[Function] = &[
    Function::new("b64enc", &[Type::String], b64enc),
    Function::new("b64dec", &[Type::String], b64dec),
    Function::new("b32enc", &[Type::String], b32enc),
    Function::new("b32dec", &[Type::String], b32dec),
];

const BASE32: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

fn b64enc(run: &mut Run, arguments: &[Value]) -> Outcome {
    let plain = text(run, arguments, 0)?;
    run.charge(plain.len().saturating_mul(2))?;
    Ok(to_base64(plain).into())
}

fn b64dec(run: &mut Run, arguments: &[Value]) -> Outcome {
    let encoded = text(run, arguments, 0)?;
    run.charge(encoded.len())?;
    Ok(from_base64(encoded).map_or_else(Value::from, Value::from))
}

fn b32enc(run: &mut Run, arguments: &[Value]) -> Outcome {
    let plain = text(run, arguments, 0)?;
    run.charge(plain.len().saturating_mul(2))?;
    Ok(to_base32(plain).into())
}

fn b32dec(run: &mut Run, arguments: &[Value]) -> Outcome {
    let encoded = text(run, arguments, 0)?;
    run.charge(encoded.len().saturating_mul(2))?;
    Ok(from_base32(encoded).map_or_else(Value::from, Value::from))
}

/// Encodes bytes as base64.
pub(crate) fn to_base64(bytes: &[u8]) -> String {
    BASE64_STANDARD.encode(bytes)
}

/// Decodes base64, or says at which byte it is broken; line ends may be anywhere.
pub(crate) fn from_base64(text: &[u8]) -> Result<Vec<u8>, String> {
    let decoded = Base64 { text, place: 0 }.decode();
    decoded.map_err(|place| format!("illegal base64 data at input byte {place}"))
}

struct Base64<'a> {
    text: &'a [u8],
    place: usize,
}

impl Base64<'_> {
    /// Decodes all, or gives the place that is broken as Go counts it.
    fn decode(mut self) -> Result<Vec<u8>, usize> {
        let mut bytes = Vec::with_capacity(self.text.len() / 4 * 3 + 3);
        loop {
            let (digits, count) = self.four_digits()?;
            let bits = digits
                .iter()
                .fold(0, |bits, digit| bits << 6 | u32::from(*digit));
            let made = count.saturating_sub(1);
            bytes.extend_from_slice(&bits.to_be_bytes()[1..1 + made]);
            if count < 4 {
                return Ok(bytes);
            }
        }
    }

    /// Takes four digits; fewer at the end, which then has been padded.
    fn four_digits(&mut self) -> Result<([u8; 4], usize), usize> {
        let mut digits = [0; 4];
        let mut count = 0;
        while count < 4 {
            let Some(byte) = self.text.get(self.place).copied() else {
                return if count == 0 {
                    Ok((digits, 0))
                } else {
                    Err(self.place - count)
                };
            };
            self.place += 1;
            match byte {
                b'\r' | b'\n' => continue,
                b'=' => {
                    self.padding(count)?;
                    return Ok((digits, count));
                }
                _ => digits[count] = base64_digit(byte).ok_or(self.place - 1)?,
            }
            count += 1;
        }
        Ok((digits, count))
    }

    /// Takes what follows the first `=` after so many digits: another one, and nothing else.
    fn padding(&mut self, count: usize) -> Result<(), usize> {
        if count < 2 {
            return Err(self.place - 1);
        }
        if count == 2 {
            self.skip_line_ends();
            match self.text.get(self.place) {
                None => return Err(self.text.len()),
                Some(b'=') => self.place += 1,
                Some(_) => return Err(self.place - 1),
            }
        }
        self.skip_line_ends();
        if self.place < self.text.len() {
            return Err(self.place);
        }
        Ok(())
    }

    fn skip_line_ends(&mut self) {
        while matches!(self.text.get(self.place), Some(b'\r' | b'\n')) {
            self.place += 1;
        }
    }
}

fn base64_digit(byte: u8) -> Option<u8> {
    Some(match byte {
        b'A'..=b'Z' => byte - b'A',
        b'a'..=b'z' => byte - b'a' + 26,
        b'0'..=b'9' => byte - b'0' + 52,
        b'+' => 62,
        b'/' => 63,
        _ => return None,
    })
}

fn to_base32(plain: &[u8]) -> String {
    let mut encoded = String::with_capacity(plain.len().div_ceil(5) * 8);
    for chunk in plain.chunks(5) {
        let mut bytes = [0; 8];
        bytes[3..3 + chunk.len()].copy_from_slice(chunk);
        let bits = u64::from_be_bytes(bytes);
        let digits = (chunk.len() * 8).div_ceil(5);
        for place in 0..8 {
            let digit = usize::try_from(bits >> (35 - 5 * place) & 31).expect("five bits");
            let is_digit = place < digits;
            encoded.push(if is_digit {
                char::from(BASE32[digit])
            } else {
                '='
            });
        }
    }
    encoded
}

/// Decodes base32, or says at which byte it is broken; line ends are dropped before counting.
fn from_base32(text: &[u8]) -> Result<Vec<u8>, String> {
    let is_kept = |byte: &u8| !matches!(byte, b'\r' | b'\n');
    let text: Vec<u8> = text.iter().copied().filter(is_kept).collect();
    let mut bytes = Vec::with_capacity(text.len() / 8 * 5 + 5);
    let mut place = 0;
    while place < text.len() {
        let (digits, count) = eight_digits(&text, place)
            .map_err(|place| format!("illegal base32 data at input byte {place}"))?;
        let bits = digits
            .iter()
            .fold(0, |bits, digit| bits << 5 | u64::from(*digit));
        bytes.extend_from_slice(&bits.to_be_bytes()[3..3 + count * 5 / 8]);
        if count < 8 {
            break;
        }
        place += 8;
    }
    Ok(bytes)
}

/// Takes eight digits from a place on; fewer at the end, which then is padded.
fn eight_digits(text: &[u8], start: usize) -> Result<([u8; 8], usize), usize> {
    let mut digits = [0; 8];
    for count in 0..8 {
        let place = start + count;
        let Some(byte) = text.get(place).copied() else {
            return Err(place - count);
        };
        let after = text.len() - place - 1;
        if byte == b'=' && count >= 2 && after < 8 {
            check_padding(text, place, count)?;
            return Ok((digits, count));
        }
        let digit = BASE32.iter().position(|digit| *digit == byte);
        digits[count] = digit
            .and_then(|digit| u8::try_from(digit).ok())
            .ok_or(place)?;
    }
    Ok((digits, 8))
}

/// Checks that only padding follows the first `=`, and the right number of them.
fn check_padding(text: &[u8], place: usize, count: usize) -> Result<(), usize> {
    let padding = &text[place + 1..];
    if padding.len() + count < 7 {
        return Err(text.len());
    }
    let wrong = padding
        .iter()
        .take(7 - count)
        .position(|byte| *byte != b'=');
    if let Some(wrong) = wrong {
        return Err(place + wrong);
    }
    // These are too few bits for one more byte.
    if matches!(count, 1 | 3 | 6) {
        return Err(place);
    }
    Ok(())
}

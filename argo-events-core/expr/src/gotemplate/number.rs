//! Constants that are numbers: each is kept as every type that can hold it.

use super::{quote::unquote_character, token::Kind};
use crate::gostrconv::{parse_float, parse_int, parse_uint, quote};

/// A number as it is written and as the types that can hold it.
#[derive(Clone, Debug)]
pub(super) struct Number {
    pub(super) text: String,
    pub(super) signed: Option<i64>,
    pub(super) unsigned: Option<u64>,
    pub(super) float: Option<f64>,
    pub(super) complex: Option<(f64, f64)>,
}

impl Number {
    /// Reads a constant, or says what is wrong.
    pub(super) fn read(text: &[u8], kind: Kind) -> Result<Self, String> {
        let mut number = Self {
            text: String::from_utf8_lossy(text).into_owned(),
            signed: None,
            unsigned: None,
            float: None,
            complex: None,
        };
        match kind {
            Kind::CharacterConstant => number.read_character(text)?,
            Kind::Complex => number.read_complex(text)?,
            _ => number.read_plain(text)?,
        }
        Ok(number)
    }

    fn read_character(&mut self, text: &[u8]) -> Result<(), String> {
        let code = match unquote_character(text) {
            Some((code, true)) => code,
            Some((_, false)) => return Err(format!("malformed character constant: {}", self.text)),
            None => return Err("invalid syntax".to_owned()),
        };
        self.signed = Some(code.into());
        self.unsigned = Some(code.into());
        self.float = Some(code.into());
        Ok(())
    }

    fn read_complex(&mut self, text: &[u8]) -> Result<(), String> {
        let is_sign = |at: &usize| {
            matches!(text[*at], b'+' | b'-') && !matches!(text[at - 1], b'e' | b'E' | b'p' | b'P')
        };
        let split = (1..text.len()).find(is_sign);
        let (real, imaginary) = text.split_at(split.unwrap_or(text.len()));
        let real = parse_float(real);
        let imaginary = parse_float(imaginary.strip_suffix(b"i").unwrap_or(imaginary));
        let (Ok(real), Ok(imaginary)) = (real, imaginary) else {
            return Err("syntax error scanning complex number".to_owned());
        };
        self.set_complex(real, imaginary);
        Ok(())
    }

    fn read_plain(&mut self, text: &[u8]) -> Result<(), String> {
        if let Some(imaginary) = text.strip_suffix(b"i")
            && let Ok(imaginary) = parse_float(imaginary)
        {
            self.set_complex(0.0, imaginary);
            return Ok(());
        }
        self.unsigned = parse_uint(text, 0).ok();
        self.signed = parse_int(text, 0).ok();
        if self.signed == Some(0) {
            self.unsigned.get_or_insert(0);
        }
        match (self.signed, self.unsigned) {
            (Some(signed), _) => self.float = Some(signed as f64),
            (None, Some(unsigned)) => self.float = Some(unsigned as f64),
            (None, None) => self.read_float(text)?,
        }
        Ok(())
    }

    fn read_float(&mut self, text: &[u8]) -> Result<(), String> {
        let Ok(float) = parse_float(text) else {
            return Err(format!("illegal number syntax: {}", quote(text)));
        };
        if !text.iter().any(|byte| b".eEpP".contains(byte)) {
            return Err(format!("integer overflow: {}", quote(text)));
        }
        self.set_float(float);
        Ok(())
    }

    fn set_complex(&mut self, real: f64, imaginary: f64) {
        self.complex = Some((real, imaginary));
        if imaginary == 0.0 {
            self.set_float(real);
        }
    }

    /// Sets a number with a point or an exponent, which may be whole all the same.
    fn set_float(&mut self, float: f64) {
        const SIGNED_END: f64 = 9_223_372_036_854_775_808.0;
        const UNSIGNED_END: f64 = 18_446_744_073_709_551_616.0;
        self.float = Some(float);
        let is_whole = float.fract() == 0.0;
        if is_whole && (-SIGNED_END..SIGNED_END).contains(&float) {
            self.signed = Some(float as i64);
        }
        if is_whole && (0.0..UNSIGNED_END).contains(&float) {
            self.unsigned = Some(float as u64);
        }
    }

    /// Tells whether the number is a double where nothing else decides: it has a point or an
    /// exponent.
    pub(super) fn is_float_by_itself(&self) -> bool {
        let text = self.text.as_bytes();
        let is_hexadecimal = matches!(text, [b'0', b'x' | b'X', ..])
            && !text.iter().any(|byte| b"pP".contains(byte));
        self.float.is_some()
            && !text.starts_with(b"'")
            && !is_hexadecimal
            && text.iter().any(|byte| b".eEpP".contains(byte))
    }
}

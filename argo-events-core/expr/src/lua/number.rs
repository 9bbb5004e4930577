//! Numbers as gopher-lua reads, prints and divides them.

use crate::{gofmt, gostrconv};

/// Cuts off the fraction as Go does on amd64: what does not fit is the least number.
pub(super) fn truncate(number: f64) -> i64 {
    const LIMIT: f64 = 9_223_372_036_854_775_808.0;
    if (-LIMIT..LIMIT).contains(&number) {
        number as i64
    } else {
        i64::MIN
    }
}

/// Gives the number as an integer if it is one that fits.
pub(super) fn whole(number: f64) -> Option<i64> {
    let integer = truncate(number);
    (integer as f64 == number).then_some(integer)
}

/// Reads a text as arithmetic and numerals do: decimal, hexadecimal, octal or binary.
pub(super) fn parse(text: &[u8]) -> Option<f64> {
    let text = trim(text);
    match gostrconv::parse_int(text, 0) {
        Ok(integer) => Some(integer as f64),
        Err(_) => gostrconv::parse_float(text).ok(),
    }
}

/// Cuts blanks, tabs and line feeds off both ends.
pub(super) fn trim(text: &[u8]) -> &[u8] {
    let is_blank = |byte: &u8| matches!(byte, b' ' | b'\t' | b'\n');
    let start = text
        .iter()
        .position(|byte| !is_blank(byte))
        .unwrap_or(text.len());
    let end = text
        .iter()
        .rposition(|byte| !is_blank(byte))
        .map_or(start, |last| last + 1);
    &text[start..end]
}

/// Gives a number's text: integers without an exponent, all others in Go's shortest form.
pub(super) fn print(number: f64) -> String {
    match whole(number) {
        Some(integer) => integer.to_string(),
        None => print_float(number),
    }
}

/// Gives a number's text as `fmt.Sprint` does.
pub(super) fn print_float(number: f64) -> String {
    let printed = gofmt::sprint(&[gofmt::Value::Float(number)]).unwrap_or_default();
    String::from_utf8_lossy(&printed).into_owned()
}

/// Divides with the remainder's sign that of the divisor.
pub(super) fn modulo(left: f64, right: f64) -> f64 {
    let remainder = remainder(left, right);
    if right > 0.0 && remainder < 0.0 || right < 0.0 && remainder > 0.0 {
        remainder + right
    } else {
        remainder
    }
}

/// Gives the remainder with the sign of the dividend; integers take a way that is much faster.
fn remainder(left: f64, right: f64) -> f64 {
    const EXACT: f64 = 9_007_199_254_740_992.0;
    let is_small = |number: f64| number.abs() < EXACT && number as i64 as f64 == number;
    if right != 0.0 && is_small(left) && is_small(right) {
        ((left as i64 % right as i64) as f64).copysign(left)
    } else {
        left % right
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn integers_print_without_an_exponent() {
        assert_eq!(print(1e15), "1000000000000000");
        assert_eq!(print(-0.0), "0");
        assert_eq!(print(9_223_372_036_854_775_808.0), "9.223372036854776e+18");
        assert_eq!(print(f64::NAN), "NaN");
    }

    #[test]
    fn texts_of_other_bases_are_numbers() {
        assert_eq!(parse(b" 0x10\n"), Some(16.0));
        assert_eq!(parse(b"010"), Some(8.0));
        assert_eq!(parse(b"1e3"), Some(1000.0));
        assert_eq!(parse(b"x"), None);
    }
}

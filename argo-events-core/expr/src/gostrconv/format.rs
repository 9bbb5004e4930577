//! Writes floating-point numbers, with the fewest digits that read back or with a precision.

use super::digits::{ALL_DIGITS, Digits};
use std::{fmt::Write, iter::repeat_n};

/// How a number is laid out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FloatFormat {
    /// `-d.dddde±dd`.
    Exponent,
    /// `-ddd.dddd`.
    Fixed,
    /// The exponent form for large and small exponents, else the fixed one.
    General,
    /// `-0x1.ddddp±dd`.
    Hexadecimal,
    /// `-ddddp±dd`: the mantissa as a whole number and the exponent of two.
    Binary,
}

/// Formats a number; without a precision with the fewest digits that read back as the same number.
///
/// ```
/// use argo_events_expr::gostrconv::{FloatFormat, format_float};
/// assert_eq!(format_float(1234567.0, FloatFormat::General, None), "1.234567e+06");
/// assert_eq!(format_float(2.5, FloatFormat::Fixed, Some(0)), "2");
/// assert_eq!(format_float(f64::INFINITY, FloatFormat::Fixed, None), "+Inf");
/// ```
#[must_use]
pub fn format_float(value: f64, format: FloatFormat, precision: Option<usize>) -> String {
    if value.is_nan() {
        return "NaN".to_owned();
    }
    let mut out = String::new();
    if value.is_sign_negative() {
        out.push('-');
    }
    let size = value.abs();
    match (format, precision) {
        _ if size.is_infinite() => return if value > 0.0 { "+Inf" } else { "-Inf" }.to_owned(),
        (FloatFormat::Exponent, None) => {
            let digits = Digits::shortest(size);
            push_exponent(&mut out, &digits, digits.after_first());
        }
        (FloatFormat::Exponent, Some(places)) => {
            push_exponent(&mut out, &Digits::rounded(size, places), places);
        }
        (FloatFormat::Fixed, None) => {
            let digits = Digits::shortest(size);
            push_fixed(&mut out, &digits, digits.after_point());
        }
        (FloatFormat::Fixed, Some(places)) => {
            push_fixed(&mut out, &Digits::rounded_after_point(size, places), places);
        }
        (FloatFormat::General, _) => push_general(&mut out, size, precision),
        (FloatFormat::Hexadecimal, _) => push_hexadecimal(&mut out, size, precision),
        (FloatFormat::Binary, _) => push_binary(&mut out, size),
    }
    out
}

fn push_exponent(out: &mut String, digits: &Digits, places: usize) {
    out.push(digits.at(0));
    if places > 0 {
        out.push('.');
        push_places(out, digits, 1, places);
    }
    push_signed(out, 'e', digits.exponent());
}

/// Appends a number without exponent and with so many digits after the point.
pub(crate) fn push_fixed(out: &mut String, digits: &Digits, places: usize) {
    match digits.point() {
        ..=0 => out.push('0'),
        point => out.extend((0..point).map(|place| digits.at(place))),
    }
    if places > 0 {
        out.push('.');
        push_places(out, digits, digits.point(), places);
    }
}

/// Writes `count` digits from a place on, zeros beyond the last one.
fn push_places(out: &mut String, digits: &Digits, from: i32, count: usize) {
    let known = count.min(ALL_DIGITS);
    out.extend((from..).take(known).map(|place| digits.at(place)));
    out.extend(repeat_n('0', count - known));
}

fn push_general(out: &mut String, size: f64, precision: Option<usize>) {
    // For the choice of the form the shortest digits count as six.
    const SHORTEST_COUNTS_AS: i32 = 6;
    let (digits, limit) = match precision {
        None => (Digits::shortest(size), SHORTEST_COUNTS_AS),
        Some(precision) => {
            let wanted = precision.clamp(1, ALL_DIGITS);
            let digits = Digits::rounded(size, wanted - 1);
            let whole = digits.after_point() > 0 || digits.len() == digits.point();
            let limit = if whole {
                digits.len().min(wanted as i32)
            } else {
                wanted as i32
            };
            (digits, limit)
        }
    };
    if (-4..limit).contains(&(digits.point() - 1)) {
        push_fixed(out, &digits, digits.after_point());
    } else {
        push_exponent(out, &digits, digits.after_first());
    }
}

const FRACTION_BITS: u32 = 52;

/// Splits into a mantissa with its leading bit and the exponent of two of its last bit.
fn split(size: f64) -> (u64, i32) {
    let bits = size.to_bits();
    let biased = (bits >> FRACTION_BITS) as i32;
    let fraction = bits & ((1 << FRACTION_BITS) - 1);
    match biased {
        0 => (fraction, -1074),
        _ => (fraction | 1 << FRACTION_BITS, biased - 1075),
    }
}

fn push_hexadecimal(out: &mut String, size: f64, precision: Option<usize>) {
    const PLACES: usize = 13;
    let (mantissa, exponent) = split(size);
    // The leading bit moves to bit 60, so that sixteen hexadecimal digits start with a 1.
    let shift = mantissa.leading_zeros().saturating_sub(3);
    let mut mantissa = if mantissa == 0 { 0 } else { mantissa << shift };
    let mut exponent = if mantissa == 0 {
        0
    } else {
        exponent - shift as i32 + 60
    };
    if let Some(places) = precision.filter(|places| *places < PLACES + 2) {
        let lost = 60 - 4 * places as u32;
        let rest = mantissa & ((1 << lost) - 1);
        mantissa >>= lost;
        if rest << 1 > 1 << lost || rest << 1 == 1 << lost && mantissa & 1 == 1 {
            mantissa += 1;
        }
        mantissa <<= lost;
        if mantissa >> 61 != 0 {
            mantissa >>= 1;
            exponent += 1;
        }
    }
    let digits = format!("{:015x}", mantissa & ((1 << 60) - 1));
    let places = precision.unwrap_or(digits.trim_end_matches('0').len());
    let _ = write!(out, "0x{}", mantissa >> 60);
    if places > 0 {
        out.push('.');
        out.push_str(&digits[..places.min(digits.len())]);
        out.extend(repeat_n('0', places.saturating_sub(digits.len())));
    }
    push_signed(out, 'p', exponent);
}

fn push_binary(out: &mut String, size: f64) {
    let (mantissa, exponent) = split(size);
    let sign = if exponent < 0 { "" } else { "+" };
    write!(out, "{mantissa}p{sign}{exponent}").expect("a string takes any text");
}

/// Writes an exponent with its sign and two digits at least.
fn push_signed(out: &mut String, letter: char, exponent: i32) {
    let sign = if exponent < 0 { '-' } else { '+' };
    write!(out, "{letter}{sign}{:02}", exponent.abs()).expect("a string takes any text");
}

#[cfg(test)]
mod tests {
    use super::{FloatFormat::*, *};
    use proptest::prelude::*;

    #[test]
    fn shortest_digits_choose_their_form() {
        for (value, text) in [
            (0.0, "0"),
            (-0.0, "-0"),
            (100_000.0, "100000"),
            (1e6, "1e+06"),
            (0.0001, "0.0001"),
            (0.00001, "1e-05"),
            (5e-324, "5e-324"),
            (1e21, "1e+21"),
        ] {
            assert_eq!(format_float(value, General, None), text);
        }
    }

    #[test]
    fn precision_rounds_half_to_even() {
        for (value, format, precision, text) in [
            (0.5, Fixed, 0, "0"),
            (1.5, Fixed, 0, "2"),
            (0.125, Fixed, 2, "0.12"),
            (0.0, Exponent, 2, "0.00e+00"),
            (123456.0, General, 3, "1.23e+05"),
            (100.0, General, 10, "100"),
            (0.0, General, 3, "0"),
            (0.01, Fixed, 0, "0"),
            (9.96, Exponent, 1, "1.0e+01"),
            (1.0, Hexadecimal, 3, "0x1.000p+00"),
            (1.96875, Hexadecimal, 0, "0x1p+01"),
            (1.5, Hexadecimal, 20, "0x1.80000000000000000000p+00"),
        ] {
            assert_eq!(
                format_float(value, format, Some(precision)),
                text,
                "{value} {format:?}"
            );
        }
    }

    #[test]
    fn powers_of_two_show_the_bits() {
        assert_eq!(format_float(-1.5, Hexadecimal, None), "-0x1.8p+00");
        assert_eq!(format_float(5e-324, Hexadecimal, None), "0x1p-1074");
        assert_eq!(format_float(1.0, Binary, None), "4503599627370496p-52");
    }

    #[test]
    fn long_precisions_end_in_zeros() {
        let text = format_float(f64::MIN_POSITIVE, Fixed, Some(100_000));
        assert_eq!(text.len(), 100_002);
        assert!(text.ends_with('0'));
    }

    proptest! {
        #[test]
        fn shortest_digits_read_back(value in proptest::num::f64::ANY, pick in 0usize..4) {
            let format = [Exponent, Fixed, General, Hexadecimal][pick];
            let read = super::super::float_or_saturated(format_float(value, format, None));
            prop_assert!(read == value || value.is_nan());
        }
    }
}

//! Reads decimal and hexadecimal floating-point numbers.

use super::{
    Error,
    hexadecimal::from_hexadecimal,
    underscore::{underscores_fit, without_underscores},
};

/// Reads a number: decimal, hexadecimal with a `p` exponent, `inf`, `infinity` or `nan`, with
/// underscores between digits.
///
/// ```
/// use argo_events_expr::gostrconv::parse_float;
/// assert_eq!(parse_float("0x1.8p1"), Ok(3.0));
/// assert_eq!(parse_float("1_000.5"), Ok(1000.5));
/// assert!(parse_float("1e400").is_err());
/// ```
///
/// # Errors
/// When the text is no number, or its value is beyond the largest one.
pub fn parse_float(text: impl AsRef<[u8]>) -> Result<f64, Error> {
    let text = text.as_ref();
    match read(text) {
        Some((value, false)) => Ok(value),
        Some((_, true)) => Err(Error::range("ParseFloat", text)),
        None => Err(Error::syntax("ParseFloat", text)),
    }
}

/// Reads a number as [`parse_float`], but gives what Go returns beside an error: 0, or an infinity
/// for what is too large.
#[must_use]
pub fn float_or_saturated(text: impl AsRef<[u8]>) -> f64 {
    read(text.as_ref()).map_or(0.0, |(value, _)| value)
}

/// Reads a number and whether it is too large, or nothing if the text is none.
fn read(text: &[u8]) -> Option<(f64, bool)> {
    if let Some(special) = special(text) {
        return Some((special, false));
    }
    let shape = Shape::of(text)?;
    let digits = if shape.underscores {
        &without_underscores(text)
    } else {
        text
    };
    let value = if shape.hexadecimal {
        from_hexadecimal(digits)
    } else {
        std::str::from_utf8(digits).ok()?.parse().ok()?
    };
    Some((value, value.is_infinite()))
}

fn special(text: &[u8]) -> Option<f64> {
    if text.eq_ignore_ascii_case(b"nan") {
        return Some(f64::NAN);
    }
    let (sign, word) = match text {
        [b'-', word @ ..] => (-1.0, word),
        [b'+', word @ ..] => (1.0, word),
        word => (1.0, word),
    };
    let infinite = word.eq_ignore_ascii_case(b"inf") || word.eq_ignore_ascii_case(b"infinity");
    infinite.then_some(sign * f64::INFINITY)
}

/// What kind of number a well-formed text is.
struct Shape {
    hexadecimal: bool,
    underscores: bool,
}

impl Shape {
    /// Checks the spelling from the sign to the last digit of the exponent.
    fn of(text: &[u8]) -> Option<Self> {
        let unsigned = text
            .strip_prefix(b"-")
            .or(text.strip_prefix(b"+"))
            .unwrap_or(text);
        let (rest, hexadecimal) = match unsigned {
            [b'0', b'x' | b'X', rest @ ..] => (rest, true),
            rest => (rest, false),
        };
        let mantissa = rest
            .iter()
            .take_while(|byte| is_mantissa(**byte, hexadecimal))
            .count();
        let (mantissa, exponent) = rest.split_at(mantissa);
        let points = mantissa.iter().filter(|byte| **byte == b'.').count();
        if points > 1 || !mantissa.iter().any(u8::is_ascii_hexdigit) {
            return None;
        }
        let exponent_fits = match exponent {
            [] => !hexadecimal,
            [b'e' | b'E', digits @ ..] => !hexadecimal && is_exponent(digits),
            [b'p' | b'P', digits @ ..] => hexadecimal && is_exponent(digits),
            _ => false,
        };
        let underscores = text.contains(&b'_');
        (exponent_fits && (!underscores || underscores_fit(text))).then_some(Self {
            hexadecimal,
            underscores,
        })
    }
}

fn is_mantissa(byte: u8, hexadecimal: bool) -> bool {
    matches!(byte, b'0'..=b'9' | b'_' | b'.') || hexadecimal && byte.is_ascii_hexdigit()
}

fn is_exponent(text: &[u8]) -> bool {
    let digits = text
        .strip_prefix(b"-")
        .or(text.strip_prefix(b"+"))
        .unwrap_or(text);
    digits.first().is_some_and(u8::is_ascii_digit)
        && digits
            .iter()
            .all(|byte| byte.is_ascii_digit() || *byte == b'_')
}

#[cfg(test)]
mod tests {
    use super::{super::ErrorKind, *};
    use proptest::prelude::*;

    #[test]
    fn spellings_of_go_are_read() {
        for (text, value) in [
            ("1.e5", 1e5),
            (".5", 0.5),
            ("+1E-3", 1e-3),
            ("1e1_0", 1e10),
            ("0x_1p4", 16.0),
            ("0X.8P0", 0.5),
            ("-infinity", f64::NEG_INFINITY),
            ("1e-400", 0.0),
        ] {
            assert_eq!(parse_float(text), Ok(value), "{text}");
        }
    }

    #[test]
    fn other_spellings_are_refused() {
        for text in [
            "", "+", ".", "e5", "1e", "1e_5", "1_e5", "0x1", "0x1e3", "0x.p1", "+nan", "1 ",
        ] {
            let kind = parse_float(text).map_err(|error| error.kind());
            assert_eq!(kind, Err(ErrorKind::Syntax), "{text}");
        }
    }

    #[test]
    fn what_is_too_large_is_infinite_beside_the_error() {
        for text in [
            "-1e400",
            "-0x1p99999999999999999999",
            "-1e99999999999999999999",
        ] {
            assert_eq!(
                parse_float(text).map_err(|error| error.kind()),
                Err(ErrorKind::Range)
            );
            assert_eq!(float_or_saturated(text), f64::NEG_INFINITY);
        }
    }

    proptest! {
        #[test]
        fn shortest_digits_come_back(value in proptest::num::f64::NORMAL | proptest::num::f64::SUBNORMAL) {
            prop_assert_eq!(parse_float(value.to_string()), Ok(value));
        }

        #[test]
        fn any_text_is_read_or_refused(text in "[-+0-9a-fxp_.eE]{0,12}") {
            let value = float_or_saturated(&text);
            prop_assert!(parse_float(&text).is_err() || !value.is_nan());
        }
    }
}

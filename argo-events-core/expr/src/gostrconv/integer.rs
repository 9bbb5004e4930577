//! Reads whole numbers in any base.

use super::{Error, ErrorKind, underscore::underscores_fit};

/// Reads a signed whole number in a base from 2 to 36, or by its prefix if the base is 0.
///
/// Base 0 knows `0x`, `0b`, `0o`, a leading `0` for octal, and underscores between digits.
///
/// ```
/// use argo_events_expr::gostrconv::parse_int;
/// assert_eq!(parse_int("-0x1F", 0), Ok(-31));
/// assert_eq!(parse_int("010", 0), Ok(8));
/// assert_eq!(parse_int("08", 10), Ok(8));
/// ```
///
/// # Errors
/// When the text is no such number, does not fit 64 bits, or the base is none.
pub fn parse_int(text: impl AsRef<[u8]>, base: u32) -> Result<i64, Error> {
    let text = text.as_ref();
    match signed(text, base) {
        (value, None) => Ok(value),
        (_, Some(error)) => Err(error),
    }
}

/// Reads a signed whole number as [`parse_int`], but gives what Go returns beside an error: 0, or
/// the nearest number that fits.
#[must_use]
pub fn integer_or_saturated(text: impl AsRef<[u8]>, base: u32) -> i64 {
    signed(text.as_ref(), base).0
}

/// Reads a whole number without sign, by the rules of [`parse_int`].
///
/// # Errors
/// When the text is no such number, does not fit 64 bits, or the base is none.
pub fn parse_uint(text: impl AsRef<[u8]>, base: u32) -> Result<u64, Error> {
    let text = text.as_ref();
    magnitude(text, base).map_err(|kind| error("ParseUint", text, base, kind))
}

fn signed(text: &[u8], base: u32) -> (i64, Option<Error>) {
    let failed = |kind| Some(error("ParseInt", text, base, kind));
    let (negative, digits) = match text {
        [b'-', digits @ ..] => (true, digits),
        [b'+', digits @ ..] => (false, digits),
        digits => (false, digits),
    };
    let bound = if negative { i64::MIN } else { i64::MAX };
    match magnitude(digits, base) {
        Ok(size) if size > bound.unsigned_abs() => (bound, failed(ErrorKind::Range)),
        Ok(size) if negative => (0i64.wrapping_sub_unsigned(size), None),
        Ok(size) => (size.cast_signed(), None),
        Err(ErrorKind::Range) => (bound, failed(ErrorKind::Range)),
        Err(kind) => (0, failed(kind)),
    }
}

fn error(function: &'static str, text: &[u8], base: u32, kind: ErrorKind) -> Error {
    match kind {
        ErrorKind::Range => Error::range(function, text),
        ErrorKind::Base if !text.is_empty() => Error::base(function, text, base),
        ErrorKind::Base | ErrorKind::Syntax => Error::syntax(function, text),
    }
}

fn magnitude(text: &[u8], base: u32) -> Result<u64, ErrorKind> {
    if text.is_empty() {
        return Err(ErrorKind::Syntax);
    }
    let (digits, radix) = match base {
        0 => split_prefix(text),
        2..=36 => (text, base),
        _ => return Err(ErrorKind::Base),
    };
    if digits.is_empty() && radix != 8 {
        return Err(ErrorKind::Syntax);
    }
    let mut value = 0u64;
    for &byte in digits {
        if byte == b'_' && base == 0 {
            continue;
        }
        let digit = char::from(byte).to_digit(radix).ok_or(ErrorKind::Syntax)?;
        value = value
            .checked_mul(radix.into())
            .and_then(|value| value.checked_add(digit.into()))
            .ok_or(ErrorKind::Range)?;
    }
    if base == 0 && digits.contains(&b'_') && !underscores_fit(text) {
        return Err(ErrorKind::Syntax);
    }
    Ok(value)
}

/// Takes the base prefix off; a lone `0` is an octal number without further digits.
fn split_prefix(text: &[u8]) -> (&[u8], u32) {
    match text {
        [b'0', b'x' | b'X', digits @ ..] if !digits.is_empty() => (digits, 16),
        [b'0', b'b' | b'B', digits @ ..] if !digits.is_empty() => (digits, 2),
        [b'0', b'o' | b'O', digits @ ..] if !digits.is_empty() => (digits, 8),
        [b'0', digits @ ..] => (digits, 8),
        _ => (text, 10),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn prefixes_choose_the_base() {
        for (text, value) in [
            ("0", 0),
            ("0b11", 3),
            ("0O17", 15),
            ("0x_ff", 255),
            ("1_000", 1000),
        ] {
            assert_eq!(parse_int(text, 0), Ok(value), "{text}");
        }
        for text in ["", "-", "0x", "_1", "1__0", "1_", "08", "1e3"] {
            assert_eq!(
                parse_int(text, 0).map_err(|error| error.kind()),
                Err(ErrorKind::Syntax)
            );
        }
    }

    #[test]
    fn what_does_not_fit_saturates_beside_the_error() {
        assert_eq!(parse_int("-9223372036854775808", 10), Ok(i64::MIN));
        assert_eq!(integer_or_saturated("-9223372036854775809", 10), i64::MIN);
        assert_eq!(integer_or_saturated("99999999999999999999", 0), i64::MAX);
        assert_eq!(
            parse_int("9223372036854775808", 0).map_err(|error| error.to_string()),
            Err(r#"strconv.ParseInt: parsing "9223372036854775808": value out of range"#.into()),
        );
    }

    proptest! {
        #[test]
        fn numbers_come_back(value: i64) {
            prop_assert_eq!(parse_int(value.to_string(), 0), Ok(value));
        }

        #[test]
        fn any_text_is_read_or_refused(text: Vec<u8>, base in 0u32..40) {
            let read = parse_int(&text, base);
            prop_assert!(read.is_err() || read == Ok(integer_or_saturated(&text, base)));
        }
    }
}

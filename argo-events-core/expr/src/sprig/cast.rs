//! Makes numbers of any values, leniently, as the package `cast` does.
//!
//! What cannot be a number is 0. Texts are read with the prefixes `0x`, `0o` and `0b`, and a
//! leading `0` makes them octal; a fraction of zeros and other digits is cut off.

use crate::{
    gostrconv,
    govalue::{Type, Value},
};

/// Makes an `int` or `int64` of a value.
///
/// ```
/// use argo_events_expr::{govalue::Value, sprig::to_integer};
/// assert_eq!(to_integer(&Value::from("5.9")), 5);
/// assert_eq!(to_integer(&Value::from("010")), 8);
/// assert_eq!(to_integer(&Value::from("1e3")), 0);
/// ```
#[must_use]
pub fn to_integer(value: &Value) -> i64 {
    match value {
        Value::Bool(truth) => i64::from(*truth),
        Value::Float(number) => truncated(*number),
        Value::String(text) => gostrconv::parse_int(without_fraction(text), 0).unwrap_or(0),
        Value::Object(object) => object.underlying().map_or(0, |value| to_integer(&value)),
        // A `uint64` above the range wraps around.
        _ => value.as_integer().map_or(0, |number| number as i64),
    }
}

/// Makes a `float64` of a value.
#[must_use]
pub fn to_float(value: &Value) -> f64 {
    match value {
        Value::Bool(truth) => f64::from(u8::from(*truth)),
        Value::Float(number) => *number,
        Value::String(text) => gostrconv::parse_float(text).unwrap_or(0.0),
        Value::Object(object) => object.underlying().map_or(0.0, |value| to_float(&value)),
        _ => value.as_integer().map_or(0.0, |number| number as f64),
    }
}

/// Cuts the fraction off; what is out of range becomes the smallest number, as on amd64.
pub(super) fn truncated(number: f64) -> i64 {
    let range = -9_223_372_036_854_775_808.0..9_223_372_036_854_775_808.0;
    if range.contains(&number) {
        number as i64
    } else {
        i64::MIN
    }
}

/// Tells whether a list holds bytes.
pub(super) fn is_bytes(element: Type) -> bool {
    element == Type::Uint8
}

/// Cuts a fraction off a decimal number; leaves any other text as it is.
fn without_fraction(text: &[u8]) -> &[u8] {
    let Some(point) = text.iter().position(|byte| *byte == b'.') else {
        return text;
    };
    let (whole, fraction) = (&text[..point], &text[point + 1..]);
    let digits = whole
        .strip_prefix(b"-")
        .or(whole.strip_prefix(b"+"))
        .unwrap_or(whole);
    let is_digits = |text: &[u8]| text.iter().all(u8::is_ascii_digit);
    match whole {
        _ if !is_digits(digits) || !is_digits(fraction) => text,
        [] | [b'-' | b'+'] => b"0",
        _ => whole,
    }
}

//! Says what a word without quotes means, as Kubernetes' reader of YAML does.
//!
//! That is YAML 1.1 with its many spellings of truth, octal numbers with a leading zero and
//! underscores in numbers, but without numbers to the base of 60; and what looks like a date is a
//! text. Whole floating-point numbers become integers, as they do on the way to JSON there.

use serde_json::{Number, Value};

/// A number that JSON has no place for, such as `.inf`.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct NoJson;

/// Returns the value of a word.
pub(super) fn plain(word: &str) -> Result<Value, NoJson> {
    if let Some(value) = constant(word) {
        return Ok(value);
    }
    if !word.starts_with(|first: char| first.is_ascii_digit() || "+-.".contains(first)) {
        return Ok(Value::from(word));
    }
    if is_infinite(word) || matches!(word, ".nan" | ".NaN" | ".NAN") {
        return Err(NoJson);
    }
    let digits = word.replace('_', "");
    match integer(&digits).or_else(|| float(&digits)) {
        Some(number) => Ok(Value::Number(number)),
        None => Ok(Value::from(word)),
    }
}

fn constant(word: &str) -> Option<Value> {
    match word {
        "" | "~" | "null" | "Null" | "NULL" => Some(Value::Null),
        "y" | "Y" | "yes" | "Yes" | "YES" | "on" | "On" | "ON" | "true" | "True" | "TRUE" => {
            Some(Value::Bool(true))
        }
        "n" | "N" | "no" | "No" | "NO" | "off" | "Off" | "OFF" | "false" | "False" | "FALSE" => {
            Some(Value::Bool(false))
        }
        _ => None,
    }
}

fn is_infinite(word: &str) -> bool {
    let unsigned = word.strip_prefix(['+', '-']).unwrap_or(word);
    matches!(unsigned, ".inf" | ".Inf" | ".INF")
}

fn integer(digits: &str) -> Option<Number> {
    let (negative, unsigned) = match digits.as_bytes().first()? {
        b'-' => (true, &digits[1..]),
        b'+' => (false, &digits[1..]),
        _ => (false, digits),
    };
    let lower = unsigned.to_ascii_lowercase();
    let (radix, rest) = match lower.get(..2) {
        Some("0x") => (16, &lower[2..]),
        Some("0o") => (8, &lower[2..]),
        Some("0b") => (2, &lower[2..]),
        _ if lower.len() > 1 && lower.starts_with('0') => (8, &lower[1..]),
        _ => (10, &lower[..]),
    };
    if !rest.bytes().all(|digit| digit.is_ascii_alphanumeric()) {
        return None;
    }
    let size = u64::from_str_radix(rest, radix).ok()?;
    if !negative {
        return Some(size.into());
    }
    i64::try_from(-i128::from(size)).ok().map(Number::from)
}

fn float(digits: &str) -> Option<Number> {
    let unsigned = digits.strip_prefix(['+', '-']).unwrap_or(digits);
    let shaped = unsigned
        .bytes()
        .all(|b| b.is_ascii_digit() || b"+-.eE".contains(&b));
    let value: f64 = digits.parse().ok().filter(|_| shaped)?;
    Some(whole(value).unwrap_or(Number::from_f64(value)?))
}

/// Returns the integer that a number is, if it is one of 64 bits.
#[expect(
    clippy::cast_possible_truncation,
    reason = "the range and the fraction are checked"
)]
fn whole(value: f64) -> Option<Number> {
    const EDGE: f64 = 9_223_372_036_854_775_808.0;
    (value.fract() == 0.0 && (-EDGE..EDGE).contains(&value)).then(|| (value as i64).into())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn words_mean_what_they_mean_to_kubernetes() {
        for (word, wanted) in [
            ("", json!(null)),
            ("~", json!(null)),
            ("yes", json!(true)),
            ("y", json!(true)),
            ("Off", json!(false)),
            ("yEs", json!("yEs")),
            ("12", json!(12)),
            ("+12", json!(12)),
            ("012", json!(10)),
            ("0o12", json!(10)),
            ("08", json!(8)),
            ("0x1F", json!(31)),
            ("-0b101", json!(-5)),
            ("1_000", json!(1000)),
            ("3.0", json!(3)),
            ("1.5e3", json!(1500)),
            (".5", json!(0.5)),
            ("1.", json!(1)),
            ("18446744073709551615", json!(u64::MAX)),
            ("12:30:45", json!("12:30:45")),
            ("2001-01-01", json!("2001-01-01")),
            ("1.2.3", json!("1.2.3")),
            ("12abc", json!("12abc")),
            ("-", json!("-")),
            ("0x", json!("0x")),
        ] {
            assert_eq!(plain(word), Ok(wanted), "{word}");
        }
    }

    #[test]
    fn what_json_has_no_place_for_is_refused() {
        for word in [".inf", "-.INF", ".nan"] {
            assert_eq!(plain(word), Err(NoJson), "{word}");
        }
    }
}

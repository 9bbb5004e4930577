//! Reads and writes durations as Go's `time.ParseDuration` and `Duration.String` do: `1h30m`.
//!
//! A duration is a signed count of nanoseconds, at most about 292 years either way.
//! It knows no days and no weeks, and no rounding: digits below a nanosecond are dropped.
//! Schedules that use such durations are in [`crate::cron`].

mod quote;

use quote::quoted;
use std::{error, fmt};

/// Nanoseconds in a microsecond.
pub const MICROSECOND: i64 = 1_000;
/// Nanoseconds in a millisecond.
pub const MILLISECOND: i64 = 1_000_000;
/// Nanoseconds in a second.
pub const SECOND: i64 = 1_000_000_000;
/// Nanoseconds in a minute.
pub const MINUTE: i64 = 60 * SECOND;
/// Nanoseconds in an hour.
pub const HOUR: i64 = 60 * MINUTE;

/// The magnitude of the smallest duration, which is one more than that of the largest.
const LIMIT: u64 = 1 << 63;

/// Says why a text is not a duration, in Go's words.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Error {
    /// The text has no number where one is needed, or is out of range.
    Invalid {
        /// The whole text.
        text: String,
    },
    /// A number is not followed by a unit.
    MissingUnit {
        /// The whole text.
        text: String,
    },
    /// A number is followed by something that is no unit.
    UnknownUnit {
        /// What stands in the unit's place.
        unit: String,
        /// The whole text.
        text: String,
    },
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Invalid { text } => write!(f, "time: invalid duration {}", quoted(text)),
            Self::MissingUnit { text } => {
                write!(f, "time: missing unit in duration {}", quoted(text))
            }
            Self::UnknownUnit { unit, text } => {
                write!(
                    f,
                    "time: unknown unit {} in duration {}",
                    quoted(unit),
                    quoted(text)
                )
            }
        }
    }
}

impl error::Error for Error {}

/// Reads a duration such as `1h15m30.5s` or `-2ms` and returns its nanoseconds.
///
/// Units are `ns`, `us` (or `µs`), `ms`, `s`, `m` and `h`, in any order and repeated at will;
/// only a zero may stand without one.
///
/// # Errors
/// When the text is malformed or does not fit into 64 bits.
///
/// ```
/// use argo_events_expr::duration;
///
/// assert_eq!(duration::parse("1.5s"), Ok(1_500_000_000));
/// let error = duration::parse("3 days").unwrap_err();
/// assert_eq!(error.to_string(), r#"time: unknown unit " days" in duration "3 days""#);
/// ```
pub fn parse(text: &str) -> Result<i64, Error> {
    let invalid = || Error::Invalid {
        text: text.to_owned(),
    };
    let (negative, mut rest) = match text.as_bytes().first() {
        Some(b'-') => (true, &text[1..]),
        Some(b'+') => (false, &text[1..]),
        _ => (false, text),
    };
    if rest == "0" {
        return Ok(0);
    }
    if rest.is_empty() {
        return Err(invalid());
    }
    let mut total: u64 = 0;
    while !rest.is_empty() {
        let (amount, after) = parse_part(rest, text)?;
        total = total
            .checked_add(amount)
            .filter(|sum| *sum <= LIMIT)
            .ok_or_else(invalid)?;
        rest = after;
    }
    if negative {
        // Wrapping, because the limit itself is the magnitude of the smallest duration.
        return Ok((total as i64).wrapping_neg());
    }
    i64::try_from(total).map_err(|_| invalid())
}

/// Reads one number with its unit; returns the nanoseconds and what follows.
fn parse_part<'a>(part: &'a str, text: &str) -> Result<(u64, &'a str), Error> {
    let invalid = || Error::Invalid {
        text: text.to_owned(),
    };
    let (whole, after_whole) = split_digits(part);
    let (fraction, after_number) = match after_whole.strip_prefix('.') {
        Some(after_point) => split_digits(after_point),
        None => ("", after_whole),
    };
    if whole.is_empty() && fraction.is_empty() {
        return Err(invalid());
    }
    let whole = whole_value(whole).ok_or_else(invalid)?;
    let end = after_number
        .find(|c: char| c == '.' || c.is_ascii_digit())
        .unwrap_or(after_number.len());
    let (unit, rest) = after_number.split_at(end);
    if unit.is_empty() {
        return Err(Error::MissingUnit {
            text: text.to_owned(),
        });
    }
    let Some(unit) = nanoseconds(unit) else {
        return Err(Error::UnknownUnit {
            unit: unit.to_owned(),
            text: text.to_owned(),
        });
    };
    let amount = whole
        .checked_mul(unit)
        .filter(|amount| *amount <= LIMIT)
        .ok_or_else(invalid)?;
    let amount = amount + fraction_value(fraction, unit);
    if amount > LIMIT {
        return Err(invalid());
    }
    Ok((amount, rest))
}

fn split_digits(text: &str) -> (&str, &str) {
    text.split_at(text.bytes().take_while(u8::is_ascii_digit).count())
}

/// Reads digits as a number no larger than the limit.
fn whole_value(digits: &str) -> Option<u64> {
    digits.bytes().try_fold(0_u64, |value, digit| {
        value
            .checked_mul(10)?
            .checked_add(u64::from(digit - b'0'))
            .filter(|value| *value <= LIMIT)
    })
}

/// Returns the nanoseconds of the digits after the point, with the rounding of Go's own sum.
fn fraction_value(digits: &str, unit: u64) -> u64 {
    let (mut value, mut scale) = (0_u64, 1_f64);
    for digit in digits.bytes() {
        if value > (LIMIT - 1) / 10 {
            break;
        }
        let longer = value * 10 + u64::from(digit - b'0');
        if longer > LIMIT {
            break;
        }
        value = longer;
        scale *= 10.0;
    }
    (value as f64 * (unit as f64 / scale)) as u64
}

fn nanoseconds(unit: &str) -> Option<u64> {
    let length = match unit {
        "ns" => 1,
        "us" | "µs" | "μs" => MICROSECOND,
        "ms" => MILLISECOND,
        "s" => SECOND,
        "m" => MINUTE,
        "h" => HOUR,
        _ => return None,
    };
    Some(length.unsigned_abs())
}

/// Writes nanoseconds in Go's shortest form: `1h0m0s`, `1.5ms`, `0s`.
///
/// ```
/// assert_eq!(argo_events_expr::duration::format(90_000_000_000), "1m30s");
/// ```
#[must_use]
pub fn format(nanoseconds: i64) -> String {
    let sign = if nanoseconds < 0 { "-" } else { "" };
    let magnitude = nanoseconds.unsigned_abs();
    let [microsecond, millisecond, second, minute] =
        [MICROSECOND, MILLISECOND, SECOND, MINUTE].map(i64::unsigned_abs);
    if magnitude == 0 {
        return "0s".to_owned();
    }
    if magnitude < microsecond {
        return format!("{sign}{magnitude}ns");
    }
    if magnitude < millisecond {
        return format!("{sign}{}µs", decimal(magnitude, microsecond));
    }
    if magnitude < second {
        return format!("{sign}{}ms", decimal(magnitude, millisecond));
    }
    let (minutes, seconds) = (magnitude / minute, decimal(magnitude % minute, second));
    match (minutes / 60, minutes % 60) {
        (0, 0) => format!("{sign}{seconds}s"),
        (0, minutes) => format!("{sign}{minutes}m{seconds}s"),
        (hours, minutes) => format!("{sign}{hours}h{minutes}m{seconds}s"),
    }
}

/// Writes `value / unit` with as many digits after the point as it has.
fn decimal(value: u64, unit: u64) -> String {
    let digits = unit.ilog10() as usize;
    let text = format!("{}.{:0digits$}", value / unit, value % unit);
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn units_are_summed_in_any_order() {
        assert_eq!(
            parse("1m1h.5s5.s1ns"),
            Ok(HOUR + MINUTE + SECOND / 2 + 5 * SECOND + 1)
        );
    }

    #[test]
    fn only_the_smallest_duration_uses_the_whole_range() {
        assert_eq!(parse("-9223372036854775808ns"), Ok(i64::MIN));
        assert_eq!(
            parse("9223372036854775808ns").unwrap_err().to_string(),
            "time: invalid duration \"9223372036854775808ns\""
        );
        assert!(parse("-9223372036854775807.9ns1ns").is_ok());
        assert!(parse("-9223372036854775808ns1ns").is_err());
    }

    #[test]
    fn digits_below_a_nanosecond_are_dropped() {
        assert_eq!(parse("1.9999999999ns"), Ok(1));
        assert_eq!(parse("0.3333333333333333333h"), Ok(20 * MINUTE));
    }

    #[test]
    fn errors_name_the_part_that_is_wrong() {
        let cases = [
            ("", "time: invalid duration \"\""),
            (".s", "time: invalid duration \".s\""),
            ("3", "time: missing unit in duration \"3\""),
            ("1d", "time: unknown unit \"d\" in duration \"1d\""),
            (
                "1\"\\",
                "time: unknown unit \"\\\"\\\\\" in duration \"1\\\"\\\\\"",
            ),
            (
                "1é",
                "time: unknown unit \"\\xc3\\xa9\" in duration \"1\\xc3\\xa9\"",
            ),
        ];
        for (text, message) in cases {
            assert_eq!(parse(text).unwrap_err().to_string(), message);
        }
    }

    proptest! {
        #[test]
        fn what_is_written_reads_back(nanoseconds in any::<i64>()) {
            prop_assert_eq!(parse(&format(nanoseconds)), Ok(nanoseconds));
        }

        #[test]
        fn no_text_panics(text in "[-+.0-9nuµmsh ]{0,40}|\\PC{0,20}") {
            let _ = parse(&text);
        }
    }
}

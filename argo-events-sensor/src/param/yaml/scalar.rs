//! Words of YAML 1.1 and what they mean.

use argo_events_expr::{
    gojson::{encode_f64_into, encode_string_into},
    gostrconv::{FloatFormat, format_float, parse_float},
};
use base64::{Engine as _, prelude::BASE64_STANDARD};
use granit_parser::ScalarStyle;

/// A value that holds no others.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Scalar {
    Null,
    Bool(bool),
    /// An integer of 64 bits, with a sign or beyond those that have one.
    Integer(i128),
    Float(f64),
    Text(Vec<u8>),
    /// The name under which other objects are merged.
    Merge,
}

impl Scalar {
    /// Reads a scalar; `tag` is the name of a tag of YAML itself.
    pub(super) fn read(
        text: &str,
        style: ScalarStyle,
        tag: Option<String>,
    ) -> Result<Self, String> {
        match tag.as_deref() {
            Some("binary") => {
                let compact: String = text.chars().filter(|c| !c.is_ascii_whitespace()).collect();
                let bytes = BASE64_STANDARD
                    .decode(compact)
                    .map_err(|error| format!("!!binary: {error}"))?;
                Ok(Self::Text(bytes))
            }
            Some("int" | "float" | "bool" | "null") => Ok(Self::plain(text)),
            None if style == ScalarStyle::Plain => Ok(Self::plain(text)),
            _ => Ok(Self::Text(text.as_bytes().to_vec())),
        }
    }

    fn plain(text: &str) -> Self {
        match text {
            "" | "~" | "null" | "Null" | "NULL" => Self::Null,
            "y" | "Y" | "yes" | "Yes" | "YES" | "true" | "True" | "TRUE" | "on" | "On" | "ON" => {
                Self::Bool(true)
            }
            "n" | "N" | "no" | "No" | "NO" | "false" | "False" | "FALSE" | "off" | "Off"
            | "OFF" => Self::Bool(false),
            ".nan" | ".NaN" | ".NAN" => Self::Float(f64::NAN),
            ".inf" | ".Inf" | ".INF" | "+.inf" | "+.Inf" | "+.INF" => Self::Float(f64::INFINITY),
            "-.inf" | "-.Inf" | "-.INF" => Self::Float(f64::NEG_INFINITY),
            "<<" => Self::Merge,
            text => number(text).unwrap_or_else(|| Self::Text(text.as_bytes().to_vec())),
        }
    }

    /// Writes the value as JSON.
    pub(super) fn write(&self, out: &mut Vec<u8>) -> Result<(), String> {
        match self {
            Self::Null => out.extend_from_slice(b"null"),
            Self::Bool(value) => out.extend_from_slice(if *value { b"true" } else { b"false" }),
            Self::Integer(value) => out.extend_from_slice(value.to_string().as_bytes()),
            Self::Float(value) => {
                encode_f64_into(out, *value).map_err(|error| error.to_string())?
            }
            Self::Text(text) => encode_string_into(out, text),
            Self::Merge => out.extend_from_slice(b"\"\\u003c\\u003c\""),
        }
        Ok(())
    }

    /// Returns the value as a name.
    pub(super) fn name(&self) -> Result<String, String> {
        match self {
            Self::Bool(value) => Ok(value.to_string()),
            Self::Integer(value) if i64::try_from(*value).is_ok() => Ok(value.to_string()),
            Self::Float(value) if value.is_nan() => Ok(".nan".to_owned()),
            Self::Float(value) if value.is_infinite() => {
                Ok(if *value > 0.0 { ".inf" } else { "-.inf" }.to_owned())
            }
            Self::Float(value) => Ok(short(*value)),
            Self::Text(text) => Ok(String::from_utf8_lossy(text).into_owned()),
            Self::Null | Self::Integer(_) | Self::Merge => {
                Err("a name is null or too large".to_owned())
            }
        }
    }
}

/// Writes a number as a name: as few digits as tell numbers of 32 bits apart.
#[expect(
    clippy::cast_possible_truncation,
    reason = "the reference writes names with 32 bits"
)]
fn short(value: f64) -> String {
    let digits = (value as f32).to_string();
    format_float(digits.parse().unwrap_or(value), FloatFormat::General, None)
}

fn number(text: &str) -> Option<Scalar> {
    let first = *text.as_bytes().first()?;
    if first == b'.' {
        return parse_float(text).ok().map(Scalar::Float);
    }
    if !(first.is_ascii_digit() || matches!(first, b'+' | b'-')) {
        return None;
    }
    let plain: String = text.chars().filter(|character| *character != '_').collect();
    integer(&plain).or_else(|| float(&plain))
}

/// Reads an integer of 64 bits: decimal, or octal, hexadecimal or binary by its first digits.
fn integer(text: &str) -> Option<Scalar> {
    let (is_negative, digits) = match text.strip_prefix(['+', '-']) {
        Some(digits) => (text.starts_with('-'), digits),
        None => (false, text),
    };
    let lower = digits.to_ascii_lowercase();
    let (radix, digits) = match lower.get(..2) {
        Some("0x") => (16, &lower[2..]),
        Some("0o") => (8, &lower[2..]),
        Some("0b") => (2, &lower[2..]),
        _ if lower.len() > 1 && lower.starts_with('0') => (8, &lower[1..]),
        _ => (10, lower.as_str()),
    };
    if !digits.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
        return None;
    }
    let size = i128::from(u64::from_str_radix(digits, radix).ok()?);
    let value = if is_negative { -size } else { size };
    // A plus is no part of an integer without a sign.
    let fits = i64::try_from(value).is_ok() || (!is_negative && !text.starts_with('+'));
    fits.then_some(Scalar::Integer(value))
}

fn float(text: &str) -> Option<Scalar> {
    let unsigned = text.strip_prefix(['+', '-']).unwrap_or(text);
    let (mantissa, exponent) = match unsigned.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, Some(exponent)),
        None => (unsigned, None),
    };
    let is_digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let has_form = match mantissa.split_once('.') {
        Some((whole, fraction)) => {
            (is_digits(whole) && (fraction.is_empty() || is_digits(fraction)))
                || (whole.is_empty() && is_digits(fraction))
        }
        None => is_digits(mantissa),
    };
    let exponent_fits = exponent
        .is_none_or(|exponent| is_digits(exponent.strip_prefix(['+', '-']).unwrap_or(exponent)));
    if has_form && exponent_fits {
        parse_float(text).ok().map(Scalar::Float)
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(text: &str) -> String {
        let mut out = Vec::new();
        Scalar::plain(text).write(&mut out).unwrap();
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn words_mean_what_yaml_1_1_says() {
        for (text, json) in [
            ("yes", "true"),
            ("Off", "false"),
            ("~", "null"),
            ("012", "10"),
            ("08", "8"),
            ("0x1F", "31"),
            ("0b11", "3"),
            ("1_000", "1000"),
            ("1.50", "1.5"),
            ("1e3", "1000"),
            (".5", "0.5"),
            ("12345678901234567890", "12345678901234567890"),
            ("2001-01-01", "\"2001-01-01\""),
            ("1:30", "\"1:30\""),
            ("-", "\"-\""),
            ("yEs", "\"yEs\""),
        ] {
            assert_eq!(written(text), json, "{text}");
        }
    }

    #[test]
    fn numbers_without_end_are_no_json() {
        assert!(Scalar::plain(".inf").write(&mut Vec::new()).is_err());
    }
}

//! Texts, numbers and truth values.

use super::words::{expected, found, found_scalar};
use crate::manifest::yaml::{Content, Node};
use argo_events_core::{FieldPath, Problem};
use argo_events_expr::duration;
use serde_json::Value;

/// Takes a scalar as the type that a schema wants; `written` is how it stands in the manifest.
pub(super) fn taken(
    wanted: &str,
    value: &Value,
    schema: &Value,
    written: &str,
) -> Result<Value, Problem> {
    let fits = match wanted {
        "string" => value.is_string(),
        "boolean" => value.is_boolean(),
        "number" => value.is_number(),
        "integer" => value.is_i64() || value.is_u64(),
        _ => false,
    };
    if fits {
        return in_range(value, schema);
    }
    let message = format!(
        "expected {}, found {}",
        expected(schema),
        found_scalar(value)
    );
    let problem = Problem::error(FieldPath::root(), message);
    Err(match (wanted, value) {
        ("string", Value::Number(_)) => problem.help(format!("write it in quotes: \"{written}\"")),
        ("string", Value::Bool(_)) => problem.help(format!(
            "without quotes `{written}` is a truth value; write \"{written}\""
        )),
        ("boolean" | "integer" | "number", Value::String(text)) if is_bare(wanted, text) => {
            problem.help(format!("write it without quotes: {text}"))
        }
        _ => problem,
    })
}

/// Tells whether a text would fit if it stood without quotes.
fn is_bare(wanted: &str, text: &str) -> bool {
    match wanted {
        "boolean" => matches!(text, "true" | "false"),
        "integer" => text.parse::<i64>().is_ok(),
        _ => text.parse::<f64>().is_ok(),
    }
}

fn in_range(value: &Value, schema: &Value) -> Result<Value, Problem> {
    let (lowest, highest) = match schema["format"].as_str() {
        Some("int8") => (i128::from(i8::MIN), i128::from(i8::MAX)),
        Some("uint8") => (0, i128::from(u8::MAX)),
        Some("int16") => (i128::from(i16::MIN), i128::from(i16::MAX)),
        Some("uint16") => (0, i128::from(u16::MAX)),
        Some("int32") => (i128::from(i32::MIN), i128::from(i32::MAX)),
        Some("uint32") => (0, i128::from(u32::MAX)),
        Some("int64" | "int") => (i128::from(i64::MIN), i128::from(i64::MAX)),
        Some("uint64" | "uint") => (0, i128::from(u64::MAX)),
        _ => return Ok(value.clone()),
    };
    let lowest = schema["minimum"]
        .as_i64()
        .map_or(lowest, |minimum| lowest.max(minimum.into()));
    let number = value
        .as_i64()
        .map(i128::from)
        .or(value.as_u64().map(i128::from));
    match number {
        Some(number) if !(lowest..=highest).contains(&number) => {
            let message = format!("expected an integer from {lowest} to {highest}, found {number}");
            Err(Problem::error(FieldPath::root(), message))
        }
        _ => Ok(value.clone()),
    }
}

/// Takes a value of a format that this project gives a meaning to; `None` for other formats.
pub(super) fn formatted(format: &str, node: &Node) -> Option<Result<Value, Problem>> {
    let check: fn(&Value) -> Result<(), String> = match format {
        "go-duration" => go_duration,
        "quantity" => quantity,
        _ => return None,
    };
    let outcome = match &node.content {
        Content::Scalar { value, .. } => check(value).map(|()| value.clone()),
        _ => Err(format!("found {}", found(node))),
    };
    Some(outcome.map_err(|reason| {
        let example = if format == "quantity" { "10Mi" } else { "90s" };
        Problem::error(FieldPath::root(), reason).help(format!("for example \"{example}\""))
    }))
}

fn go_duration(value: &Value) -> Result<(), String> {
    match value {
        Value::String(text) => match duration::parse(text) {
            Ok(_) => Ok(()),
            Err(error) => Err(format!("not a duration: {error}")),
        },
        Value::Number(number) if number.is_i64() => Ok(()),
        other => Err(format!(
            "expected a duration, found {}",
            found_scalar(other)
        )),
    }
}

/// Checks the shape of an amount: digits, then a suffix.
fn quantity(value: &Value) -> Result<(), String> {
    let text = match value {
        Value::String(text) => text.as_str(),
        Value::Number(_) => return Ok(()),
        other => return Err(format!("expected an amount, found {}", found_scalar(other))),
    };
    let unsigned = text.strip_prefix(['+', '-']).unwrap_or(text);
    let suffix = unsigned.trim_start_matches(|c: char| c.is_ascii_digit() || c == '.');
    let number = &unsigned[..unsigned.len() - suffix.len()];
    let exponent = suffix
        .strip_prefix(['e', 'E'])
        .is_some_and(|digits| digits.parse::<i32>().is_ok());
    let known = [
        "", "n", "u", "m", "k", "M", "G", "T", "P", "E", "Ki", "Mi", "Gi", "Ti", "Pi", "Ei",
    ];
    if number.parse::<f64>().is_ok() && (exponent || known.contains(&suffix)) {
        Ok(())
    } else {
        Err(format!("{text:?} is not an amount"))
    }
}

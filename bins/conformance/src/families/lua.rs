//! Family `lua`: scripts of filters and transforms.

use crate::{Outcome, exceptions, vectors};
use argo_events_expr::lua::{CompileError, RunError, Script};
use serde_json::Value;

/// Runs one vector.
pub(super) fn check(vector: &Value) -> Outcome {
    let event = vectors::bytes(vector, "event").unwrap_or_default();
    let outcome = compare(vector, &event);
    let Outcome::Failed { got, .. } = &outcome else {
        return outcome;
    };
    let rerun = |event: &[u8]| compare(vector, event);
    exceptions::scripts::script(vector, got, rerun).unwrap_or(outcome)
}

fn compare(vector: &Value, event: &[u8]) -> Outcome {
    let script = vectors::bytes(vector, "script").unwrap_or_default();
    let got = run(&script, event, vector["mode"] == "filter");
    let message = vectors::bytes(vector, "message");
    match (got, message) {
        (Ok(got), None) => agree(vector, &got),
        (Err(got), Some(message)) => {
            let message = String::from_utf8_lossy(&message).into_owned();
            Outcome::compare(message.trim_end_matches('\n'), &got)
        }
        (Ok(got), Some(message)) => Outcome::failed(String::from_utf8_lossy(&message), got),
        (Err(got), None) => Outcome::failed(vector["want"].to_string(), got),
    }
}

fn run(script: &[u8], event: &[u8], is_filter: bool) -> Result<String, String> {
    let script = Script::compile(script).map_err(|error: CompileError| error.to_string())?;
    let result = if is_filter {
        script.filter(event).map(|passes| passes.to_string())
    } else {
        let made = script.transform(event);
        made.map(|made| String::from_utf8_lossy(&made).into_owned())
    };
    result.map_err(|error: RunError| error.to_string())
}

/// Compares results; those of transcendental functions may differ in the last digit.
fn agree(vector: &Value, got: &str) -> Outcome {
    let wanted = match &vector["want"] {
        Value::String(wanted) => wanted.clone(),
        other => other.to_string(),
    };
    let script = vector["script"].as_str().unwrap_or_default();
    let is_inexact = script.contains("math.") || script.contains('^');
    let trees = (serde_json::from_str(&wanted), serde_json::from_str(got));
    if is_inexact
        && let (Ok(wanted), Ok(got)) = trees
        && nearly(&wanted, &got)
    {
        return Outcome::Passed;
    }
    Outcome::compare(wanted.as_str(), got)
}

/// Compares trees of which numbers, also in texts, may differ in the last digit.
pub(super) fn nearly(wanted: &Value, got: &Value) -> bool {
    let number = |value: &Value| match value {
        Value::String(text) => text.parse::<f64>().ok(),
        other => other.as_f64(),
    };
    match (wanted, got) {
        (Value::Array(wanted), Value::Array(got)) => {
            let mut pairs = wanted.iter().zip(got);
            wanted.len() == got.len() && pairs.all(|(wanted, got)| nearly(wanted, got))
        }
        (Value::Object(wanted), Value::Object(got)) => {
            let same = |(name, wanted)| got.get(name).is_some_and(|got| nearly(wanted, got));
            wanted.len() == got.len() && wanted.iter().all(same)
        }
        _ => match (number(wanted), number(got)) {
            (Some(left), Some(right)) if wanted != got => {
                wanted.is_string() == got.is_string() && (left - right).abs() <= left.abs() * 1e-12
            }
            _ => wanted == got,
        },
    }
}

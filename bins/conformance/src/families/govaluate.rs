//! Family `govaluate`: expressions of filters, their values and the library's own messages.

use crate::{Outcome, exceptions};
use argo_events_expr::{
    gjson::Found,
    gojson,
    govaluate::{Expression, Value},
};
use serde_json::{Value as Json, json};

/// How far a number that is no fraction of powers of 2 may be off.
const TOLERANCE: f64 = 1e-12;

/// Runs one vector.
pub(super) fn check(vector: &Json) -> Outcome {
    let text = vector["expr"].as_str().unwrap_or_default();
    let parameters = vector["params"].as_str().unwrap_or_default();
    let wants_error = vector["error"] == true;
    match evaluate(text, parameters) {
        Ok(_) if vector["panic"] == true => {
            exceptions::sensor::EXPRESSION_MEMBERSHIP.require(vector, Ok(()))
        }
        Err(_) if vector["panic"] == true => Outcome::Passed,
        Ok(got) if wants_error => Outcome::failed(vector["message"].to_string(), got.to_string()),
        Ok(got) => compare(vector, &got),
        Err(error) if wants_error => {
            let wanted = json!([vector["stage"], vector["message"]]);
            Outcome::compare(wanted, json!([error.0, error.1]))
        }
        Err(error) => Outcome::failed(vector["want"].to_string(), error.1),
    }
}

/// Evaluates an expression; errors come with the stage at which they arise.
fn evaluate(text: &str, parameters: &str) -> Result<Json, (&'static str, String)> {
    let parse = |error: argo_events_expr::govaluate::ParseError| ("parse", error.to_string());
    let failed = |error: argo_events_expr::govaluate::EvaluateError| ("eval", error.to_string());
    let expression = Expression::parse(text).map_err(parse)?;
    let document = Found::parse(parameters);
    let find = |name: &String| {
        let mut members = document.entries();
        let named = members.find(|member| member.name().is_some_and(|it| *it == *name.as_bytes()));
        named.map(|member| member.value().into_owned())
    };
    let found: Vec<_> = expression.variables().iter().map(find).collect();
    let values: Result<Vec<_>, _> = found
        .iter()
        .map(|found| found.as_ref().map(Value::of).transpose())
        .collect();
    let values = values.map_err(failed)?;
    let value = expression.evaluate(&values).map_err(failed)?;
    Ok(json!({ "want": shown(&value), "pass": value.is_true() }))
}

fn shown(value: &Value<'_>) -> Json {
    match value {
        Value::Null => json!({ "t": "null" }),
        Value::Bool(value) => json!({ "t": "bool", "v": value }),
        Value::Number(number) if number.is_nan() => json!({ "t": "number", "v": "NaN" }),
        Value::Number(number) if number.is_infinite() => {
            json!({ "t": "number", "v": if *number > 0.0 { "+Inf" } else { "-Inf" } })
        }
        Value::Number(number) => json!({ "t": "number", "v": number }),
        Value::Text(text) => json!({ "t": "string", "v": String::from_utf8_lossy(text) }),
        other => {
            let encoded = gojson::encode(&other.into()).unwrap_or_default();
            json!({ "t": "other", "v": String::from_utf8_lossy(&encoded) })
        }
    }
}

fn compare(vector: &Json, got: &Json) -> Outcome {
    let (wanted, given) = (&vector["want"], &got["want"]);
    let numbers = (wanted["v"].as_f64(), given["v"].as_f64());
    let is_same = match numbers {
        (Some(wanted), Some(given)) => (wanted - given).abs() <= wanted.abs() * TOLERANCE,
        _ => wanted["v"] == given["v"],
    };
    if is_same && wanted["t"] == given["t"] && vector["pass"] == got["pass"] {
        Outcome::Passed
    } else {
        Outcome::failed(vector["want"].to_string(), got.to_string())
    }
}

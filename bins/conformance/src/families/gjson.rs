//! Family `gjson`: values found by paths, and whether documents are JSON.

use crate::{Outcome, vectors};
use argo_events_expr::gjson::{Found, Kind, Path, valid};
use base64::{Engine, prelude::BASE64_STANDARD};
use serde_json::{Value, json};

/// Runs one vector.
pub(super) fn check(vector: &Value) -> Outcome {
    let field = |name| vectors::bytes(vector, name).unwrap_or_default();
    let document = field("json");
    let mut got = match Path::parse(field("path")).map(|path| shown(&path.get(&document))) {
        Ok(got) => got,
        Err(error) => return Outcome::failed(vector["want"].to_string(), error.to_string()),
    };
    let mut want = vector["want"].clone();
    let numbers = (number(&want), number(&got));
    if numbers.0 == numbers.1 || numbers.0.is_nan() && numbers.1.is_nan() {
        want["float"] = Value::Null;
        got["float"] = Value::Null;
    }
    Outcome::compare(
        (&want, vector["valid"].as_bool()),
        (&got, Some(valid(&document))),
    )
}

/// Reads Go's text of a number, which Rust reads alike.
fn number(found: &Value) -> f64 {
    found["float"]
        .as_str()
        .and_then(|text| text.parse().ok())
        .unwrap_or(f64::NAN)
}

fn shown(found: &Found<'_>) -> Value {
    let kind = match found.kind() {
        Kind::Null => "Null",
        Kind::False => "False",
        Kind::Number => "Number",
        Kind::String => "String",
        Kind::True => "True",
        Kind::Json => "JSON",
    };
    let mut shown = json!({
        "exists": found.exists(),
        "type": kind,
        "bool": found.as_bool(),
        "float": found.as_f64().to_string(),
    });
    for (name, bytes) in [("raw", found.raw()), ("str", &found.text_bytes())] {
        match std::str::from_utf8(bytes) {
            Ok(text) => shown[name] = text.into(),
            Err(_) => shown[format!("{name}_b64")] = BASE64_STANDARD.encode(bytes).into(),
        }
    }
    shown
}

//! Family `duration`.

use crate::Outcome;
use argo_events_expr::duration;
use serde_json::{Value, json};

/// Runs one vector.
pub(super) fn check(vector: &Value) -> Outcome {
    match vector["op"].as_str() {
        Some("parse") => check_parse(vector),
        Some("string") => check_string(vector),
        other => Outcome::failed("a known op", format!("{other:?}")),
    }
}

fn check_parse(vector: &Value) -> Outcome {
    let text = vector["in"].as_str().unwrap_or_default();
    let got = match duration::parse(text) {
        Ok(ns) => json!({"ns": ns.to_string(), "string": duration::format(ns)}),
        Err(error) => json!(error.to_string()),
    };
    let wanted = if vector["error"] == true {
        &vector["message"]
    } else {
        &vector["want"]
    };
    Outcome::compare(wanted, &got)
}

fn check_string(vector: &Value) -> Outcome {
    match vector["ns"].as_str().and_then(|ns| ns.parse().ok()) {
        Some(ns) => Outcome::compare(vector["want"].as_str(), Some(&duration::format(ns))),
        None => Outcome::failed("a count of nanoseconds", vector["ns"].to_string()),
    }
}

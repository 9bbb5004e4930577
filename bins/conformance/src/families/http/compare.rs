//! Compares an exchange with what is recorded.
//!
//! Status, number of answers, events and counts are the contract, and the texts of the reference's
//! own. Texts of Go's HTTP library are not: there the status alone is compared.

use super::{
    client::{Answer, Exchange},
    text::bytes,
};
use crate::Outcome;
use crate::exceptions::Rule;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

/// Headers that are compared; the rest belongs to the connection.
const HEADERS: [&str; 4] = [
    "content-length",
    "content-type",
    "location",
    "x-content-type-options",
];
/// Events longer than this are recorded by their length and digest.
const LONG: usize = 6000;

/// A difference on purpose, and what it changes in what is recorded.
pub(crate) struct Adjustment {
    pub(crate) rule: &'static Rule,
    /// Changes the facts of [`recorded`] to what is required.
    pub(crate) change: fn(&mut Value, &Value),
}

/// Compares facts with what is recorded, and where that differs with what the rules require.
pub(crate) fn compare(vector: &Value, wanted: Value, got: &Value, rules: &[Adjustment]) -> Outcome {
    if agree(&wanted, got) {
        return Outcome::Passed;
    }
    let mut required = wanted.clone();
    let mut last = None;
    for adjustment in rules.iter().filter(|it| (it.rule.applies)(vector)) {
        (adjustment.change)(&mut required, vector);
        last = Some(adjustment.rule);
    }
    match last {
        Some(rule) if agree(&required, got) => rule.require(vector, Ok(())),
        Some(rule) => rule.require(vector, Err(format!("{got}, and not {required}"))),
        None => Outcome::failed(wanted.to_string(), got.to_string()),
    }
}

/// Compares two facts; where one is wanted to be null, anything will do.
pub(crate) fn agree(wanted: &Value, got: &Value) -> bool {
    match (wanted, got) {
        (Value::Null, _) => true,
        (Value::Object(wanted), Value::Object(got)) => wanted
            .iter()
            .all(|(name, wanted)| agree(wanted, got.get(name).unwrap_or(&Value::Null))),
        (Value::Array(wanted), Value::Array(got)) => {
            wanted.len() == got.len()
                && wanted
                    .iter()
                    .zip(got)
                    .all(|(wanted, got)| agree(wanted, got))
        }
        _ => wanted == got,
    }
}

/// Gives the facts of what is recorded.
pub(crate) fn recorded(want: &Value) -> Value {
    let list = |name: &str| want[name].as_array().cloned().unwrap_or_default();
    let answers: Vec<_> = list("responses").iter().map(recorded_answer).collect();
    // What a filter drops is recorded with its reason, which the bus does not see.
    let events = list("events")
        .into_iter()
        .filter(|event| event["dropped"].is_null());
    let events: Vec<_> = events.map(|event| recorded_event(&event)).collect();
    let refused = (want["end"] == "connection refused").then_some("connection refused");
    json!({"answers": answers, "events": events, "failed": want["failedMetric"], "end": refused})
}

fn recorded_answer(answer: &Value) -> Value {
    let body = bytes(&answer["body"]);
    let status = &answer["status"];
    if is_of_the_library(status, &body) {
        return json!({ "status": status });
    }
    let mut headers = json!({});
    for pair in answer["headers"].as_array().into_iter().flatten() {
        let name = pair[0].as_str().unwrap_or_default().to_ascii_lowercase();
        if HEADERS.contains(&&*name) {
            headers[name] = pair[1].clone();
        }
    }
    let interim = answer["interim"].as_array().cloned().unwrap_or_default();
    json!({"status": status, "headers": headers, "body": shown(&body), "interim": interim})
}

fn is_of_the_library(status: &Value, body: &[u8]) -> bool {
    body.starts_with(format!("{status} ").as_bytes()) && !body.starts_with(b"404 page not found")
        || body == b"Unsupported transfer encoding"
}

fn recorded_event(event: &Value) -> Value {
    let data = &event["data"];
    match data["length"].as_u64() {
        Some(_) => json!({"event": event["event"], "data": data}),
        None => json!({"event": event["event"], "data": shown(&bytes(data))}),
    }
}

/// Gives the facts of an exchange; events without their names.
pub(crate) fn facts(exchange: &Exchange, events: &[(String, Vec<u8>)], failed: u64) -> Value {
    let answers: Vec<_> = exchange.answers.iter().map(answer).collect();
    let events: Vec<_> = events
        .iter()
        .map(|(event, data)| json!({"event": event, "data": data_facts(data)}))
        .collect();
    json!({"answers": answers, "events": events, "failed": failed, "end": exchange.end})
}

fn answer(answer: &Answer) -> Value {
    let mut headers = json!({});
    for name in HEADERS {
        if let Some(value) = answer.headers.get(name) {
            headers[name] = json!(value);
        }
    }
    let (status, interim) = (answer.status, &answer.interim);
    json!({"status": status, "headers": headers, "body": shown(&answer.body), "interim": interim})
}

fn data_facts(data: &[u8]) -> Value {
    if data.len() <= LONG {
        return shown(data);
    }
    let digest: String = Sha256::digest(data)
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect();
    json!({"length": data.len(), "sha256": digest})
}

fn shown(bytes: &[u8]) -> Value {
    match std::str::from_utf8(bytes) {
        Ok(text) => json!(text),
        Err(_) => json!(format!("{bytes:?}")),
    }
}

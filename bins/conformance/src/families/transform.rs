//! Family `transform`: what dependencies make of events.

use super::events;
use crate::{Outcome, exceptions};
use argo_events_core::{FieldPath, Problems, api::Dependency};
use argo_events_sensor::dependency::{Filter, Verdict};
use serde_json::{Value, json};
use std::sync::Arc;

/// Runs one vector.
pub(super) fn check(vector: &Value) -> Outcome {
    let body = events::bytes(&vector["in"]["event"]["data"]);
    let outcome = compare(vector, body.as_deref());
    let Outcome::Failed { got, .. } = &outcome else {
        return outcome;
    };
    let is_lua = text(vector, "jq").is_empty();
    let rerun = |event: &[u8]| compare(vector, Some(event));
    let rule = (is_lua && !text(vector, "script").is_empty())
        .then(|| exceptions::scripts::script(vector, got, rerun));
    rule.flatten().unwrap_or(outcome)
}

fn compare(vector: &Value, body: Option<&[u8]>) -> Outcome {
    let want = &vector["want"];
    match made(vector, body) {
        Err(error) if vector["error"] == true => {
            // jq's own words for a broken program are kept by family `jq`.
            let _ = error;
            Outcome::Passed
        }
        Err(error) => Outcome::failed(want.to_string(), error),
        Ok(got) if vector["error"] == true => {
            Outcome::failed(vector["message"].to_string(), got.to_string())
        }
        Ok(got) => {
            let wanted = json!({"data": want["data"], "datacontenttype": want["datacontenttype"]});
            if wanted == got || nearly(&wanted, &got) {
                Outcome::Passed
            } else {
                Outcome::failed(wanted.to_string(), got.to_string())
            }
        }
    }
}

fn text<'a>(vector: &'a Value, language: &str) -> &'a str {
    vector["in"]["transform"][language]
        .as_str()
        .unwrap_or_default()
}

/// Gives body and content type of the event that everything else sees.
fn made(vector: &Value, body: Option<&[u8]>) -> Result<Value, String> {
    let text = json!({"transform": vector["in"]["transform"]}).to_string();
    let dependency: Dependency = serde_json::from_str(&text).map_err(|error| error.to_string())?;
    let mut problems = Problems::default();
    let filter = Filter::compile_unchecked(&dependency, &FieldPath::root(), &mut problems);
    let mut event = vector["in"]["event"].clone();
    event["data"] = body.map_or(Value::Null, events::byte_string);
    let event = Arc::new(events::event(&event));
    let seen = match filter.admit(&event) {
        (_, Verdict::Failed(reason)) => return Err(reason.to_string()),
        (changed, _) => changed.unwrap_or(event),
    };
    let data = seen
        .data()
        .map_or(Value::Null, |data| events::byte_string(data));
    Ok(json!({"data": data, "datacontenttype": seen.data_content_type()}))
}

/// Compares documents of which numbers may differ in the last digit, as those of logarithms do.
fn nearly(wanted: &Value, got: &Value) -> bool {
    let document = |side: &Value| {
        let text = side["data"]["utf8"].as_str()?;
        serde_json::from_str::<Value>(text).ok()
    };
    match (document(wanted), document(got)) {
        (Some(wanted), Some(got)) => super::lua::nearly(&wanted, &got),
        _ => false,
    }
}

//! Family `transform`: what dependencies make of events.

use super::events;
use crate::{Outcome, exceptions};
use argo_events_expr::language::{Language, Limits, Nowhere};
use serde_json::{Value, json};

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
    let context = &vector["in"]["event"]["context"];
    let unchanged = context["datacontenttype"].as_str().unwrap_or_default();
    let (language, program) = match (text(vector, "jq"), text(vector, "script")) {
        ("", script) => (Language::Lua, script),
        (jq, _) => (Language::Jq, jq),
    };
    let Some(body) = body.filter(|_| !program.is_empty()) else {
        let data = body.map_or(Value::Null, events::byte_string);
        return Ok(json!({"data": data, "datacontenttype": unchanged}));
    };
    let program = language.compile(program, &Limits::default());
    let program = program.map_err(|mistake| mistake.message().to_owned())?;
    let made = program
        .reshape_in(body, &Nowhere)
        .map_err(|error| error.to_string())?;
    Ok(json!({"data": events::byte_string(&made), "datacontenttype": "application/json"}))
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

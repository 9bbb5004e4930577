//! Events and firings as vectors write them.

use argo_events_core::{
    Event, Firing,
    resolver::{Held, Shape},
};
use argo_events_expr::language::Language;
use base64::{Engine as _, prelude::BASE64_STANDARD};
use serde_json::{Value, json};
use std::sync::Arc;

/// Reads a byte string: `null`, `{"utf8": …}` or `{"b64": …}`.
pub(crate) fn bytes(value: &Value) -> Option<Vec<u8>> {
    match value["utf8"].as_str() {
        Some(text) => Some(text.as_bytes().to_vec()),
        None => BASE64_STANDARD.decode(value["b64"].as_str()?).ok(),
    }
}

/// Writes a byte string as vectors do.
pub(super) fn byte_string(bytes: &[u8]) -> Value {
    match std::str::from_utf8(bytes) {
        Ok(text) => json!({ "utf8": text }),
        Err(_) => json!({ "b64": BASE64_STANDARD.encode(bytes) }),
    }
}

/// Writes a text as vectors do.
pub(super) fn text(bytes: &[u8]) -> Value {
    match std::str::from_utf8(bytes) {
        Ok(text) => json!(text),
        Err(_) => byte_string(bytes),
    }
}

/// Reads `{"context": {…}, "data": …}`.
pub(super) fn event(value: &Value) -> Event {
    let context = &value["context"];
    let attribute = |name: &str| context[name].as_str().unwrap_or_default();
    let mut builder = Event::builder(attribute("id"), attribute("source"), attribute("subject"))
        .event_type(attribute("type"))
        .data_content_type(attribute("datacontenttype"));
    if let Ok(time) = attribute("time").parse() {
        builder = builder.time(time);
    }
    if let Some(data) = bytes(&value["data"]) {
        builder = builder.data(data);
    }
    builder.build()
}

/// Makes a firing of events by dependency name.
pub(super) fn firing(events: &Value, sensor: &str, trigger: &str) -> Firing {
    let named: Vec<_> = events.as_object().into_iter().flatten().collect();
    let shape = Shape {
        sensor: sensor.to_owned(),
        trigger: trigger.to_owned(),
        dependencies: named.iter().map(|(name, _)| (*name).clone()).collect(),
    };
    let held: Vec<Held> = (0..)
        .zip(&named)
        .filter(|(_, (_, value))| !value.is_null())
        .map(|(dependency, (_, value))| Held {
            dependency,
            event: Arc::new(event(value)),
        })
        .collect();
    Firing::new(Arc::new(shape), held)
}

/// Tells whether a value needs templates and this build runs none.
pub(super) fn lacks_templates(value: &Value) -> bool {
    !Language::Template.is_built_in() && has_templates(value)
}

/// Tells whether anything in a value is a template.
fn has_templates(value: &Value) -> bool {
    let is_template = |name: &str| matches!(name, "dataTemplate" | "contextTemplate" | "template");
    match value {
        Value::Array(elements) => elements.iter().any(has_templates),
        Value::Object(members) => members.iter().any(|(name, member)| {
            is_template(name) && member.as_str().is_some_and(|text| !text.is_empty())
                || has_templates(member)
        }),
        _ => false,
    }
}

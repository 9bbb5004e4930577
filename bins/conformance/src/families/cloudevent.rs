//! Family `cloudevent`: envelopes as the reference writes and reads them.

use crate::{Outcome, exceptions, vectors};
use argo_events_core::{
    Event, Timestamp,
    event::{Extension, codec},
};
use base64::{Engine as _, prelude::BASE64_STANDARD};
use bytes::Bytes;
use serde_json::{Value, json};

/// Runs one vector.
pub(super) fn check(vector: &Value) -> Outcome {
    match vector["in"]["call"].as_str() {
        Some("publish") => publish(vector),
        Some("read") => read(vector),
        other => Outcome::failed("a known call", format!("{other:?}")),
    }
}

fn publish(vector: &Value) -> Outcome {
    let attributes = &vector["in"]["attributes"];
    let text = |name: &str| attributes[name].as_str().unwrap_or_default();
    let option = Some(text("idOption")).filter(|id| !id.trim().is_empty());
    let mut event = Event::builder(
        option.unwrap_or(text("id")),
        text("source"),
        text("subject"),
    )
    .event_type(text("type"))
    .normalize();
    // What the reference calls the zero time is the absence of a time here.
    if let Ok(time) = text("time").parse::<Timestamp>() {
        event = event.time(time);
    }
    if let Some(data) = bytes(&vector["in"]["data"]) {
        event = event.data(data);
    }
    let got = codec::encode(&event.build());
    Outcome::compare(
        vector["want"].as_str(),
        Some(&*String::from_utf8_lossy(&got)),
    )
}

fn read(vector: &Value) -> Outcome {
    let input = vectors::bytes(&vector["in"], "bytes").or_else(|| bytes(&vector["in"]["bytes"]));
    let read = codec::decode(&Bytes::from(input.unwrap_or_default()));
    match (vector["error"] == true, read) {
        (true, Err(_)) => Outcome::Passed,
        (true, Ok(event)) => Outcome::failed(vector["message"].to_string(), format!("{event:?}")),
        (false, Err(_)) if vector["want"]["nilEvent"] == true => {
            exceptions::CLOUDEVENT_NULL.require(vector, Ok(()))
        }
        (false, Err(error)) => Outcome::failed(vector["want"].to_string(), error.to_string()),
        (false, Ok(event)) => compare(vector, &event),
    }
}

fn compare(vector: &Value, event: &Event) -> Outcome {
    let want = &vector["want"];
    let differing = facts(event)
        .into_iter()
        .find(|(name, got)| &want[*name] != got);
    if let Some((name, got)) = differing {
        return Outcome::failed(format!("{name}: {}", want[name]), got.to_string());
    }
    if let Some(time) = want["time"].as_str() {
        let wanted = time.parse().ok();
        if event.time() != wanted {
            return Outcome::failed(time, format!("{:?}", event.time()));
        }
    }
    let written = codec::encode(event);
    if want["reencodeError"].is_string() {
        return exceptions::CLOUDEVENT_UPPER_CASE_JSON.require(vector, survives(event, written));
    }
    Outcome::compare(
        want["reencoded"].as_str(),
        Some(&*String::from_utf8_lossy(&written)),
    )
}

fn facts(event: &Event) -> Vec<(&'static str, Value)> {
    let extensions = event
        .extensions()
        .keys()
        .map(|name| (name.clone(), extension(event, name)));
    vec![
        ("id", json!(event.id())),
        ("source", json!(event.source())),
        ("type", json!(event.event_type())),
        ("subject", json!(event.subject())),
        ("specversion", json!(event.spec_version().as_str())),
        ("datacontenttype", json!(event.data_content_type())),
        ("dataschema", json!(event.data_schema())),
        ("extensions", Value::Object(extensions.collect())),
        (
            "data",
            event.data().map_or(Value::Null, |data| byte_string(data)),
        ),
        ("dataString", text(&event.data_text())),
        ("internal", text(&event.internal_json())),
    ]
}

fn extension(event: &Event, name: &str) -> Value {
    let kind = match event.extension(name) {
        Some(Extension::Text(_)) => "string",
        Some(Extension::Boolean(_)) => "bool",
        Some(Extension::Integer(_)) => "int32",
        None => "none",
    };
    json!({"goType": kind, "value": event.extensions()[name]})
}

fn survives(event: &Event, written: Vec<u8>) -> Result<(), String> {
    match codec::decode(&Bytes::from(written)) {
        Ok(read) if &read == event => Ok(()),
        other => Err(format!("{other:?}")),
    }
}

/// Reads a byte string as vectors write it: null, `{"utf8": …}` or `{"b64": …}`.
fn bytes(value: &Value) -> Option<Vec<u8>> {
    match value["utf8"].as_str() {
        Some(text) => Some(text.as_bytes().to_vec()),
        None => BASE64_STANDARD.decode(value["b64"].as_str()?).ok(),
    }
}

fn byte_string(bytes: &[u8]) -> Value {
    match std::str::from_utf8(bytes) {
        Ok(text) => json!({"utf8": text}),
        Err(_) => json!({"b64": BASE64_STANDARD.encode(bytes)}),
    }
}

fn text(bytes: &[u8]) -> Value {
    match std::str::from_utf8(bytes) {
        Ok(text) => json!(text),
        Err(_) => byte_string(bytes),
    }
}

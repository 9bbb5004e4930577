//! Family `payloads`: the bytes of event data, from the values of its members.

use crate::Outcome;
use argo_events_expr::gojson::{self, encode_bytes_into, encode_string_into, raw_message_into};
use argo_events_sources::{
    calendar::payload::CalendarEventData,
    generic::payload::{Body, GenericEventData},
    resource::payload::ResourceEventData,
    webhook::payload::WebhookEventData,
};
use base64::{Engine as _, prelude::BASE64_STANDARD};
use serde_json::Value;
use std::collections::BTreeMap;

/// Runs one vector.
pub(super) fn check(vector: &Value) -> Outcome {
    let Some(encoded) = encode(&vector["in"]) else {
        return Outcome::Waits("source kind not built yet");
    };
    let wanted = if vector["error"] == true {
        &vector["message"]
    } else {
        &vector["want"]
    };
    let got = match encoded {
        Ok(bytes) => String::from_utf8_lossy(&bytes).into_owned(),
        Err(error) => error.replace("type json.RawMessage", "type *json.RawMessage"),
    };
    Outcome::compare(wanted.as_str(), Some(&*got))
}

/// Encodes with the project's own types; `None` for a type that there is none for yet.
fn encode(input: &Value) -> Option<Result<Vec<u8>, String>> {
    let members = Members(input);
    let metadata = &members.texts("metadata").unwrap_or_default();
    let encoded = match input["type"].as_str()? {
        "WebhookEventData" => {
            let body = members.json("body");
            let header = members.lists("header");
            body.and_then(|body| {
                WebhookEventData {
                    header,
                    body: &body,
                    metadata,
                }
                .encode()
            })
        }
        "CalendarEventData" => {
            let event_time = &members.bytes("eventTime").unwrap_or_default();
            Ok(CalendarEventData {
                event_time,
                metadata,
            }
            .encode())
        }
        "ResourceEventData" => resource(&members, metadata),
        "GenericEventData" => match members.value("body").map(|value| &value["bytes"]) {
            Some(Value::String(_) | Value::Null) if members.is_bytes("body") => {
                let bytes = members.bytes("body");
                GenericEventData {
                    body: Body::Bytes(bytes.as_deref()),
                    metadata,
                }
                .encode()
            }
            _ => members.json("body").and_then(|body| {
                GenericEventData {
                    body: Body::Json(&body),
                    metadata,
                }
                .encode()
            }),
        },
        _ => return None,
    };
    Some(encoded.map_err(|error| error.to_string()))
}

fn resource(
    members: &Members<'_>,
    metadata: &BTreeMap<String, Vec<u8>>,
) -> Result<Vec<u8>, gojson::Error> {
    let text = |name: &str| members.bytes(name).unwrap_or_default();
    let (body, old_body) = (members.json("body")?, members.json("oldBody")?);
    ResourceEventData {
        event_type: &text("type"),
        body: &body,
        old_body: Some(&old_body),
        group: &text("group"),
        version: &text("version"),
        resource: &text("resource"),
        metadata,
    }
    .encode()
}

/// The members of a structure, by their JSON names.
struct Members<'a>(&'a Value);

impl Members<'_> {
    fn value(&self, name: &str) -> Option<&Value> {
        let fields = self.0["fields"].as_array()?;
        fields
            .iter()
            .find(|field| field["name"] == name)
            .map(|field| &field["value"])
    }

    fn is_bytes(&self, name: &str) -> bool {
        self.value(name)
            .is_some_and(|value| value.get("bytes").is_some())
    }

    fn bytes(&self, name: &str) -> Option<Vec<u8>> {
        text(self.value(name)?)
    }

    fn texts(&self, name: &str) -> Option<BTreeMap<String, Vec<u8>>> {
        let members = self.value(name)?["map"].as_object()?;
        Some(
            members
                .iter()
                .map(|(key, value)| (key.clone(), text(value).unwrap_or_default()))
                .collect(),
        )
    }

    fn lists(&self, name: &str) -> Option<BTreeMap<String, Option<Vec<Vec<u8>>>>> {
        let list =
            |value: &Value| Some(value["list"].as_array()?.iter().filter_map(text).collect());
        let members = self.value(name)?["map"].as_object()?;
        Some(
            members
                .iter()
                .map(|(key, value)| (key.clone(), list(value)))
                .collect(),
        )
    }

    /// Gives the JSON of a member of any type; a raw one as it is written.
    fn json(&self, name: &str) -> Result<Vec<u8>, gojson::Error> {
        match self.value(name) {
            Some(value) if value["raw"].is_string() => Ok(text(value).unwrap_or_default()),
            Some(value) => {
                let mut out = Vec::new();
                write(&mut out, value)?;
                Ok(out)
            }
            None => Ok(b"null".to_vec()),
        }
    }
}

/// Gives the bytes of a text, of bytes or of raw JSON.
fn text(value: &Value) -> Option<Vec<u8>> {
    let plain = value["string"].as_str().or_else(|| value["raw"].as_str());
    if let Some(plain) = plain {
        return Some(plain.as_bytes().to_vec());
    }
    let encoded = value["stringBytes"]
        .as_str()
        .or_else(|| value["bytes"].as_str())?;
    BASE64_STANDARD.decode(encoded).ok()
}

fn write(out: &mut Vec<u8>, value: &Value) -> Result<(), gojson::Error> {
    if let Some(members) = value["map"].as_object() {
        out.push(b'{');
        for (index, (key, member)) in members.iter().enumerate() {
            out.extend_from_slice(if index == 0 { b"" } else { b"," });
            encode_string_into(out, key);
            out.push(b':');
            write(out, member)?;
        }
        out.push(b'}');
    } else if let Some(elements) = value["list"].as_array() {
        out.push(b'[');
        for (index, element) in elements.iter().enumerate() {
            out.extend_from_slice(if index == 0 { b"" } else { b"," });
            write(out, element)?;
        }
        out.push(b']');
    } else {
        return write_plain(out, value);
    }
    Ok(())
}

fn write_plain(out: &mut Vec<u8>, value: &Value) -> Result<(), gojson::Error> {
    if value.get("bytes").is_some() {
        encode_bytes_into(out, text(value).as_deref());
    } else if value["raw"].is_string() {
        return raw_message_into(out, &text(value).unwrap_or_default());
    } else if let Some(text) = text(value) {
        encode_string_into(out, text);
    } else if let Some(number) = value["int"].as_str() {
        out.extend_from_slice(number.as_bytes());
    } else if let Some(number) = value["float64"].as_str() {
        let number = number
            .parse()
            .map_err(|_| gojson::Error::NumberTooLarge(number.to_owned()))?;
        return gojson::encode_f64_into(out, number);
    } else if let Some(truth) = value["bool"].as_bool() {
        out.extend_from_slice(truth.to_string().as_bytes());
    } else {
        out.extend_from_slice(b"null");
    }
    Ok(())
}

//! Reads the forms in which vectors write bytes.

use crate::vectors;
use base64::{Engine as _, prelude::BASE64_STANDARD};
use serde_json::Value;

/// Reads text, `{"utf8"}`, `{"b64"}`, or `{"pre", "unit", "times", "post"}`.
pub(super) fn bytes(value: &Value) -> Vec<u8> {
    if let Some(text) = value.as_str().or_else(|| value["utf8"].as_str()) {
        return text.as_bytes().to_vec();
    }
    if let Some(text) = value["b64"].as_str() {
        return BASE64_STANDARD.decode(text).unwrap_or_default();
    }
    let part = |name: &str| vectors::bytes(value, name).unwrap_or_default();
    let times = value["times"]
        .as_u64()
        .and_then(|times| usize::try_from(times).ok());
    [
        part("pre"),
        part("unit").repeat(times.unwrap_or_default()),
        part("post"),
    ]
    .concat()
}

//! Words for what a schema wants and what a manifest has.

use crate::manifest::yaml::{Content, Node};
use serde_json::Value;

/// Says what a schema wants.
pub(super) fn expected(schema: &Value) -> &'static str {
    match super::type_of(schema) {
        Some("string") => "a text",
        Some("integer") => "an integer",
        Some("number") => "a number",
        Some("boolean") => "true or false",
        Some("array") => "a list",
        Some("object") => "an object",
        _ => "something else",
    }
}

/// Says what stands in the manifest.
pub(super) fn found(node: &Node) -> String {
    match &node.content {
        Content::List(_) => "a list".to_owned(),
        Content::Map(_) => "an object".to_owned(),
        Content::Scalar { value, .. } => found_scalar(value),
    }
}

/// Says what a scalar is; texts that may be long or secret are not repeated.
pub(super) fn found_scalar(value: &Value) -> String {
    match value {
        Value::String(_) => "a text".to_owned(),
        Value::Null => "nothing".to_owned(),
        Value::Number(number) => format!("the number {number}"),
        other => other.to_string(),
    }
}

/// Tells whether the reference has a kind of this name; then it is one that this build lacks.
pub(crate) fn is_reference_kind(of: &str, name: &str) -> bool {
    match of {
        "event source" => argo_events_sources::kinds::find(name).is_some(),
        "trigger" => argo_events_sensor::trigger::descriptors()
            .iter()
            .any(|descriptor| descriptor.kind == name),
        _ => false,
    }
}

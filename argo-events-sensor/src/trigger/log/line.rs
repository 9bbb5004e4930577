//! A line of the log trigger, as the reference writes it.

use crate::param::context;
use argo_events_core::{Event, Firing};
use base64::{Engine, prelude::BASE64_STANDARD};
use bytes::Bytes;
use serde::Serialize;

/// What the log trigger says about one event.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Line {
    /// The body: JSON and plain text as they are, everything else in Base64.
    #[serde(rename = "msg")]
    pub message: String,
    /// Name of the trigger.
    pub trigger_name: String,
    /// Always `Log`.
    pub trigger_type: &'static str,
    /// Name of the dependency that the event belongs to.
    pub dependency_name: String,
    /// The attributes of the event as one text.
    pub event_context: String,
}

impl Line {
    /// Writes the lines of a firing, in the order of its dependencies.
    pub fn of_firing(trigger: &str, firing: &Firing) -> Vec<Self> {
        firing
            .events()
            .map(|(dependency, event)| Self::of(trigger, dependency, event))
            .collect()
    }

    fn of(trigger: &str, dependency: &str, event: &Event) -> Self {
        Self {
            message: String::from_utf8_lossy(&data_text(event)).into_owned(),
            trigger_name: trigger.to_owned(),
            trigger_type: "Log",
            dependency_name: dependency.to_owned(),
            event_context: context::log_text(event),
        }
    }
}

/// Gives the body of an event as the log shows it.
///
/// Bodies that say they are JSON or plain text come as they are, all others in Base64; an event
/// without a body gives nothing.
pub fn data_text(event: &Event) -> Bytes {
    let Some(data) = event.data() else {
        return Bytes::new();
    };
    match media_type(event.data_content_type()).as_deref() {
        Some("application/json" | "text/plain") => data.clone(),
        _ => BASE64_STANDARD.encode(data).into(),
    }
}

/// Reads the type before the parameters; `None` where the parameters are malformed in a way that
/// leaves no type.
fn media_type(content_type: &str) -> Option<String> {
    let media_type = content_type.split(';').next().unwrap_or_default();
    Some(media_type.trim().to_ascii_lowercase())
}

//! A line of the log trigger, as the reference writes it.

use crate::param::context;
use argo_events_core::{Event, Firing};
use serde::{Serialize, Serializer};
use std::sync::Arc;

/// What the log trigger says about one event.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Line {
    /// What any trigger says about the event.
    #[serde(flatten, serialize_with = "shared")]
    pub text: Arc<Text>,
    /// Name of the trigger.
    pub trigger_name: String,
    /// Always `Log`.
    pub trigger_type: &'static str,
    /// Name of the dependency that the event belongs to.
    pub dependency_name: String,
}

/// The part of a line that is the same for all triggers.
#[derive(Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Text {
    /// The body: JSON and plain text as they are, everything else in Base64.
    #[serde(rename = "msg")]
    pub message: String,
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
            text: event.derived(Text::of),
            trigger_name: trigger.to_owned(),
            trigger_type: "Log",
            dependency_name: dependency.to_owned(),
        }
    }
}

impl Text {
    fn of(event: &Event) -> Self {
        Self {
            message: text(event.data_text().into_owned()),
            event_context: context::log_text(event),
        }
    }
}

/// Reads bytes as text; what is no UTF-8 is replaced. Most are, which is found out faster than where.
fn text(bytes: Vec<u8>) -> String {
    String::from_utf8(bytes)
        .unwrap_or_else(|error| String::from_utf8_lossy(error.as_bytes()).into_owned())
}

fn shared<S: Serializer>(text: &Arc<Text>, serializer: S) -> Result<S::Ok, S::Error> {
    Text::serialize(text, serializer)
}

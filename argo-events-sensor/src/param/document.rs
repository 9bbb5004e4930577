//! Bodies of events as JSON documents that paths are looked up in.

use super::{context, yaml};
use argo_events_core::Event;
use argo_events_expr::gjson;
use bytes::Bytes;
use std::collections::HashMap;

/// Documents of the events of one firing: checked or converted once, however many values are taken.
#[derive(Debug, Default)]
pub struct Documents {
    bodies: HashMap<*const Event, Result<Bytes, String>>,
    contexts: HashMap<*const Event, Bytes>,
}

impl Documents {
    /// Returns the body of an event as JSON, or why there is none.
    pub(super) fn body(&mut self, event: &Event) -> Result<Bytes, String> {
        let key = std::ptr::from_ref(event);
        self.bodies
            .entry(key)
            .or_insert_with(|| body(event))
            .clone()
    }

    /// Returns the attributes of an event as JSON.
    pub(super) fn context(&mut self, event: &Event) -> Bytes {
        let key = std::ptr::from_ref(event);
        self.contexts
            .entry(key)
            .or_insert_with(|| context::json(event).into())
            .clone()
    }
}

fn body(event: &Event) -> Result<Bytes, String> {
    let data = event.data().cloned().unwrap_or_default();
    match event.data_content_type() {
        "application/json" if gjson::valid(&data) => Ok(data),
        "application/json" => Err("event data is not valid JSON".to_owned()),
        "application/yaml" => yaml::to_json(&data)
            .map(Bytes::from)
            .map_err(|error| format!("failed converting yaml event data to JSON: {error}")),
        other => Err(format!("unsupported event content type: {other}")),
    }
}

//! `spec` of an EventSource.

use super::{PodTemplate, ServiceTemplate};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::BTreeMap;

/// Events by kind and name.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default)]
pub struct EventSourceSpec {
    /// Name of the EventBus in the same namespace; `default` if absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub event_bus_name: Option<String>,
    /// Pods; 1 if absent or less.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub replicas: Option<i32>,
    /// Customises the pod.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<PodTemplate>")]
    pub template: Option<Value>,
    /// Asks for a Kubernetes Service.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<ServiceTemplate>")]
    pub service: Option<Value>,
    /// Kind of source → event name → configuration.
    #[serde(flatten)]
    #[schemars(skip)]
    pub kinds: BTreeMap<String, Value>,
}

impl EventSourceSpec {
    /// Iterates over kind, event name and configuration; what is no map of events is left out.
    pub fn events(&self) -> impl Iterator<Item = (&str, &str, &Value)> {
        self.kinds
            .iter()
            .filter_map(|(kind, events)| Some((kind, events.as_object()?)))
            .flat_map(|(kind, events)| {
                events
                    .iter()
                    .map(move |(name, config)| (kind.as_str(), name.as_str(), config))
            })
    }
}

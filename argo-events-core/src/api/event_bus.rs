//! `spec` of an EventBus.

use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::BTreeMap;

/// One kind of bus with its configuration.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct EventBusSpec {
    /// Kind of bus, such as `jetstream`, with its configuration.
    #[serde(flatten)]
    pub kinds: BTreeMap<String, Value>,
}

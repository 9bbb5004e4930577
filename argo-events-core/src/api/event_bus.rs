//! `spec` of an EventBus.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::BTreeMap;

/// One kind of bus with its configuration.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default)]
pub struct EventBusSpec {
    /// Kind of bus, such as `jetstream`, with its configuration.
    #[serde(flatten)]
    #[schemars(skip)]
    pub kinds: BTreeMap<String, Value>,
}

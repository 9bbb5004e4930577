//! What the log trigger is configured with.

use argo_events_core::{FieldPath, Problems, registry::TriggerConfig};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Writes each event to the log.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default)]
pub struct LogConfig {
    /// Fewest seconds between two lines of the trigger; what comes in between is not written. 0 writes all.
    #[serde(skip_serializing_if = "is_zero")]
    pub interval_seconds: u64,
}

fn is_zero(seconds: &u64) -> bool {
    *seconds == 0
}

impl TriggerConfig for LogConfig {
    const KIND: &'static str = "log";
    const EXAMPLE: &'static str = include_str!("example.yaml");

    fn validate(&self, _: &FieldPath, _: &mut Problems) {}
}

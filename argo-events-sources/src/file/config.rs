//! What manifests say about watched files.

use super::Operation;
use crate::kit::{ExpressionFilter, watch_path::WatchPathConfig};
use argo_events_core::{
    FieldPath, Problem, Problems,
    registry::{Placement, SourceConfig},
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Configures the watching of files.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default)]
pub struct FileConfig {
    /// What must have happened: `CREATE`, `WRITE`, `REMOVE`, `RENAME` or `CHMOD`.
    pub event_type: String,
    /// Which files.
    pub watch_path_config: WatchPathConfig,
    /// Whether to look through the directory instead of being told by the system.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub polling: bool,
    /// Added to every event as `metadata`, null if absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub metadata: Option<BTreeMap<String, String>>,
    /// Drops events for which the expression does not hold.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub filter: Option<ExpressionFilter>,
}

impl SourceConfig for FileConfig {
    const KIND: &'static str = "file";
    const PLACEMENT: Placement = Placement::Single;
    const EXAMPLE: &'static str = include_str!("example.yaml");

    fn validate(&self, path: &FieldPath, problems: &mut Problems) {
        let (event_type, help) = (
            path.field("eventType"),
            "use CREATE, WRITE, REMOVE, RENAME or CHMOD",
        );
        if self.event_type.is_empty() {
            problems.push(Problem::error(event_type, "type must be specified").help(help));
        } else if Operation::parse(&self.event_type).to_string() != self.event_type {
            let message = format!("{:?} never happens", self.event_type);
            problems.push(Problem::warning(event_type, message).help(help));
        }
        self.watch_path_config
            .validate(&path.field("watchPathConfig"), problems);
    }
}

//! Settings of the memory bus.

use crate::ByteSize;
use argo_events_core::{FieldPath, Problems, api::GoDuration, registry::BusConfig};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// Settings of [`MemoryBus`](crate::MemoryBus).
///
/// ```
/// let config: argo_events_bus::MemoryConfig = serde_json::from_str(r#"{ "keepEvents": 10 }"#)?;
/// assert_eq!(config.keep_events(), 10);
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default)]
pub struct MemoryConfig {
    /// How many of the latest events are kept for groups that begin at the oldest; 1000 if absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub keep_events: Option<usize>,
    /// The most bytes that the kept events hold, and the events waiting for one group; 64Mi if absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_bytes: Option<ByteSize>,
    /// For how long a repeated event id is recognised as a duplicate; 5m if absent, 0 for never.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub dedup_window: Option<GoDuration>,
}

impl MemoryConfig {
    /// Default of [`Self::keep_events`].
    pub const KEEP_EVENTS: usize = 1000;
    /// Default of [`Self::max_bytes`].
    pub const MAX_BYTES: ByteSize = ByteSize(64 * 1024 * 1024);
    /// Default of [`Self::dedup_window`].
    pub const DEDUP_WINDOW: Duration = Duration::from_secs(5 * 60);

    /// Returns how many of the latest events are kept.
    pub fn keep_events(&self) -> usize {
        self.keep_events.unwrap_or(Self::KEEP_EVENTS)
    }

    /// Returns the most bytes that events hold.
    pub fn max_bytes(&self) -> usize {
        usize::try_from(self.max_bytes.unwrap_or(Self::MAX_BYTES).0).unwrap_or(usize::MAX)
    }

    /// Returns for how long a repeat is recognised.
    pub fn dedup_window(&self) -> Duration {
        self.dedup_window
            .map_or(Self::DEDUP_WINDOW, GoDuration::to_std)
    }
}

impl BusConfig for MemoryConfig {
    const KIND: &'static str = "memory";

    fn validate(&self, path: &FieldPath, problems: &mut Problems) {
        if self.max_bytes == Some(ByteSize(0)) {
            problems.error(
                path.field("maxBytes"),
                "must be more than 0, such as \"64Mi\"",
            );
        }
        if self.dedup_window.is_some_and(|window| window.0 < 0) {
            let message = "must not be negative; write \"5m\", or 0 to recognise no repeats";
            problems.error(path.field("dedupWindow"), message);
        }
    }
}

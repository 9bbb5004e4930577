//! Settings of the local bus.

use crate::ByteSize;
use argo_events_core::{FieldPath, Problems, api::GoDuration, registry::BusConfig};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// Settings of the embedded, durable bus.
///
/// ```
/// let config: argo_events_bus::LocalConfig = serde_json::from_str(r#"{ "maxBytes": "256Mi" }"#)?;
/// assert_eq!(config.max_bytes(), 256 * 1024 * 1024);
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default)]
pub struct LocalConfig {
    /// How long events are kept, read or not; 168h if absent, 0 for ever. Whole segments are
    /// dropped, so an event may stay up to an eighth longer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_age: Option<GoDuration>,
    /// The most bytes of events kept, read or not; 1Gi if absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_bytes: Option<ByteSize>,
    /// For how long a repeated event id is recognised as a duplicate; 5m if absent, 0 for never.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub dedup_window: Option<GoDuration>,
}

impl LocalConfig {
    /// Default of [`Self::max_age`].
    pub const MAX_AGE: Duration = Duration::from_secs(168 * 60 * 60);
    /// Default of [`Self::max_bytes`].
    pub const MAX_BYTES: ByteSize = ByteSize(1 << 30);
    /// Default of [`Self::dedup_window`].
    pub const DEDUP_WINDOW: Duration = Duration::from_secs(5 * 60);

    /// The least that [`Self::max_bytes`] may be.
    const LEAST_BYTES: ByteSize = ByteSize(1 << 20);

    /// Returns how long events are kept; `None` for ever.
    pub fn max_age(&self) -> Option<Duration> {
        let age = self.max_age.map_or(Self::MAX_AGE, GoDuration::to_std);
        (!age.is_zero()).then_some(age)
    }

    /// Returns the most bytes of events kept.
    pub fn max_bytes(&self) -> u64 {
        self.max_bytes
            .unwrap_or(Self::MAX_BYTES)
            .max(Self::LEAST_BYTES)
            .0
    }

    /// Returns for how long a repeat is recognised.
    pub fn dedup_window(&self) -> Duration {
        self.dedup_window
            .map_or(Self::DEDUP_WINDOW, GoDuration::to_std)
    }
}

impl BusConfig for LocalConfig {
    const KIND: &'static str = "local";

    fn validate(&self, path: &FieldPath, problems: &mut Problems) {
        if self.max_bytes.is_some_and(|size| size < Self::LEAST_BYTES) {
            let message = format!("must be at least {}, such as \"1Gi\"", Self::LEAST_BYTES);
            problems.error(path.field("maxBytes"), message);
        }
        let durations = [
            ("maxAge", self.max_age, "for ever"),
            ("dedupWindow", self.dedup_window, "never"),
        ];
        for (field, duration, meaning) in durations {
            if duration.is_some_and(|duration| duration.0 < 0) {
                let message = format!("must not be negative; write \"24h\", or 0 for {meaning}");
                problems.error(path.field(field), message);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn problems(json: &str) -> Vec<String> {
        let config: LocalConfig = serde_json::from_str(json).unwrap();
        let mut problems = Problems::default();
        config.validate(
            &FieldPath::root().field("spec").field("local"),
            &mut problems,
        );
        problems.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn defaults_are_a_week_a_gibibyte_and_five_minutes() {
        let config = LocalConfig::default();
        assert_eq!(config.max_age(), Some(Duration::from_secs(7 * 24 * 3600)));
        assert_eq!(config.max_bytes(), 1 << 30);
        assert_eq!(config.dedup_window(), Duration::from_secs(300));
        assert!(problems("{}").is_empty());
    }

    #[test]
    fn zero_keeps_events_for_ever_and_recognises_no_repeats() {
        let config: LocalConfig =
            serde_json::from_str(r#"{"maxAge":"0s","dedupWindow":0}"#).unwrap();
        assert_eq!(config.max_age(), None);
        assert_eq!(config.dedup_window(), Duration::ZERO);
    }

    #[test]
    fn limits_that_cannot_work_are_reported_with_their_place() {
        let found = problems(r#"{"maxAge":"-1h","maxBytes":"1Ki","dedupWindow":"-1s"}"#);
        assert_eq!(found.len(), 3, "{found:?}");
        assert_eq!(
            found[0],
            "spec.local.maxBytes: must be at least 1Mi, such as \"1Gi\""
        );
    }
}

//! Many EventSources or Sensors in one pod, because a pod for each is what costs most at scale.
//!
//! Objects of one namespace that use the same EventBus and service account, and customise nothing
//! else about their pod, form a [`Group`]. A group has one Deployment, whose process runs each
//! object by itself: what fails there fails alone. Its pods find the objects as files in the folder
//! that [`DIRECTORY_VARIABLE`] names, one file `NAME.json` for each, with `metadata` and `spec`.

mod logic;

pub(crate) use logic::move_in;
pub use logic::{Observed, group_of, plan};

/// Annotation of an EventSource or a Sensor: `"true"` to share pods, `"false"` not to.
pub const ANNOTATION: &str = "events.argoproj.io/packed";
/// Variable of a pod that names the folder of the objects it runs.
pub const DIRECTORY_VARIABLE: &str = "ARGO_EVENTS_PACKED_DIR";

/// Which objects share pods.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Group {
    /// `EventSource` or `Sensor`.
    pub kind: String,
    /// Namespace of the objects.
    pub namespace: String,
    /// Name of the EventBus.
    pub bus: String,
    /// Name of the service account; empty for the namespace's own.
    pub service_account: String,
    /// Class of pods: sources that run once are kept apart from those that every replica runs.
    pub class: String,
}

impl Group {
    pub(crate) fn labels(&self) -> serde_json::Map<String, serde_json::Value> {
        serde_json::Map::new()
    }
}

//! Many EventSources or Sensors in one pod, because a pod for each is what costs most at scale.
//!
//! Objects of one namespace that use the same EventBus and service account, and ask for nothing
//! else of their pod, form a [`Group`]. A group has one Deployment, whose process runs each object
//! by itself: what fails there fails alone. Its pods find the objects as files in the folder that
//! [`DIRECTORY_VARIABLE`] names, one file `NAME.json` for each, with `metadata` and `spec`; a change
//! of any of them restarts the pods. EventSources that listen on a port keep a pod of their own.
//!
//! An object that moves in keeps its own pods until one that is ready has it. One that moves out has
//! new ones started while those of the group are replaced; nobody waits for the other there.

mod group;
mod logic;
mod resources;
#[cfg(test)]
mod tests;

pub use group::{Group, group_of};
pub(crate) use logic::move_in;
pub use logic::{Observed, plan};
pub(crate) use resources::holder;

/// Reason why an object does not run in its group yet, which it will a moment later.
pub(crate) const PENDING: &str = "PackedDeploymentPending";

/// Annotation of an EventSource or a Sensor: `"true"` to share pods, `"false"` not to.
pub const ANNOTATION: &str = "events.argoproj.io/packed";
/// Label of a group's children: its name.
pub const GROUP_LABEL: &str = "events.argoproj.io/packed-group";
/// Variable of a pod that names the folder of the objects it runs.
pub const DIRECTORY_VARIABLE: &str = "ARGO_EVENTS_PACKED_DIR";

//! The reconciler of EventSources: a Deployment of pods, and a Service where one is asked for.

mod logic;
mod resources;

pub use logic::plan;

/// Finalizer of EventSources.
pub const FINALIZER: &str = "eventsource-controller";

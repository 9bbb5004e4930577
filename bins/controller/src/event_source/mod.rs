//! The reconciler of EventSources.

mod logic;

pub use logic::plan;

/// Finalizer of EventSources.
pub const FINALIZER: &str = "eventsource-controller";

//! The reconciler of EventBuses.

mod logic;

pub use logic::{Observed, child_names, plan};

/// Finalizer of EventBuses.
pub const FINALIZER: &str = "eventbus-controller";

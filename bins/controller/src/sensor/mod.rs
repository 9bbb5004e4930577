//! The reconciler of Sensors.

mod logic;

pub use logic::plan;

/// Finalizer of Sensors.
pub const FINALIZER: &str = "sensor-controller";

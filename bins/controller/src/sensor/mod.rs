//! The reconciler of Sensors: a Deployment of pods.

mod logic;

pub use logic::plan;

/// Finalizer of Sensors.
pub const FINALIZER: &str = "sensor-controller";

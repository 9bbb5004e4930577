//! The reconciler of EventBuses.
//!
//! JetStream is set up here ([`jetstream`]); a JetStream or a Kafka that exists is only written
//! into the status, from where pods learn about it. NATS Streaming is refused with a condition.

pub mod jetstream;
mod logic;
#[cfg(test)]
mod tests;

pub use logic::{Observed, child_names, plan};

/// Finalizer of EventBuses.
pub const FINALIZER: &str = "eventbus-controller";

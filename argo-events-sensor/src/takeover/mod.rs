//! Taking over a sensor that the reference ran on JetStream, and giving it back.
//!
//! [`Inheritance`] says what the reference left that still counts: consumers to go on with and events
//! that wait in half-met conditions. [`export`] writes what waits here as the reference would have.
//! Pure but for the bucket: nothing is deleted, no consumer is touched; the runtime reads and acts. Start
//! with `inheritance.rs`; `names.rs`, `hash.rs` and `state.rs` are what the reference calls and writes things.

mod export;
mod hash;
mod inheritance;
mod kept;
pub mod names;
mod state;

pub use export::{export, specification};
pub use hash::dependency_hash;
pub use inheritance::{Heir, HeirTrigger, Inheritance, InheritedTrigger};
pub use state::StoredEvent;

#[cfg(test)]
mod tests;

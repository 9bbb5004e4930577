//! Runs sensors: reads the bus in lanes, resolves, checkpoints, fires.
//!
//! Start with `plan.rs`, then `shared.rs`, `once.rs` and `shard.rs`, the kinds of lanes. Which
//! delivery is acknowledged when is decided in `docs/adr/0001-resolution-and-settlement.md`.

mod action;
pub mod checkpoint;
mod compile;
mod executor;
mod inheritance;
mod input;
mod journal;
mod lane;
mod layout;
mod led;
mod observer;
mod once;
mod opener;
mod plan;
mod position;
pub(crate) mod recent;
mod recorder;
mod sensor;
mod shard;
mod shared;

pub use compile::OwnTriggers;
pub use layout::{Consumers, Layout};
pub use observer::{Ending, Observer, Unobserved};
pub use plan::{Limits, SensorBuild, SensorPlan};
pub use sensor::SensorRuntime;

//! Runs sensors: reads the bus in lanes, resolves, checkpoints, fires.
//!
//! Start with `plan.rs`, then `shared.rs` and `shard.rs`, the two kinds of lanes. Which delivery is
//! acknowledged when is decided in `docs/adr/0001-resolution-and-settlement.md`.

pub mod checkpoint;
mod position;
mod recent;

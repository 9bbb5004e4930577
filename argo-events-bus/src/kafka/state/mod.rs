//! A store with compare-and-set over a compacted topic of one partition.
//!
//! Who wins is decided by the log: everybody reads the same records in the same order and judges
//! them by the same rules (`table`). Whoever writes waits until its own record is read back (`follower`).
//! `record` is how a write looks on the wire, `store` what a sensor sees. Why compaction cannot
//! change a verdict is in `docs/adr/0006-kafka.md`.

mod ends;
mod follower;
mod record;
mod store;
mod table;

pub(super) use follower::{Follower, follow};
pub(super) use store::{KafkaStore, Turns};

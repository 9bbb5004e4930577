//! Remembers events of half-met conditions and says when one holds.
//!
//! [`LatestWins`] is the reference's meaning; [`Join`] pairs by key, window and count. Both are pure and
//! synchronous, and [`Resolvers`] hands each event to those of a lane that name its dependency. The
//! runtime owns time, storage and effects. Why: `docs/adr/0001-resolution-and-settlement.md`.

mod bytes;
mod deadlines;
mod join;
mod journal;
mod latest;
mod log;
mod plan;
mod reset;
mod resolvers;

pub use join::{Join, JoinSettings, check_at_least};
pub use latest::LatestWins;
pub use log::{Dropped, Restored};
pub use plan::{Meaning, TriggerPlan};
pub use reset::ResetSchedule;
pub use resolvers::{Rejected, Resolvers};

#[cfg(test)]
mod tests;

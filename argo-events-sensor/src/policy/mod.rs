//! What surrounds every trigger: rate limit, retry, timeout, status policy, dead letter.
//!
//! [`Guarded`] runs a firing to its end through all of them. Triggers know nothing of it, and lanes
//! know only how it ended. Semantics: the ledger's EXE, RTY, DLQ, RL and POL rows, with strict token
//! buckets, and with retries and dead letters in every delivery mode.

mod guarded;
mod rate;

pub use guarded::{End, Guarded, GuardedBuilder};
pub use rate::RateLimiter;

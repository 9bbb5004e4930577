//! What surrounds every trigger: rate limit, retry, timeout, status and label policies, dead letter.
//!
//! [`Guarded`] runs a firing to its end through all of them. Triggers know nothing of it, and lanes
//! know only how it ended. Semantics: the ledger's EXE, RTY, DLQ, RL and POL rows, with strict token
//! buckets, and with retries and dead letters in every delivery mode.

mod build;
mod guarded;
mod labels;
mod rate;
#[cfg(test)]
mod tests;

pub use build::GuardedBuilder;
#[cfg(feature = "artifact")]
pub(crate) use build::fraction;
pub use guarded::{End, Guarded};
pub use rate::RateLimiter;

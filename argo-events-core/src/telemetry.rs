//! Names of metrics and a small registry for them, without globals.
//!
//! The reference exposes two summaries, which the usual crates do not write; ours is small enough
//! to own. Names and labels: the constants in [`names`].

mod metrics;
pub mod names;

pub use metrics::{Metrics, Labels};

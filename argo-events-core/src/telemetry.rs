//! Names of metrics and a small registry for them, without globals.
//!
//! The reference exposes two summaries, which the usual crates do not write; ours is small enough
//! to own. Names and labels: the constants in [`names`]. Serving the text over HTTP is the
//! business of whoever runs sources and sensors.

mod handle;
mod metrics;
pub mod names;
pub mod trace;

pub use handle::{Counter, Gauge, Summary};
pub use metrics::{Labels, MAX_SERIES, Metrics};

//! Writes events to the log: the quickest way to see what arrives.
//!
//! One line for each event of a firing, with the body as message. Lines are never sampled; with
//! `intervalSeconds` at most one is written in each interval. What the lines look like is the
//! business of the program's subscriber.

mod config;
mod line;
mod trigger;

pub use config::LogConfig;
pub use line::{Line, Text};
pub use trigger::LogTrigger;

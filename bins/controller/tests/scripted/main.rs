//! The controller and its webhook against an API server in memory, which does what it is told to.
//!
//! Time stands still unless everybody waits, so nothing here sleeps for long.

#![expect(clippy::unwrap_used, reason = "helpers of tests may panic as tests do")]

mod conditions;
mod config;
mod crowd;
mod election;
mod faults;
mod lifecycle;
mod objects;
mod packed;
mod secrets;
mod server;
mod stage;
mod webhook;

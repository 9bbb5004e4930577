//! The command as its users meet it: the real binary, on temporary folders and free ports.
//!
//! [`harness`] starts and ends processes, [`target`] is what triggers call. Nothing here sleeps:
//! a test waits for a line, an answer or a request, and gives up after [`harness::PATIENCE`].

#![expect(clippy::unwrap_used, reason = "helpers of tests may panic as tests do")]

mod bad_input;
mod crash;
mod crds;
mod examples;
mod faulty_targets;
#[cfg(target_os = "linux")]
mod full_disk;
mod harness;
mod information;
mod run;
mod schema;
mod target;
mod tests_of_sensors;
mod validate;

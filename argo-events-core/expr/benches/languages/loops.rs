//! Loops of a million additions, shown as a line each.
//!
//! They are no group of criterion's: Go's interpreters, which one would compare them with, are not in
//! this process, so there is no `baseline` for a ratio, and a group without one counts as a mistake.

use std::time::{Duration, Instant};

/// How often a loop adds.
pub(crate) const ADDITIONS: u32 = 1_000_000;

/// How often a loop is run; the fastest run counts, which others on the machine disturbed least.
const RUNS: usize = 5;

/// Runs a loop and shows how long one addition takes.
#[expect(
    clippy::disallowed_methods,
    reason = "what a loop costs is the machine's time"
)]
pub(crate) fn show(language: &str, run: impl Fn()) {
    let timed = || {
        let start = Instant::now();
        run();
        start.elapsed()
    };
    let fastest = (0..RUNS).map(|_| timed()).min().unwrap_or(Duration::MAX);
    let each = fastest / ADDITIONS;
    eprintln!("{language} loop of a million additions: {fastest:.1?}, {each:?} each (no ratio)");
}

//! Keeps a paused clock from running ahead of the sockets.
//!
//! A paused clock jumps to the next timer whenever nothing can run, also while bytes are still on
//! their way through the kernel. Here it jumps by small steps, with a moment of real time between
//! them, so that an exchange of requests takes next to no time on the paused clock.

use std::time::Duration;
use tokio::task::JoinSet;

/// What the clock may gain on the sockets; small against the tenths of a second that are compared.
const STEP: Duration = Duration::from_millis(5);
/// What the sockets get before each step.
const MOMENT: Duration = Duration::from_millis(1);

/// Slows the clock down until the set is dropped.
pub(super) fn behind_the_sockets() -> JoinSet<()> {
    JoinSet::from_iter([async {
        loop {
            // The clock stands while a blocking task runs.
            let moment = tokio::task::spawn_blocking(|| std::thread::sleep(MOMENT)).await;
            if moment.is_err() {
                return;
            }
            tokio::time::sleep(STEP).await;
        }
    }])
}

//! Writing what others write at the same time.

use argo_events_core::{Error, ErrorKind, Result};
use std::time::Duration;
use tokio::time::sleep;

/// How often an object is read, changed and written.
const MOST: u32 = 5;
/// How long to wait before the second time; longer before each further one.
const PAUSE: Duration = Duration::from_millis(50);

/// Counts how often an object was read, changed and written.
///
/// A cluster's own controllers write an object, its status above all, whenever it changes. What they
/// wrote since it was read is kept by reading it again.
#[derive(Debug, Default)]
pub(crate) struct Attempts {
    failed: u32,
}

impl Attempts {
    /// Waits for the next attempt if somebody else wrote the object since it was read; returns `false`
    /// if this one was the last.
    pub(crate) async fn go_on<T>(&mut self, attempt: &Result<T>) -> bool {
        self.failed += 1;
        let goes_on = attempt.as_ref().is_err_and(is_conflict) && self.failed < MOST;
        if goes_on {
            sleep(PAUSE * self.failed).await;
        }
        goes_on
    }
}

/// Tells whether somebody else wrote the object, or made it, at the same time.
fn is_conflict(error: &Error) -> bool {
    let was_made = error.context("reason") == Some("AlreadyExists");
    error.kind() == ErrorKind::Conflict && (error.is_transient() || was_made)
}

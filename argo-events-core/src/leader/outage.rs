//! Tells of an outage once when it begins and once when it ends.

use crate::Error;
use tracing::{info, warn};

/// Failures in a row of one thing.
#[derive(Debug, Default)]
pub(super) struct Outage {
    failures: u32,
}

impl Outage {
    /// Notes a failure and tells whether it is the first.
    pub(super) fn failed(&mut self, name: &str, error: &Error) -> bool {
        self.failures = self.failures.saturating_add(1);
        if self.failures == 1 {
            warn!(name, %error, "leader records cannot be reached, trying again");
        }
        self.failures == 1
    }

    /// Notes a success.
    pub(super) fn worked(&mut self, name: &str) {
        if self.failures > 0 {
            info!(
                name,
                failures = self.failures,
                "leader records can be reached again"
            );
            self.failures = 0;
        }
    }
}

//! How long a lease lasts, and how often it is renewed and looked at.

use crate::{Error, ErrorKind, Result};
use std::time::Duration;

/// The times of a [`LeaseElector`](super::LeaseElector).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LeaseSettings {
    /// How long a record must stay unchanged until somebody else may take it; 5 s.
    pub lease: Duration,
    /// How long after the start of its last successful renewal a holder stops; 4 s.
    ///
    /// The margin up to the lease covers clocks of different speed and the time it takes to stop.
    pub hold: Duration,
    /// How often the holder renews; 1.5 s.
    pub renew: Duration,
    /// How often a candidate looks; 1 s.
    pub poll: Duration,
}

impl Default for LeaseSettings {
    fn default() -> Self {
        Self {
            lease: Duration::from_secs(5),
            hold: Duration::from_secs(4),
            renew: Duration::from_millis(1_500),
            poll: Duration::from_secs(1),
        }
    }
}

impl LeaseSettings {
    /// Checks that the times fit together.
    ///
    /// # Errors
    /// `ConfigInvalid`, permanent, saying which do not.
    pub fn validate(&self) -> Result<()> {
        let invalid = |message| {
            let error = Error::permanent(ErrorKind::ConfigInvalid, message);
            Err(error
                .with("lease", format!("{:?}", self.lease))
                .with("hold", format!("{:?}", self.hold))
                .with("renew", format!("{:?}", self.renew)))
        };
        if self.renew.is_zero() || self.poll.is_zero() {
            return invalid("a lease is renewed and looked at after a time above zero");
        }
        if self.renew >= self.hold {
            return invalid("a lease must be renewed sooner than its holder gives up");
        }
        if self.hold >= self.lease {
            return invalid("a holder must give up sooner than its lease ends");
        }
        Ok(())
    }

    /// Returns how long one call may take: two of them fit between a renewal and the deadline.
    pub(super) fn patience(&self) -> Duration {
        (self.hold - self.renew) / 2
    }

    /// Returns after what time without a change a holder has missed a renewal.
    pub(super) fn missed_renewal(&self) -> Duration {
        self.lease.min(self.renew + self.poll)
    }

    /// Returns the pause after a renewal that failed.
    pub(super) fn retry(&self) -> Duration {
        self.renew.min(self.poll) / 2
    }
}

//! Holds a record: renews it, and writes it free when the holder resigns.

use super::{
    Tenure,
    elector::{Ballot, after},
    outage::Outage,
    records::{LeaseClaim, LeaseRecords},
};
use crate::{Error, ErrorKind, Result};
use std::{sync::Arc, time::Duration};
use tokio::time::{Instant, sleep_until};
use tracing::{info, warn};

/// What is stated for a record that nobody holds; as short as the units of every place allow.
const FREE_LEASE: Duration = Duration::from_secs(1);

/// Keeps one leadership.
pub(super) struct Keeper<R> {
    ballot: Arc<Ballot<R>>,
    name: Arc<str>,
    claim: LeaseClaim,
    revision: String,
    tenure: Tenure,
    started: Instant,
    outage: Outage,
}

/// What came of a write to a record that was ours.
enum Written {
    Ours,
    /// Somebody else is there.
    Taken,
}

impl<R: LeaseRecords> Keeper<R> {
    pub(super) fn new(
        ballot: Arc<Ballot<R>>,
        name: Arc<str>,
        claim: LeaseClaim,
        revision: String,
        tenure: Tenure,
        started: Instant,
    ) -> Self {
        Self {
            ballot,
            name,
            claim,
            revision,
            tenure,
            started,
            outage: Outage::default(),
        }
    }

    /// Renews until the holder resigns or the leadership is lost.
    pub(super) async fn keep(mut self) {
        let mut next = self.started + self.ballot.settings.renew;
        loop {
            tokio::select! {
                biased;
                () = self.tenure.resigned() => return self.resign().await,
                () = sleep_until(next.min(self.tenure.until())) => {}
            }
            let started = Instant::now();
            if started >= self.tenure.until() {
                return self.lost("it could not be renewed in time");
            }
            match self.write(self.claim.clone()).await {
                Ok(Written::Taken) => return self.lost("another process has taken it"),
                Ok(Written::Ours) => {
                    self.outage.worked(&self.name);
                    let until = started + self.ballot.settings.hold;
                    if !self.tenure.extend(until) {
                        warn!(name = %self.name, epoch = self.claim.term, "leadership lost: it was renewed too late");
                        // Nobody else can have it by now: the record need not keep them waiting.
                        return self.resign().await;
                    }
                    next = started + self.ballot.settings.renew;
                }
                Err(error) => {
                    self.outage.failed(&self.name, &error);
                    next = self.next_attempt(&error);
                }
            }
        }
    }

    /// Returns when to try again: as asked for, but in time for one more attempt before the deadline.
    fn next_attempt(&self, error: &Error) -> Instant {
        let settings = &self.ballot.settings;
        let soonest = Instant::now() + settings.retry();
        let asked = Instant::now() + after(error, settings.retry());
        let latest = self.tenure.until() - settings.patience();
        asked.min(latest.max(soonest))
    }

    /// Writes over our own record, also if the answer to an earlier write of ours was lost.
    async fn write(&mut self, claim: LeaseClaim) -> Result<Written> {
        let refused = match self.replace(&claim).await {
            Err(error) if error.kind() == ErrorKind::Conflict => error,
            outcome => return outcome.map(|()| Written::Ours),
        };
        if !self.find_own().await? {
            return Ok(Written::Taken);
        }
        match self.replace(&claim).await {
            // It changes under our hands: look again at the next renewal.
            Err(error) if error.kind() == ErrorKind::Conflict => Err(unsettled(refused)),
            outcome => outcome.map(|()| Written::Ours),
        }
    }

    async fn replace(&mut self, claim: &LeaseClaim) -> Result<()> {
        let expected = Some(self.revision.as_str()).filter(|revision| !revision.is_empty());
        self.revision = self.ballot.write(&self.name, claim, expected).await?;
        Ok(())
    }

    /// Reads the record and tells whether it is still ours to write: an absent one was deleted under us.
    async fn find_own(&mut self) -> Result<bool> {
        let Some(found) = self.ballot.read(&self.name).await? else {
            self.revision.clear();
            return Ok(true);
        };
        self.revision = found.revision;
        Ok(found.claim.holder == self.claim.holder && found.claim.term == self.claim.term)
    }

    /// Writes the record free. The holder has stopped, so nothing is held while this goes on.
    async fn resign(mut self) {
        let free = LeaseClaim {
            holder: String::new(),
            term: self.claim.term,
            lease: FREE_LEASE.min(self.claim.lease),
        };
        match self.write(free).await {
            Ok(_) => info!(name = %self.name, epoch = self.claim.term, "resigned"),
            Err(error) => {
                warn!(name = %self.name, %error, "cannot resign, the lease will run out");
            }
        }
    }

    fn lost(self, reason: &'static str) {
        warn!(name = %self.name, epoch = self.claim.term, reason, "leadership lost");
    }
}

fn unsettled(refused: Error) -> Error {
    Error::transient(
        ErrorKind::Conflict,
        "the leader record changes all the time",
    )
    .caused_by(refused)
}

//! What a candidate has seen of a record, and since when.

use super::records::LeaseRecord;
use std::time::Duration;
use tokio::time::Instant;

/// The last change of a record that a candidate noticed.
#[derive(Debug, Default)]
pub(super) struct Sighting {
    seen: Option<Seen>,
}

#[derive(Debug)]
struct Seen {
    holder: String,
    beat: Option<String>,
    lease: Duration,
    since: Instant,
}

impl Sighting {
    /// Notes what was read, at the time when the reading was finished, and returns when the name is free.
    pub(super) fn note(
        &mut self,
        found: Option<&LeaseRecord>,
        own: &str,
        finished: Instant,
    ) -> Instant {
        let Some(found) = found else {
            return self.note_absence(finished);
        };
        let holder = &found.claim.holder;
        let is_same = self
            .seen
            .as_ref()
            .is_some_and(|seen| seen.beat.as_ref() == Some(&found.beat) && seen.holder == *holder);
        if !is_same {
            self.seen = Some(Seen {
                holder: holder.clone(),
                beat: Some(found.beat.clone()),
                lease: found.claim.lease,
                since: finished,
            });
        }
        if holder.is_empty() || holder == own {
            return finished;
        }
        self.free_at(finished)
    }

    /// A record that was there and is gone was deleted under its holder, who may go on for its lease.
    fn note_absence(&mut self, finished: Instant) -> Instant {
        let Some(seen) = &mut self.seen else {
            return finished;
        };
        if seen.holder.is_empty() {
            return finished;
        }
        if seen.beat.take().is_some() {
            seen.since = finished;
        }
        self.free_at(finished)
    }

    fn free_at(&self, finished: Instant) -> Instant {
        self.seen
            .as_ref()
            .map_or(finished, |seen| seen.since + seen.lease)
    }
}

//! Where a group stands: what it has seen, and what of it is not settled.
//!
//! It is stored now and then, and when the bus closes. What is settled after that and before a
//! crash is delivered again, which the contract allows.

use crate::group::{Desk, Queue, Stored};
use argo_events_core::Timestamp;
use serde::{Deserialize, Serialize};
use std::time::Duration;
use tokio::time::Instant;

/// The position of a group in the log.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct GroupPosition {
    /// The first place that the group has not seen.
    pub(super) next: u64,
    /// What it has seen before that and not settled, by sequence.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(super) unsettled: Vec<Pending>,
}

/// One event that is not settled.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Pending {
    #[serde(rename = "s")]
    pub(super) sequence: u64,
    #[serde(rename = "a")]
    attempt: u32,
    /// Not before this, in nanoseconds since the epoch.
    #[serde(rename = "d", default, skip_serializing_if = "Option::is_none")]
    due: Option<i64>,
}

impl GroupPosition {
    /// Returns the position of a new group.
    pub(super) fn beginning_at(next: u64) -> Self {
        Self {
            next,
            unsettled: Vec::new(),
        }
    }

    /// Reads the position off a desk. All before `offered` was offered to groups that keep up.
    pub(super) fn of(desk: &Desk, offered: u64, now: Timestamp) -> Self {
        let instant = Instant::now();
        let due = |until: Instant| (now + until.saturating_duration_since(instant)).as_nanos();
        let pending = |(sequence, attempt, until): (u64, u32, Option<Instant>)| Pending {
            sequence,
            attempt,
            due: until.map(due),
        };
        let mut unsettled: Vec<_> = desk.unsettled.iter().map(pending).collect();
        unsettled.sort_unstable_by_key(|pending| pending.sequence);
        Self {
            next: desk.queue.first_unseen(offered),
            unsettled,
        }
    }

    /// Makes a desk that goes on from here. The unsettled events are those that are still kept.
    pub(super) fn resume(&self, unsettled: Vec<Stored>, end: u64, now: Timestamp) -> Desk {
        let mut desk = Desk::with_queue(Queue::beginning_at(self.next, end));
        let instant = Instant::now();
        for stored in unsettled {
            let pending = self
                .unsettled
                .iter()
                .find(|pending| pending.sequence == stored.sequence);
            let Some(pending) = pending else { continue };
            let left = pending.due.map(|due| Timestamp::from_nanos(due).since(now));
            let until = left
                .filter(|left| *left > Duration::ZERO)
                .map(|left| instant + left);
            desk.unsettled.restore(stored, pending.attempt, until);
        }
        desk
    }
}

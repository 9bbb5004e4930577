//! The rules of a group, as plain data: what comes next, who has what, who has room for more.
//!
//! No lock, no task, no clock: callers say what time it is. An event is in the [`Queue`] until it
//! is first handed out; from then on it is [`Unsettled`] until it is acknowledged or rejected.

#[cfg(feature = "local")]
use super::queue::Stored;
use super::{
    queue::Queue,
    unsettled::{Handed, ReaderId, Unsettled},
};
use argo_events_core::{Event, Subject};
use std::{
    collections::{BTreeMap, HashSet},
    num::NonZeroUsize,
    sync::Arc,
    time::Duration,
};
use tokio::time::Instant;

/// What a group wants.
pub(crate) type Subjects = Arc<HashSet<Subject>>;

/// What [`Desk::take`] found.
#[derive(Debug)]
pub(crate) enum Taken {
    /// These; never empty.
    Some(Vec<Handed>),
    /// Nothing now; something may come back at this time.
    Nothing(Option<Instant>),
    /// The bus is closed.
    Closed,
}

/// Whether a reader that waits has a reason to look again.
#[must_use]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Wake {
    /// There is.
    Readers,
    /// There is none.
    Nobody,
}

/// What a group still has to do.
#[derive(Debug, Default)]
pub(crate) struct Desk {
    /// What nobody of the group has seen.
    pub(crate) queue: Queue,
    /// What was handed out and is not settled.
    pub(crate) unsettled: Unsettled,
    subjects: Subjects,
    seats: BTreeMap<ReaderId, Seat>,
    next_reader: ReaderId,
    failure: Option<String>,
    changed: bool,
    closed: bool,
}

#[derive(Debug)]
struct Seat {
    held: usize,
    most: usize,
    ack_wait: Duration,
}

impl Desk {
    /// Tells whether anybody reads.
    #[cfg(feature = "memory")]
    pub(crate) fn has_readers(&self) -> bool {
        !self.seats.is_empty()
    }

    /// Tells whether several readers share the group.
    pub(crate) fn is_shared(&self) -> bool {
        self.seats.len() > 1
    }

    /// Returns the subjects the group wants.
    pub(crate) fn subjects(&self) -> &Subjects {
        &self.subjects
    }

    /// Tells whether the group wants an event.
    #[cfg(feature = "memory")]
    pub(crate) fn wants(&self, event: &Event) -> bool {
        wants(&self.subjects, event.source(), event.subject())
    }

    /// Changes what the group wants; what it no longer wants is no longer delivered.
    pub(crate) fn set_subjects(&mut self, subjects: HashSet<Subject>) {
        if *self.subjects != subjects {
            let wanted = |event: &Event| wants(&subjects, event.source(), event.subject());
            self.queue.retain(wanted);
            self.unsettled.retain_ready(wanted);
            self.subjects = Arc::new(subjects);
        }
    }

    /// Lets a reader in.
    pub(crate) fn join(&mut self, most: NonZeroUsize, ack_wait: Duration) -> ReaderId {
        self.next_reader += 1;
        self.seats.insert(
            self.next_reader,
            Seat {
                held: 0,
                most: most.get(),
                ack_wait,
            },
        );
        self.next_reader
    }

    /// Lets a reader go. What it holds may still be settled, and comes again otherwise.
    pub(crate) fn leave(&mut self, reader: ReaderId) {
        self.seats.remove(&reader);
    }

    /// Ends the deliveries.
    pub(crate) fn close(&mut self) {
        self.closed = true;
    }

    /// Hands out what comes again, then what is fresh, up to `most` and to the reader's bound.
    pub(crate) fn take(&mut self, reader: ReaderId, most: usize, now: Instant) -> Taken {
        for holder in self.unsettled.expire(now) {
            // Whoever waits does so until the same deadline: nobody has to be told.
            let _ = self.release(holder);
        }
        let Some(seat) = self.seats.get_mut(&reader).filter(|_| !self.closed) else {
            return Taken::Closed;
        };
        let until = now + seat.ack_wait;
        let room = seat.most.saturating_sub(seat.held).min(most.max(1));
        let count = room.min(self.unsettled.ready() + self.queue.len());
        if count == 0 {
            return Taken::Nothing(self.unsettled.earliest());
        }
        seat.held += count;
        Taken::Some(
            (0..count)
                .filter_map(|_| self.hand_out(reader, until))
                .collect(),
        )
    }

    fn hand_out(&mut self, reader: ReaderId, until: Instant) -> Option<Handed> {
        if let Some(again) = self.unsettled.hand_out_again(reader, until) {
            return Some(again);
        }
        let stored = self.queue.pop()?;
        Some(self.unsettled.hand_out(stored, reader, until))
    }

    /// Settles an event for good. An attempt that came too late settles it too: the work is done.
    pub(crate) fn finish(&mut self, sequence: u64) -> Wake {
        match self.unsettled.finish(sequence) {
            Some(Some(reader)) => self.release(reader),
            Some(None) | None => Wake::Nobody,
        }
    }

    /// Takes an event back that was not settled.
    pub(crate) fn give_back(&mut self, sequence: u64, attempt: u32) -> Wake {
        let Some(reader) = self.unsettled.give_back(sequence, attempt) else {
            return Wake::Nobody;
        };
        // Whether the reader was full does not matter: there is something to read in any case.
        let _ = self.release(reader);
        Wake::Readers
    }

    /// Takes an event back until a time has come.
    pub(crate) fn delay(&mut self, sequence: u64, attempt: u32, until: Instant) -> Wake {
        if self.unsettled.delay(sequence, attempt, until) {
            Wake::Readers
        } else {
            Wake::Nobody
        }
    }

    /// Notes a sign of life.
    pub(crate) fn keep_alive(&mut self, sequence: u64, attempt: u32, now: Instant) {
        let seats = &self.seats;
        let deadline = |reader: ReaderId| Some(now + seats.get(&reader)?.ack_wait);
        self.unsettled.keep_alive(sequence, attempt, deadline);
    }

    fn release(&mut self, reader: ReaderId) -> Wake {
        let Some(seat) = self.seats.get_mut(&reader) else {
            return Wake::Nobody;
        };
        let was_full = seat.held >= seat.most;
        seat.held = seat.held.saturating_sub(1);
        if was_full {
            Wake::Readers
        } else {
            Wake::Nobody
        }
    }

    /// Returns how many of the events before a place the group has not settled, at most.
    #[cfg(feature = "local")]
    pub(crate) fn lag(&self, offered: u64) -> u64 {
        let unseen = offered.saturating_sub(self.queue.first_unseen(offered));
        unseen + self.unsettled.iter().count() as u64
    }

    /// Notes that the position has moved and tells whether it had not since [`Self::take_change`].
    pub(crate) fn note_change(&mut self) -> bool {
        !std::mem::replace(&mut self.changed, true)
    }

    /// Returns why events could not be fetched, once.
    pub(crate) fn take_failure(&mut self) -> Option<String> {
        self.failure.take()
    }
}

#[cfg(feature = "local")]
impl Desk {
    /// Makes the desk of a group that has this queue before it.
    pub(crate) fn with_queue(queue: Queue) -> Self {
        Self {
            queue,
            ..Self::default()
        }
    }

    /// Tells whether the position moved since it was last asked.
    pub(crate) fn take_change(&mut self) -> bool {
        std::mem::take(&mut self.changed)
    }

    /// Adds what was fetched for these subjects; if the group wants others by now, nothing, and it
    /// will be fetched again.
    pub(crate) fn end_fetch(&mut self, wanted: &Subjects, found: Vec<Stored>, next: u64, end: u64) {
        if Arc::ptr_eq(wanted, &self.subjects) {
            self.queue.end_fetch(found, next, end);
        } else {
            self.queue.fail_fetch();
        }
    }

    /// Notes why nothing could be fetched; the next reader is told.
    pub(crate) fn fail_fetch(&mut self, reason: String) {
        self.queue.fail_fetch();
        self.failure = Some(reason);
    }
}

/// Tells whether an event of this source and name is among the subjects.
pub(crate) fn wants(subjects: &HashSet<Subject>, source: &str, event: &str) -> bool {
    subjects
        .iter()
        .any(|subject| subject.source == source && subject.event == event)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::group::Stored;
    use argo_events_core::Timestamp;

    const WAIT: Duration = Duration::from_secs(30);

    fn desk(events: u64) -> Desk {
        let mut desk = Desk::default();
        desk.set_subjects(HashSet::from([Subject::new("shop", "paid")]));
        for sequence in 1..=events {
            let event = Arc::new(Event::builder(sequence.to_string(), "shop", "paid").build());
            desk.queue.push(Stored {
                sequence,
                arrived_at: Timestamp::EPOCH,
                event,
            });
        }
        desk
    }

    fn most(count: usize) -> NonZeroUsize {
        NonZeroUsize::new(count).unwrap()
    }

    fn take(desk: &mut Desk, reader: ReaderId, now: Instant) -> Vec<(u64, u32)> {
        match desk.take(reader, 100, now) {
            Taken::Some(handed) => handed
                .iter()
                .map(|it| (it.stored.sequence, it.attempt))
                .collect(),
            Taken::Nothing(_) | Taken::Closed => Vec::new(),
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_late_acknowledgement_settles_what_is_handed_out_again() {
        let (mut desk, now) = (desk(1), Instant::now());
        let reader = desk.join(most(10), WAIT);
        assert_eq!(take(&mut desk, reader, now), [(1, 1)]);
        assert_eq!(take(&mut desk, reader, now + WAIT), [(1, 2)]);
        assert_eq!(desk.finish(1), Wake::Nobody);
        assert_eq!(take(&mut desk, reader, now + 2 * WAIT), []);
    }

    #[tokio::test(start_paused = true)]
    async fn an_old_attempt_cannot_take_a_delivery_from_its_new_holder() {
        let (mut desk, now) = (desk(1), Instant::now());
        let reader = desk.join(most(10), WAIT);
        take(&mut desk, reader, now);
        take(&mut desk, reader, now + WAIT);
        assert_eq!(desk.give_back(1, 1), Wake::Nobody);
        assert_eq!(desk.delay(1, 1, now), Wake::Nobody);
        assert_eq!(take(&mut desk, reader, now + WAIT), []);
    }

    #[tokio::test(start_paused = true)]
    async fn what_a_departed_reader_held_comes_again_after_its_ack_wait() {
        let (mut desk, now) = (desk(1), Instant::now());
        let first = desk.join(most(10), WAIT);
        take(&mut desk, first, now);
        desk.leave(first);
        let second = desk.join(most(10), WAIT);
        assert_eq!(take(&mut desk, second, now), []);
        assert_eq!(take(&mut desk, second, now + WAIT), [(1, 2)]);
    }

    #[tokio::test(start_paused = true)]
    async fn a_delayed_event_counts_against_the_reader_that_asked() {
        let (mut desk, now) = (desk(2), Instant::now());
        let reader = desk.join(most(1), WAIT);
        assert_eq!(take(&mut desk, reader, now), [(1, 1)]);
        assert_eq!(desk.delay(1, 1, now + WAIT), Wake::Readers);
        assert_eq!(take(&mut desk, reader, now), []);
        assert_eq!(take(&mut desk, reader, now + WAIT), [(1, 2)]);
    }

    #[tokio::test(start_paused = true)]
    async fn a_sign_of_life_moves_the_deadline() {
        let (mut desk, now) = (desk(1), Instant::now());
        let reader = desk.join(most(1), WAIT);
        take(&mut desk, reader, now);
        desk.keep_alive(1, 1, now + WAIT / 2);
        assert_eq!(take(&mut desk, reader, now + WAIT), []);
        assert_eq!(take(&mut desk, reader, now + WAIT * 3 / 2), [(1, 2)]);
    }

    #[tokio::test(start_paused = true)]
    async fn what_is_no_longer_wanted_is_no_longer_delivered() {
        let (mut desk, now) = (desk(2), Instant::now());
        let reader = desk.join(most(1), WAIT);
        take(&mut desk, reader, now);
        assert_eq!(desk.give_back(1, 1), Wake::Readers);
        desk.set_subjects(HashSet::from([Subject::new("shop", "shipped")]));
        assert_eq!(take(&mut desk, reader, now), []);
    }
}

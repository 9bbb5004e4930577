//! The rules of a group, as plain data: what is fresh, what is handed out, what comes again.
//!
//! No lock, no task, no clock: callers say what time it is. An event is *fresh* until it is first
//! handed out; from then on it is *unsettled* until it is acknowledged or rejected, and is in the
//! hands of a reader, waiting for the end of a delay, or ready to be handed out again.

use argo_events_core::{Event, Subject, Timestamp};
use std::{
    collections::{BTreeMap, BTreeSet, HashSet, VecDeque},
    num::NonZeroUsize,
    sync::Arc,
    time::Duration,
};
use tokio::time::Instant;

/// An event with its place on the bus.
#[derive(Clone, Debug)]
pub(crate) struct Stored {
    /// The place.
    pub(crate) sequence: u64,
    /// When the bus accepted it.
    pub(crate) arrived_at: Timestamp,
    /// The event.
    pub(crate) event: Arc<Event>,
}

impl Stored {
    /// Returns about how many bytes the event holds in memory.
    pub(crate) fn weight(&self) -> usize {
        const OVERHEAD: usize = 512;
        let extensions = self
            .event
            .extensions()
            .iter()
            .map(|(name, value)| name.len() + value.len());
        self.event.data().map_or(0, bytes::Bytes::len) + extensions.sum::<usize>() + OVERHEAD
    }
}

/// One event given to a reader, for the how manieth time.
#[derive(Debug)]
pub(crate) struct Handed {
    pub(crate) stored: Stored,
    pub(crate) attempt: u32,
}

/// Names a reader of the group.
pub(crate) type ReaderId = u64;

#[derive(Debug)]
enum State {
    /// A reader has it, until it is silent for too long.
    Handed { reader: ReaderId, until: Instant },
    /// A reader asked for it again, not before a time; it still counts against that reader.
    Delayed { reader: ReaderId, until: Instant },
    /// To be handed out again.
    Ready,
}

impl State {
    fn deadline(&self) -> Option<Instant> {
        match self {
            Self::Handed { until, .. } | Self::Delayed { until, .. } => Some(*until),
            Self::Ready => None,
        }
    }

    fn holder(&self) -> Option<ReaderId> {
        match self {
            Self::Handed { reader, .. } | Self::Delayed { reader, .. } => Some(*reader),
            Self::Ready => None,
        }
    }
}

#[derive(Debug)]
struct Unsettled {
    stored: Stored,
    attempt: u32,
    state: State,
}

#[derive(Debug)]
struct Seat {
    held: usize,
    most: usize,
    ack_wait: Duration,
}

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
    subjects: HashSet<Subject>,
    fresh: VecDeque<Stored>,
    fresh_weight: usize,
    unsettled: BTreeMap<u64, Unsettled>,
    ready: BTreeSet<u64>,
    /// No deadline of an unsettled event lies before this.
    earliest: Option<Instant>,
    seats: BTreeMap<ReaderId, Seat>,
    next_reader: ReaderId,
    closed: bool,
}

impl Desk {
    /// Adds an event that nobody has seen yet. Sequences must rise.
    pub(crate) fn offer(&mut self, stored: Stored) {
        debug_assert!(
            self.fresh
                .back()
                .is_none_or(|last| last.sequence < stored.sequence)
        );
        self.fresh_weight += stored.weight();
        self.fresh.push_back(stored);
    }

    /// Returns how many bytes the fresh events hold, about.
    pub(crate) fn fresh_weight(&self) -> usize {
        self.fresh_weight
    }

    /// Throws the oldest fresh event away and tells whether there was one.
    pub(crate) fn drop_oldest(&mut self) -> bool {
        self.pop_fresh().is_some()
    }

    /// Tells whether anybody reads.
    pub(crate) fn has_readers(&self) -> bool {
        !self.seats.is_empty()
    }

    /// Returns the subjects the group wants.
    pub(crate) fn subjects(&self) -> &HashSet<Subject> {
        &self.subjects
    }

    /// Tells whether the group wants an event.
    pub(crate) fn wants(&self, event: &Event) -> bool {
        wants(&self.subjects, event)
    }

    /// Changes what the group wants; what it no longer wants is no longer delivered.
    pub(crate) fn set_subjects(&mut self, subjects: HashSet<Subject>) {
        if self.subjects != subjects {
            self.fresh.retain(|stored| wants(&subjects, &stored.event));
            self.fresh_weight = self.fresh.iter().map(Stored::weight).sum();
            self.ready.retain(|sequence| {
                let keep = wants(&subjects, &self.unsettled[sequence].stored.event);
                if !keep {
                    self.unsettled.remove(sequence);
                }
                keep
            });
            self.subjects = subjects;
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
        if self.closed {
            return Taken::Closed;
        }
        self.expire(now);
        let Some(seat) = self.seats.get(&reader) else {
            return Taken::Closed;
        };
        let (room, until) = (
            seat.most.saturating_sub(seat.held).min(most.max(1)),
            now + seat.ack_wait,
        );
        let count = room.min(self.ready.len() + self.fresh.len());
        if count == 0 {
            return Taken::Nothing(self.earliest);
        }
        let taken = (0..count)
            .filter_map(|_| self.hand_out(State::Handed { reader, until }))
            .collect();
        self.hold(reader, count);
        self.expect_at(until);
        Taken::Some(taken)
    }

    fn hand_out(&mut self, state: State) -> Option<Handed> {
        if let Some(sequence) = self.ready.pop_first() {
            let unsettled = self.unsettled.get_mut(&sequence)?;
            unsettled.attempt = unsettled.attempt.saturating_add(1);
            unsettled.state = state;
            return Some(Handed {
                stored: unsettled.stored.clone(),
                attempt: unsettled.attempt,
            });
        }
        let stored = self.pop_fresh()?;
        let handed = Handed {
            stored: stored.clone(),
            attempt: 1,
        };
        self.unsettled.insert(
            stored.sequence,
            Unsettled {
                stored,
                attempt: 1,
                state,
            },
        );
        Some(handed)
    }

    fn pop_fresh(&mut self) -> Option<Stored> {
        let stored = self.fresh.pop_front()?;
        self.fresh_weight -= stored.weight();
        Some(stored)
    }

    /// Settles an event for good. An attempt that came too late settles it too: the work is done.
    pub(crate) fn finish(&mut self, sequence: u64) -> Wake {
        let Some(unsettled) = self.unsettled.remove(&sequence) else {
            return Wake::Nobody;
        };
        match unsettled.state.holder() {
            Some(reader) => self.release(reader),
            None => {
                self.ready.remove(&sequence);
                Wake::Nobody
            }
        }
    }

    /// Takes an event back that was not settled. Only its newest attempt has a say.
    pub(crate) fn give_back(&mut self, sequence: u64, attempt: u32) -> Wake {
        let Some(unsettled) = self.newest(sequence, attempt) else {
            return Wake::Nobody;
        };
        let State::Handed { reader, .. } = unsettled.state else {
            return Wake::Nobody;
        };
        unsettled.state = State::Ready;
        self.ready.insert(sequence);
        // Whether the reader was full does not matter: there is something to read in any case.
        let _ = self.release(reader);
        Wake::Readers
    }

    /// Takes an event back until a time has come. Only its newest attempt has a say.
    pub(crate) fn delay(&mut self, sequence: u64, attempt: u32, until: Instant) -> Wake {
        let Some(unsettled) = self.newest(sequence, attempt) else {
            return Wake::Nobody;
        };
        let State::Handed { reader, .. } = unsettled.state else {
            return Wake::Nobody;
        };
        unsettled.state = State::Delayed { reader, until };
        self.expect_at(until);
        Wake::Readers
    }

    /// Notes a sign of life. Only the newest attempt has a say.
    pub(crate) fn keep_alive(&mut self, sequence: u64, attempt: u32, now: Instant) {
        let Some(unsettled) = self.newest(sequence, attempt) else {
            return;
        };
        let State::Handed { reader, .. } = unsettled.state else {
            return;
        };
        if let Some(seat) = self.seats.get(&reader) {
            let until = now + seat.ack_wait;
            self.unsettled
                .entry(sequence)
                .and_modify(|u| u.state = State::Handed { reader, until });
        }
    }

    fn newest(&mut self, sequence: u64, attempt: u32) -> Option<&mut Unsettled> {
        self.unsettled
            .get_mut(&sequence)
            .filter(|unsettled| unsettled.attempt == attempt)
    }

    /// Makes ready whatever is past its deadline. Looks at all, but seldom.
    fn expire(&mut self, now: Instant) {
        if self.earliest.is_none_or(|earliest| now < earliest) {
            return;
        }
        self.earliest = None;
        let mut unsettled = std::mem::take(&mut self.unsettled);
        for (sequence, entry) in &mut unsettled {
            match entry.state.deadline() {
                Some(deadline) if now < deadline => self.expect_at(deadline),
                Some(_) => self.come_back(*sequence, entry),
                None => {}
            }
        }
        self.unsettled = unsettled;
    }

    fn come_back(&mut self, sequence: u64, entry: &mut Unsettled) {
        if let Some(reader) = entry.state.holder() {
            // Whoever calls looks at the seats next.
            let _ = self.release(reader);
        }
        entry.state = State::Ready;
        self.ready.insert(sequence);
    }

    fn expect_at(&mut self, deadline: Instant) {
        self.earliest = Some(
            self.earliest
                .map_or(deadline, |earliest| earliest.min(deadline)),
        );
    }

    fn hold(&mut self, reader: ReaderId, count: usize) {
        if let Some(seat) = self.seats.get_mut(&reader) {
            seat.held += count;
        }
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
}

fn wants(subjects: &HashSet<Subject>, event: &Event) -> bool {
    subjects
        .iter()
        .any(|it| it.source == event.source() && it.event == event.subject())
}

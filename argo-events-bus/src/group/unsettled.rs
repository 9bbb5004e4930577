//! Events that were handed out and are not settled yet.
//!
//! Each is in the hands of a reader until it is silent for too long, waiting for the end of a
//! delay, or ready to be handed out again.

use super::queue::Stored;
use crate::spread::Spread;
use argo_events_core::Event;
use std::{
    collections::{BTreeSet, HashMap},
    hash::BuildHasherDefault,
};
use tokio::time::Instant;

/// One event given to a reader, with how often it was given to any.
#[derive(Debug)]
pub(crate) struct Handed {
    pub(crate) stored: Stored,
    pub(crate) attempt: u32,
}

/// Names a reader of the group.
pub(crate) type ReaderId = u64;

/// The events that are not settled yet.
#[derive(Debug, Default)]
pub(crate) struct Unsettled {
    entries: HashMap<u64, Entry, BuildHasherDefault<Spread>>,
    ready: BTreeSet<u64>,
    /// No deadline of an entry lies before this.
    earliest: Option<Instant>,
}

#[derive(Debug)]
struct Entry {
    stored: Stored,
    attempt: u32,
    state: State,
}

#[derive(Clone, Copy, Debug)]
enum State {
    /// A reader has it, until it is silent for too long.
    Handed { reader: ReaderId, until: Instant },
    /// It was asked for again, not before a time; it still counts against who asked.
    Delayed {
        reader: Option<ReaderId>,
        until: Instant,
    },
    /// To be handed out again.
    Ready,
}

impl State {
    fn deadline(self) -> Option<Instant> {
        match self {
            Self::Handed { until, .. } | Self::Delayed { until, .. } => Some(until),
            Self::Ready => None,
        }
    }

    fn holder(self) -> Option<ReaderId> {
        match self {
            Self::Handed { reader, .. } => Some(reader),
            Self::Delayed { reader, .. } => reader,
            Self::Ready => None,
        }
    }
}

impl Unsettled {
    /// Returns how many are ready to be handed out again.
    pub(crate) fn ready(&self) -> usize {
        self.ready.len()
    }

    /// Returns when to look again; nothing comes back before.
    pub(crate) fn earliest(&self) -> Option<Instant> {
        self.earliest
    }

    /// Notes that a reader has a fresh event.
    pub(crate) fn hand_out(&mut self, stored: Stored, reader: ReaderId, until: Instant) -> Handed {
        self.expect_at(until);
        let handed = Handed {
            stored: stored.clone(),
            attempt: 1,
        };
        let state = State::Handed { reader, until };
        self.entries.insert(
            stored.sequence,
            Entry {
                stored,
                attempt: 1,
                state,
            },
        );
        handed
    }

    /// Hands the oldest out that is ready to come again.
    pub(crate) fn hand_out_again(&mut self, reader: ReaderId, until: Instant) -> Option<Handed> {
        let sequence = self.ready.pop_first()?;
        self.expect_at(until);
        let entry = self.entries.get_mut(&sequence)?;
        entry.attempt = entry.attempt.saturating_add(1);
        entry.state = State::Handed { reader, until };
        Some(Handed {
            stored: entry.stored.clone(),
            attempt: entry.attempt,
        })
    }

    /// Removes an event and returns who was holding it; `None` if it was settled before.
    pub(crate) fn finish(&mut self, sequence: u64) -> Option<Option<ReaderId>> {
        let entry = self.entries.remove(&sequence)?;
        self.ready.remove(&sequence);
        Some(entry.state.holder())
    }

    /// Makes an event ready to come again and returns who was holding it.
    /// Only the newest attempt has a say.
    pub(crate) fn give_back(&mut self, sequence: u64, attempt: u32) -> Option<ReaderId> {
        let (entry, reader) = self.handed(sequence, attempt)?;
        entry.state = State::Ready;
        self.ready.insert(sequence);
        Some(reader)
    }

    /// Lets an event come again once a time has come. Only the newest attempt has a say.
    pub(crate) fn delay(&mut self, sequence: u64, attempt: u32, until: Instant) -> bool {
        let Some((entry, reader)) = self.handed(sequence, attempt) else {
            return false;
        };
        entry.state = State::Delayed {
            reader: Some(reader),
            until,
        };
        self.expect_at(until);
        true
    }

    /// Moves the deadline of a holder who is alive. Only the newest attempt has a say.
    pub(crate) fn keep_alive(
        &mut self,
        sequence: u64,
        attempt: u32,
        deadline: impl FnOnce(ReaderId) -> Option<Instant>,
    ) {
        let Some((entry, reader)) = self.handed(sequence, attempt) else {
            return;
        };
        if let Some(until) = deadline(reader) {
            entry.state = State::Handed { reader, until };
        }
    }

    fn handed(&mut self, sequence: u64, attempt: u32) -> Option<(&mut Entry, ReaderId)> {
        let entry = self
            .entries
            .get_mut(&sequence)
            .filter(|entry| entry.attempt == attempt)?;
        match entry.state {
            State::Handed { reader, .. } => Some((entry, reader)),
            State::Delayed { .. } | State::Ready => None,
        }
    }

    /// Makes everything ready whose deadline has passed and returns who was holding it.
    ///
    /// It looks at all entries, but only when a deadline passes, which with prompt readers is once
    /// in an ack wait.
    pub(crate) fn expire(&mut self, now: Instant) -> Vec<ReaderId> {
        let mut released = Vec::new();
        if self.earliest.is_none_or(|earliest| now < earliest) {
            return released;
        }
        self.earliest = None;
        let mut earliest = None;
        for (sequence, entry) in &mut self.entries {
            match entry.state.deadline() {
                Some(deadline) if now < deadline => earliest = sooner(earliest, deadline),
                Some(_) => {
                    released.extend(entry.state.holder());
                    entry.state = State::Ready;
                    self.ready.insert(*sequence);
                }
                None => {}
            }
        }
        self.earliest = earliest;
        released
    }

    fn expect_at(&mut self, deadline: Instant) {
        self.earliest = sooner(self.earliest, deadline);
    }

    /// Forgets what is ready to come again but no longer wanted.
    pub(crate) fn retain_ready(&mut self, wants: impl Fn(&Event) -> bool) {
        self.ready.retain(|sequence| {
            let wanted = self
                .entries
                .get(sequence)
                .is_some_and(|it| wants(&it.stored.event));
            if !wanted {
                self.entries.remove(sequence);
            }
            wanted
        });
    }
}

#[cfg(feature = "local")]
impl Unsettled {
    /// Iterates over sequence, attempt, and until when it is delayed, in no order.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (u64, u32, Option<Instant>)> {
        self.entries.iter().map(|(sequence, entry)| {
            let delayed_until = match entry.state {
                State::Delayed { until, .. } => Some(until),
                State::Handed { .. } | State::Ready => None,
            };
            (*sequence, entry.attempt, delayed_until)
        })
    }

    /// Takes up an event that was not settled when the bus was last open.
    pub(crate) fn restore(&mut self, stored: Stored, attempt: u32, delayed_until: Option<Instant>) {
        let sequence = stored.sequence;
        let state = match delayed_until {
            Some(until) => {
                self.expect_at(until);
                State::Delayed {
                    reader: None,
                    until,
                }
            }
            None => {
                self.ready.insert(sequence);
                State::Ready
            }
        };
        self.entries.insert(
            sequence,
            Entry {
                stored,
                attempt,
                state,
            },
        );
    }
}

fn sooner(earliest: Option<Instant>, deadline: Instant) -> Option<Instant> {
    Some(earliest.map_or(deadline, |earliest| earliest.min(deadline)))
}

//! What a group has to do: events that wait, and events that somebody holds.
//!
//! An attempt is named by event and number, so that a holder who comes too late changes nothing.

use argo_events_core::{Event, Position, Subject, Timestamp};
use std::{collections::BTreeMap, sync::Arc, time::Duration};
use tokio::time::Instant;

/// An event that was accepted.
#[derive(Clone)]
pub(super) struct Item {
    pub(super) event: Arc<Event>,
    pub(super) arrived_at: Timestamp,
    pub(super) position: Position,
}

/// The board of a group.
#[derive(Default)]
pub(super) struct Board {
    pub(super) subjects: Vec<Subject>,
    /// By sequence, so that they are handed out in the order of publication.
    entries: BTreeMap<u64, Entry>,
}

struct Entry {
    item: Item,
    attempt: u32,
    holder: Option<u64>,
    /// When it may be handed out (again); `None` means never.
    due: Option<Instant>,
}

/// What was handed out: items with the number of the attempt, and when there may be more.
pub(super) struct Taken {
    pub(super) items: Vec<(Item, u32)>,
    pub(super) next_due: Option<Instant>,
}

impl Board {
    /// Tells whether the group subscribed to an event.
    pub(super) fn wants(&self, event: &Event) -> bool {
        let mut subjects = self.subjects.iter();
        subjects.any(|it| it.source == event.source() && it.event == event.subject())
    }

    /// Returns how many events are not settled.
    pub(super) fn len(&self) -> usize {
        self.entries.len()
    }

    /// Returns how many events a reader holds.
    pub(super) fn held_by(&self, reader: u64) -> usize {
        let now = Instant::now();
        let held = |entry: &&Entry| entry.holder == Some(reader) && !entry.is_due(now);
        self.entries.values().filter(held).count()
    }

    /// Puts an event on the board if the group subscribed to it.
    pub(super) fn put(&mut self, item: &Item) {
        if self.wants(&item.event) {
            let entry = Entry {
                item: item.clone(),
                attempt: 0,
                holder: None,
                due: Some(Instant::now()),
            };
            self.entries.insert(item.position.sequence, entry);
        }
    }

    /// Hands out what is due; until the deadline it is nobody else's.
    pub(super) fn take(&mut self, reader: u64, most: usize, deadline: Option<Instant>) -> Taken {
        let now = Instant::now();
        let due = self.entries.values_mut().filter(|entry| entry.is_due(now));
        let items = due.take(most).map(|entry| {
            entry.attempt += 1;
            (entry.holder, entry.due) = (Some(reader), deadline);
            (entry.item.clone(), entry.attempt)
        });
        let items = items.collect();
        let later = self.entries.values().filter_map(|entry| entry.due);
        let next_due = later.filter(|due| *due > now).min();
        Taken { items, next_due }
    }

    /// Settles an attempt for good.
    pub(super) fn remove(&mut self, sequence: u64, attempt: u32) {
        if self.held(sequence, attempt).is_some() {
            self.entries.remove(&sequence);
        }
    }

    /// Lets another attempt follow after a delay.
    pub(super) fn put_back(&mut self, sequence: u64, attempt: u32, after: Duration) {
        if let Some(entry) = self.held(sequence, attempt) {
            entry.holder = None;
            entry.due = Instant::now().checked_add(after);
        }
    }

    /// Gives the holder of an attempt more time.
    pub(super) fn extend(&mut self, sequence: u64, attempt: u32, deadline: Option<Instant>) {
        if let Some(entry) = self.held(sequence, attempt) {
            entry.due = deadline;
        }
    }

    fn held(&mut self, sequence: u64, attempt: u32) -> Option<&mut Entry> {
        let entry = self.entries.get_mut(&sequence)?;
        (entry.holder.is_some() && entry.attempt == attempt).then_some(entry)
    }
}

impl Entry {
    fn is_due(&self, now: Instant) -> bool {
        self.due.is_some_and(|due| due <= now)
    }
}

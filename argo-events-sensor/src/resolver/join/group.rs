//! What waits under one key: events in the order of their dependencies, oldest first within one.

use argo_events_core::{Event, Timestamp, api::JoinKeep, resolver::Held};
use argo_events_expr::condition::BitSet;
use std::{ops::Range, sync::Arc};

/// An event that waits.
#[derive(Debug)]
pub(super) struct Waiting {
    pub(super) event: Arc<Event>,
    pub(super) at: Timestamp,
    pub(super) dependency: u16,
    /// A checkpoint has it.
    pub(super) stored: bool,
}

/// How many events of a dependency are needed, how many are kept, and which.
#[derive(Clone, Copy, Debug)]
pub(super) struct Quota {
    pub(super) needed: usize,
    pub(super) kept: usize,
    pub(super) keep: JoinKeep,
}

/// What an event did to its group.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Taken {
    /// It was added to the others.
    Added,
    /// The oldest of its dependency made room for it.
    Displaced,
    /// It was not kept, since the first ones are.
    Refused,
}

/// What waits under one key.
#[derive(Debug, Default)]
pub(super) struct Group {
    events: Vec<Waiting>,
    /// Dependencies that have as many events as they need.
    present: BitSet,
}

/// Memory for more events than this is given back when a group is emptied.
const FEW: usize = 8;

impl Group {
    pub(super) fn present(&self) -> &BitSet {
        &self.present
    }

    pub(super) fn len(&self) -> usize {
        self.events.len()
    }

    pub(super) fn is_empty(&self) -> bool {
        self.events.is_empty()
    }

    pub(super) fn events(&self) -> &[Waiting] {
        &self.events
    }

    /// Notes whether a checkpoint has the events.
    pub(super) fn mark_stored(&mut self, stored: bool) {
        self.events
            .iter_mut()
            .for_each(|waiting| waiting.stored = stored);
    }

    fn range(&self, dependency: u16) -> Range<usize> {
        let start = self
            .events
            .partition_point(|waiting| waiting.dependency < dependency);
        let length =
            self.events[start..].partition_point(|waiting| waiting.dependency == dependency);
        start..start + length
    }

    /// Adds an event as its dependency's quota allows.
    pub(super) fn add(&mut self, waiting: Waiting, quota: Quota) -> Taken {
        let range = self.range(waiting.dependency);
        if range.len() + 1 >= quota.needed {
            self.present.insert(usize::from(waiting.dependency));
        }
        if range.len() < quota.kept {
            self.events.insert(range.end, waiting);
            return Taken::Added;
        }
        if quota.keep == JoinKeep::First {
            return Taken::Refused;
        }
        let same = &mut self.events[range];
        same.rotate_left(1);
        if let Some(last) = same.last_mut() {
            *last = waiting;
        }
        Taken::Displaced
    }

    /// Removes events and returns whether there were any; the others decide what is present.
    pub(super) fn remove_where(
        &mut self,
        unwanted: impl Fn(&Waiting) -> bool,
        quotas: &[Quota],
    ) -> bool {
        let before = self.events.len();
        self.events.retain(|waiting| !unwanted(waiting));
        for (place, quota) in quotas.iter().enumerate() {
            if self.range(place as u16).len() < quota.needed {
                self.present.remove(place);
            }
        }
        self.events.len() < before
    }

    /// Returns the arrival of the earliest event.
    pub(super) fn earliest(&self) -> Option<Timestamp> {
        self.events.iter().map(|waiting| waiting.at).min()
    }

    /// Moves the events out, in the order in which a firing holds them.
    pub(super) fn drain_into(&mut self, held: &mut Vec<Held>) {
        let events = self.events.drain(..);
        held.extend(events.map(
            |Waiting {
                 dependency, event, ..
             }| Held { dependency, event },
        ));
        self.clear();
    }

    /// Forgets everything, and keeps a little memory for the next key.
    pub(super) fn clear(&mut self) {
        self.events.clear();
        self.events.shrink_to(FEW);
        self.present.clear();
    }
}

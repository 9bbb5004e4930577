//! Events that nobody of the group has seen yet, in order.
//!
//! The memory bus pushes everything. The local bus pushes while the queue is short; beyond that the
//! queue has a *gap*, and what comes after the gap is fetched from the log when there is room.

use argo_events_core::{Event, Timestamp};
use std::{collections::VecDeque, sync::Arc};

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
        let extensions = self.event.extensions().iter();
        let extensions: usize = extensions
            .map(|(name, value)| name.len() + value.len())
            .sum();
        self.event.data().map_or(0, bytes::Bytes::len) + extensions + OVERHEAD
    }
}

/// The events that nobody of the group has seen yet.
#[derive(Debug, Default)]
pub(crate) struct Queue {
    events: VecDeque<Stored>,
    weight: usize,
    next: u64,
    gap: Option<Gap>,
}

/// From here on events are in the log only.
#[derive(Clone, Copy, Debug)]
struct Gap {
    from: u64,
    fetching: bool,
}

impl Queue {
    /// How many events, and how many bytes of them, a queue holds that can fetch.
    pub(crate) const BOUND: (usize, usize) = (256, 1024 * 1024);

    /// Returns how many events are here.
    pub(crate) fn len(&self) -> usize {
        self.events.len()
    }

    /// Returns how many bytes they hold, about.
    #[cfg(feature = "memory")]
    pub(crate) fn weight(&self) -> usize {
        self.weight
    }

    /// Adds an event. Sequences must rise.
    pub(crate) fn push(&mut self, stored: Stored) {
        debug_assert!(
            self.events
                .back()
                .is_none_or(|last| last.sequence < stored.sequence)
        );
        self.next = stored.sequence + 1;
        self.weight += stored.weight();
        self.events.push_back(stored);
    }

    /// Takes the oldest event.
    pub(crate) fn pop(&mut self) -> Option<Stored> {
        let stored = self.events.pop_front()?;
        self.weight -= stored.weight();
        Some(stored)
    }

    /// Keeps only what the group wants.
    pub(crate) fn retain(&mut self, wants: impl Fn(&Event) -> bool) {
        self.events.retain(|stored| wants(&stored.event));
        self.weight = self.events.iter().map(Stored::weight).sum();
    }

    /// Tells from where to fetch, if it is time to; then a fetch is under way until
    /// [`Self::end_fetch`] or [`Self::fail_fetch`].
    pub(crate) fn begin_fetch(&mut self) -> Option<u64> {
        let (few, light) = (Self::BOUND.0 / 2, Self::BOUND.1 / 2);
        let gap = self.gap.as_mut().filter(|gap| !gap.fetching)?;
        if self.events.len() > few || self.weight > light {
            return None;
        }
        gap.fetching = true;
        Some(gap.from)
    }
}

#[cfg(feature = "local")]
impl Queue {
    /// Makes an empty queue of a group that begins at a place of a log.
    pub(crate) fn beginning_at(next: u64, end: u64) -> Self {
        let gap = (next < end).then_some(Gap {
            from: next,
            fetching: false,
        });
        Self {
            next,
            gap,
            ..Self::default()
        }
    }

    /// Adds an event that the log has, unless it is here already or has to be fetched later.
    pub(crate) fn push_within_bound(&mut self, stored: Stored) {
        if self.gap.is_some() || stored.sequence < self.next {
            return;
        }
        if self.is_full() {
            self.gap = Some(Gap {
                from: stored.sequence,
                fetching: false,
            });
        } else {
            self.push(stored);
        }
    }

    /// Adds what was fetched up to `next`. The gap is closed if the log ends there.
    pub(crate) fn end_fetch(&mut self, events: Vec<Stored>, next: u64, end: u64) {
        events.into_iter().for_each(|stored| self.push(stored));
        self.next = next;
        self.gap = (next < end).then_some(Gap {
            from: next,
            fetching: false,
        });
    }

    /// Notes that nothing could be fetched.
    pub(crate) fn fail_fetch(&mut self) {
        if let Some(gap) = &mut self.gap {
            gap.fetching = false;
        }
    }

    /// Returns the first place of the log that the group has not seen. Everything before `offered`
    /// was offered to queues without a gap.
    pub(crate) fn first_unseen(&self, offered: u64) -> u64 {
        match (self.events.front(), self.gap) {
            (Some(stored), _) => stored.sequence,
            (None, Some(gap)) => gap.from,
            (None, None) => self.next.max(offered),
        }
    }

    fn is_full(&self) -> bool {
        self.events.len() >= Self::BOUND.0 || self.weight >= Self::BOUND.1
    }
}

#[cfg(all(test, feature = "local"))]
mod tests {
    use super::*;

    fn stored(sequence: u64) -> Stored {
        let event = Arc::new(Event::builder(sequence.to_string(), "shop", "paid").build());
        Stored {
            sequence,
            arrived_at: Timestamp::EPOCH,
            event,
        }
    }

    fn drain(queue: &mut Queue) -> Vec<u64> {
        std::iter::from_fn(|| queue.pop())
            .map(|stored| stored.sequence)
            .collect()
    }

    #[test]
    fn a_full_queue_leaves_the_rest_to_the_log() {
        let mut queue = Queue::beginning_at(1, 1);
        let most = Queue::BOUND.0 as u64;
        (1..=most + 10).for_each(|sequence| queue.push_within_bound(stored(sequence)));
        assert_eq!(queue.begin_fetch(), None, "there is enough to do");
        assert_eq!(drain(&mut queue), (1..=most).collect::<Vec<_>>());
        assert_eq!(queue.begin_fetch(), Some(most + 1));
        assert_eq!(queue.begin_fetch(), None, "one fetch at a time");
    }

    #[test]
    fn nothing_is_missed_or_doubled_when_the_gap_closes_while_events_are_offered() {
        let mut queue = Queue::beginning_at(1, 3);
        assert_eq!(queue.begin_fetch(), Some(1));
        queue.push_within_bound(stored(3));
        queue.end_fetch(vec![stored(1), stored(2)], 3, 4);
        assert_eq!(queue.begin_fetch(), Some(3));
        queue.end_fetch(vec![stored(3)], 4, 4);
        queue.push_within_bound(stored(3));
        queue.push_within_bound(stored(4));
        assert_eq!(drain(&mut queue), [1, 2, 3, 4]);
    }

    #[test]
    fn a_failed_fetch_can_be_repeated() {
        let mut queue = Queue::beginning_at(5, 9);
        assert_eq!(queue.begin_fetch(), Some(5));
        queue.fail_fetch();
        assert_eq!(queue.begin_fetch(), Some(5));
    }

    #[test]
    fn the_first_unseen_place_is_what_a_restart_must_begin_with() {
        let mut queue = Queue::beginning_at(1, 1);
        assert_eq!(
            queue.first_unseen(7),
            7,
            "an idle group has seen what was offered"
        );
        queue.push_within_bound(stored(7));
        assert_eq!(queue.first_unseen(8), 7);
        assert_eq!(Queue::beginning_at(3, 9).first_unseen(9), 3);
    }
}

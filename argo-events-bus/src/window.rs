//! Remembers which events were accepted lately, so that a repeat is recognised.
//!
//! An event is known by source, name and id, of which a keyed 64-bit hash is kept: about 30 bytes
//! an event. Nobody outside the process can aim at a collision, and chance would need some 10¹⁴
//! events to find one within a full window.

use crate::spread::Spread;
use argo_events_core::{Event, Timestamp};
use std::{
    collections::{HashSet, VecDeque},
    hash::{BuildHasher, BuildHasherDefault, RandomState},
    time::Duration,
};

/// The most ids that are remembered, however long the window. A set of this size is cleaned up in
/// place where a slightly larger one would be moved to twice the memory.
pub(crate) const MOST_IDS: usize = 50_000;

/// What stands for an event.
pub(crate) type Fingerprint = u64;

/// Makes fingerprints; good for one window.
#[derive(Clone, Debug)]
pub(crate) struct Fingerprints(RandomState);

impl Fingerprints {
    /// Returns what stands for an event.
    pub(crate) fn of(&self, event: &Event) -> Fingerprint {
        self.of_identity((event.source(), event.subject(), event.id()))
    }

    /// Returns what stands for the event with this source, name and id.
    pub(crate) fn of_identity(&self, identity: (&str, &str, &str)) -> Fingerprint {
        self.0.hash_one(identity)
    }
}

/// The events accepted within the last so many seconds, and no more than [`MOST_IDS`].
#[derive(Debug)]
pub(crate) struct Window {
    length: Duration,
    fingerprints: Fingerprints,
    known: HashSet<Fingerprint, BuildHasherDefault<Spread>>,
    order: VecDeque<(Timestamp, Fingerprint)>,
}

impl Window {
    /// Makes an empty window; one without length knows nothing, ever.
    pub(crate) fn new(length: Duration) -> Self {
        let fingerprints = Fingerprints(RandomState::new());
        Self {
            length,
            fingerprints,
            known: HashSet::default(),
            order: VecDeque::new(),
        }
    }

    /// Returns what makes the fingerprints of this window.
    pub(crate) fn fingerprints(&self) -> &Fingerprints {
        &self.fingerprints
    }

    /// Returns for how long an event is remembered.
    #[cfg(feature = "local")]
    pub(crate) fn length(&self) -> Duration {
        self.length
    }

    /// Tells whether nothing is ever remembered.
    #[cfg(feature = "local")]
    pub(crate) fn is_off(&self) -> bool {
        self.length.is_zero()
    }

    /// Tells whether the event was accepted within the window.
    pub(crate) fn contains(&mut self, fingerprint: Fingerprint, now: Timestamp) -> bool {
        self.forget(now);
        self.known.contains(&fingerprint)
    }

    /// Remembers an event that was accepted.
    pub(crate) fn insert(&mut self, fingerprint: Fingerprint, now: Timestamp) {
        if self.length.is_zero() || !self.known.insert(fingerprint) {
            return;
        }
        if self.order.len() == MOST_IDS / 2 {
            // Room for all at once, so that a full window never moves to a larger place.
            self.known.reserve(MOST_IDS);
        }
        self.order.push_back((now, fingerprint));
        if self.order.len() > MOST_IDS {
            self.forget_oldest();
        }
    }

    fn forget(&mut self, now: Timestamp) {
        while self
            .order
            .front()
            .is_some_and(|(at, _)| *at + self.length <= now)
        {
            self.forget_oldest();
        }
    }

    fn forget_oldest(&mut self) {
        if let Some((_, fingerprint)) = self.order.pop_front() {
            self.known.remove(&fingerprint);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seconds(count: u64) -> Timestamp {
        Timestamp::EPOCH + Duration::from_secs(count)
    }

    fn event(id: &str) -> Event {
        Event::builder(id, "shop", "paid").build()
    }

    #[test]
    fn an_id_is_known_until_the_window_ends() {
        let mut window = Window::new(Duration::from_secs(10));
        let fingerprint = window.fingerprints().of(&event("1"));
        window.insert(fingerprint, seconds(0));
        assert!(window.contains(fingerprint, seconds(9)));
        assert!(!window.contains(fingerprint, seconds(10)));
    }

    #[test]
    fn the_same_id_of_another_event_name_is_another_event() {
        let window = Window::new(Duration::from_secs(10));
        let other = Event::builder("1", "shop", "shipped").build();
        assert_ne!(
            window.fingerprints().of(&event("1")),
            window.fingerprints().of(&other)
        );
    }

    #[test]
    fn the_number_of_ids_is_bounded() {
        let mut window = Window::new(Duration::from_secs(10));
        for id in 0..=u64::try_from(MOST_IDS).unwrap() {
            window.insert(id, seconds(0));
        }
        assert!(!window.contains(0, seconds(0)));
        assert_eq!(window.known.len(), MOST_IDS);
    }

    #[test]
    fn without_a_length_nothing_is_known() {
        let mut window = Window::new(Duration::ZERO);
        window.insert(1, seconds(0));
        assert!(!window.contains(1, seconds(0)));
    }
}

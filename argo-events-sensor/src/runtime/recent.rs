//! Remembers which events a lane saw lately, so that a source's repeat is not handled twice.
//!
//! Two generations of hashes: a window of at least `WINDOW`, bounded in number.

use argo_events_core::{Event, Timestamp};
use std::{
    collections::HashSet,
    hash::{BuildHasher, BuildHasherDefault, Hasher, RandomState},
    time::Duration,
};

/// How long an id is remembered, as the reference does.
const WINDOW: Duration = Duration::from_secs(60);
/// Most ids of a generation; beyond it the window gets shorter.
const MOST: usize = 32_768;

type Hashes = HashSet<u64, BuildHasherDefault<AsItIs>>;

/// Takes a hash for its own hash.
#[derive(Debug, Default)]
struct AsItIs(u64);

impl Hasher for AsItIs {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, _: &[u8]) {
        debug_assert!(false, "only hashes are hashed");
    }

    fn write_u64(&mut self, hash: u64) {
        self.0 = hash;
    }
}

/// Ids seen within the window.
#[derive(Debug)]
pub(crate) struct RecentIds {
    hasher: RandomState,
    current: Hashes,
    previous: Hashes,
    turned: Timestamp,
}

impl RecentIds {
    pub(crate) fn new(now: Timestamp) -> Self {
        let (current, previous) = (Hashes::default(), Hashes::default());
        Self {
            hasher: RandomState::new(),
            current,
            previous,
            turned: now,
        }
    }

    /// Remembers an event; returns whether it was there already.
    pub(crate) fn seen(&mut self, event: &Event, now: Timestamp) -> bool {
        let age = now.since(self.turned);
        if age >= WINDOW || self.current.len() >= MOST {
            std::mem::swap(&mut self.current, &mut self.previous);
            self.current.clear();
            // After a pause what would be the generation before is older than it may be.
            if age >= WINDOW * 2 {
                self.previous.clear();
            }
            self.turned = now;
        }
        let key = self
            .hasher
            .hash_one((event.source(), event.subject(), event.id()));
        self.previous.contains(&key) || !self.current.insert(key)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn event(id: &str) -> Event {
        Event::builder(id, "shop", "paid").build()
    }

    #[test]
    fn a_repeat_within_the_window_is_recognised() {
        let mut recent = RecentIds::new(Timestamp::EPOCH);
        assert!(!recent.seen(&event("1"), Timestamp::EPOCH));
        assert!(recent.seen(&event("1"), Timestamp::EPOCH + Duration::from_secs(59)));
        assert!(!recent.seen(&event("2"), Timestamp::EPOCH));
    }

    #[test]
    fn an_id_is_forgotten_after_two_windows() {
        let mut recent = RecentIds::new(Timestamp::EPOCH);
        recent.seen(&event("1"), Timestamp::EPOCH);
        recent.seen(&event("2"), Timestamp::EPOCH + WINDOW);
        assert!(!recent.seen(&event("1"), Timestamp::EPOCH + WINDOW * 2));
    }

    #[test]
    fn a_pause_does_not_prolong_the_window() {
        let mut recent = RecentIds::new(Timestamp::EPOCH);
        assert!(!recent.seen(&event("1"), Timestamp::EPOCH));
        assert!(!recent.seen(&event("1"), Timestamp::EPOCH + WINDOW * 2));
    }

    #[test]
    fn memory_stays_bounded_whatever_comes() {
        let mut recent = RecentIds::new(Timestamp::EPOCH);
        for number in 0..MOST * 3 {
            recent.seen(&event(&number.to_string()), Timestamp::EPOCH);
        }
        assert!(recent.current.len() + recent.previous.len() <= MOST * 2);
    }
}

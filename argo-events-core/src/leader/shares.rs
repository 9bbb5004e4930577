//! How many shards a replica should have, and which others are alive to have some.

use super::elector::is_predecessor;
use std::{cmp::Reverse, collections::HashMap, time::Duration};
use tokio::time::Instant;

/// Returns the fair share of a replica: all shares add up, and whoever has more keeps the odd one.
///
/// Every replica works this out from what it sees; once they see the same, nothing moves any more.
pub(super) fn share(shards: usize, own: (&str, usize), others: &[(&str, usize)]) -> usize {
    let mut replicas: Vec<_> = others.iter().copied().chain([own]).collect();
    replicas.sort_by_key(|&(id, held)| (Reverse(held), id));
    let place = replicas.iter().position(|&(id, _)| id == own.0);
    let odd = shards % replicas.len();
    shards / replicas.len() + usize::from(place.is_some_and(|place| place < odd))
}

/// The other replicas that announced themselves.
#[derive(Debug, Default)]
pub(super) struct Others {
    seen: HashMap<String, Seen>,
}

#[derive(Clone, Copy, Debug)]
struct Seen {
    version: u64,
    since: Instant,
    /// Whether it was seen to change, which only what is alive does.
    has_changed: bool,
}

impl Others {
    /// Notes who is announced now, and with which version.
    pub(super) fn note(&mut self, announced: Vec<(String, u64)>, now: Instant) {
        let mut seen = HashMap::with_capacity(announced.len());
        for (id, version) in announced {
            let found = match self.seen.get(&id) {
                Some(known) if known.version == version => *known,
                known => Seen {
                    version,
                    since: now,
                    has_changed: known.is_some(),
                },
            };
            seen.insert(id, found);
        }
        self.seen = seen;
    }

    /// Returns those whose announcement changed within the lease; what never changed here may have been
    /// left by the dead, and counts for a shorter time.
    pub(super) fn alive(&self, lease: Duration, unchanged: Duration, now: Instant) -> Vec<&str> {
        let all = self.seen.iter().filter(|(_, seen)| {
            let silence = if seen.has_changed { lease } else { unchanged };
            now < seen.since + silence
        });
        all.map(|(id, _)| id.as_str()).collect()
    }

    /// Tells whether another process of the same replica announced itself later, or this one is of that
    /// replica: where replicas have names of their own, it has ended then. Announcements are different
    /// keys, whose [versions](crate::Versioned::version) can be compared within a scope.
    pub(super) fn is_former(&self, id: &str, own: &str) -> bool {
        let version = self.seen.get(id).map(|seen| seen.version);
        let mut later = self
            .seen
            .iter()
            .filter(|(_, seen)| Some(seen.version) > version);
        is_predecessor(own, id) || later.any(|(other, _)| is_predecessor(other, id))
    }

    /// Returns those whose announcement did not change for a long time.
    pub(super) fn forgotten(&self, after: Duration, now: Instant) -> Vec<(String, u64)> {
        let gone = self
            .seen
            .iter()
            .filter(|(_, seen)| now >= seen.since + after);
        gone.map(|(id, seen)| (id.clone(), seen.version)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn what_a_process_left_is_no_replica_beside_the_one_that_followed_it() {
        let id = |name: &str, number: u8| format!("{name}.{number:016x}");
        let (own, before, other, left) = (id("a", 2), id("a", 1), id("b", 4), id("b", 3));
        let mut others = Others::default();
        let announced = [(&before, 5), (&left, 6), (&other, 9)];
        let announced = announced.map(|(id, version)| (id.clone(), version));
        others.note(announced.to_vec(), Instant::now());
        let former = [&before, &left, &other].map(|id| others.is_former(id, &own));
        assert_eq!(former, [true, true, false]);
        assert!(!others.is_former(&other, &id("c", 1)));
    }

    #[test]
    fn shares_add_up_and_what_is_balanced_stays() {
        let counts = |held: &[usize]| -> Vec<usize> {
            let ids: Vec<_> = (0..held.len()).map(|index| index.to_string()).collect();
            let all: Vec<_> = ids
                .iter()
                .map(String::as_str)
                .zip(held.iter().copied())
                .collect();
            let others = |index| all.iter().enumerate().filter(move |(at, _)| *at != index);
            let share = |index| {
                let others: Vec<_> = others(index).map(|(_, other)| *other).collect();
                share(7, all[index], &others)
            };
            (0..held.len()).map(share).collect()
        };
        assert_eq!(counts(&[0]), [7]);
        assert_eq!(counts(&[7, 0]), [4, 3]);
        assert_eq!(counts(&[3, 4]), [3, 4]);
        assert_eq!(counts(&[2, 2, 3]), [2, 2, 3]);
        assert_eq!(counts(&[0, 0, 0]), [3, 2, 2]);
        assert_eq!(counts(&[0; 9]), [1, 1, 1, 1, 1, 1, 1, 0, 0]);
    }
}

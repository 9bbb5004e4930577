//! What was in hand and not settled when its partition went: if it comes back, that is one more attempt.
//!
//! What *was* settled, and comes back since that was not committed, is not among it: it is a first attempt
//! once more, so that whoever remembers the ids of events passes it over. Nothing here outlives the process,
//! and other members of the group know nothing of it.

use super::Record;
use argo_events_core::Timestamp;
use std::collections::BTreeMap;

/// A record that was handed out in vain.
#[derive(Clone, Copy, Debug)]
struct Leftover {
    /// Tells it from the record that has its offset in a topic made anew.
    arrived_at: Timestamp,
    attempt: u32,
}

/// Records that were handed out in vain, by partition and offset.
#[derive(Debug, Default)]
pub(super) struct Leftovers(BTreeMap<i32, BTreeMap<i64, Leftover>>);

impl Leftovers {
    /// How many are kept of a partition: more than anybody has in hand.
    const MOST: usize = 1 << 16;

    /// Notes a record that was in hand, and how often it was by now.
    pub(super) fn note(&mut self, record: &Record, attempt: u32) {
        let of_partition = self.0.entry(record.partition).or_default();
        let arrived_at = record.arrived_at;
        of_partition.insert(
            record.offset,
            Leftover {
                arrived_at,
                attempt,
            },
        );
        if of_partition.len() > Self::MOST {
            of_partition.pop_first();
        }
    }

    /// Tells which attempt it is to hand out a record that was just read; forgets it, and what lies before it:
    /// a partition is read in order, so that was settled.
    pub(super) fn attempt(&mut self, record: &Record) -> u32 {
        let Some(of_partition) = self.0.get_mut(&record.partition) else {
            return 1;
        };
        *of_partition = of_partition.split_off(&record.offset);
        let found = of_partition.remove(&record.offset);
        if of_partition.is_empty() {
            self.0.remove(&record.partition);
        }
        let same = found.filter(|it| it.arrived_at == record.arrived_at);
        same.map_or(1, |it| it.attempt.saturating_add(1))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use argo_events_core::Event;
    use std::sync::Arc;

    fn record(offset: i64, arrived_at: i64) -> Record {
        Record {
            partition: 0,
            offset,
            arrived_at: Timestamp::from_millis(arrived_at),
            event: Arc::new(Event::builder("1", "shop", "paid").build()),
            weight: 1,
        }
    }

    #[test]
    fn a_record_of_a_topic_made_anew_has_no_former_attempts() {
        let mut leftovers = Leftovers::default();
        leftovers.note(&record(7, 1), 3);
        leftovers.note(&record(8, 1), 3);
        assert_eq!(leftovers.attempt(&record(7, 2)), 1);
        assert_eq!(leftovers.attempt(&record(8, 1)), 4);
    }

    #[test]
    fn what_was_passed_over_is_forgotten_and_no_more_than_the_bound_is_kept() {
        let mut leftovers = Leftovers::default();
        let most = Leftovers::MOST as i64;
        let one = record(0, 1);
        (0..=most).for_each(|offset| {
            leftovers.note(
                &Record {
                    offset,
                    ..one.clone()
                },
                1,
            );
        });
        assert_eq!(leftovers.0[&0].len(), Leftovers::MOST);
        assert_eq!(leftovers.attempt(&record(most - 1, 1)), 2);
        assert_eq!(leftovers.0[&0].len(), 1);
        assert_eq!(leftovers.attempt(&record(most, 1)), 2);
        assert!(leftovers.0.is_empty());
    }
}

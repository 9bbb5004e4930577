//! How far a group is in one partition: a position, and what is settled beyond it.
//!
//! Only what is *not* settled is kept, so one event that is retried for long costs no more memory for all
//! that is settled behind it. How far ahead of it the group may read is bounded all the same, since a
//! restart reads that once more.

use super::settled::{self, Ranges};
use std::{collections::VecDeque, ops::Range};

/// How far ahead of the first event that is not settled a partition is read.
const LONGEST: i64 = 1 << 20;

/// How far the group is in a partition, to be committed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Progress {
    pub(super) partition: i32,
    /// The first offset that is not settled.
    pub(super) next: i64,
    /// What is settled beyond it.
    pub(super) beyond: String,
}

/// One partition that the subscription reads.
#[derive(Debug, Default)]
pub(super) struct Lane {
    /// The offset after the last one read; `None` before the first.
    read: Option<i64>,
    /// What was read and is not settled, in order.
    open: VecDeque<i64>,
    /// The offset after the last one settled. What was read before it and is not open needs no settling.
    settled: i64,
    /// What was settled in an earlier life, and was not read again yet.
    beyond: Ranges,
    changed: bool,
}

impl Lane {
    /// Makes the lane of a partition of which this is settled beyond the position.
    pub(super) fn new(beyond: Ranges) -> Self {
        Self {
            beyond,
            ..Self::default()
        }
    }

    /// Takes in the next record, to be settled.
    pub(super) fn open(&mut self, offset: i64) {
        self.read = Some(offset + 1);
        self.open.push_back(offset);
    }

    /// Passes over the next record.
    pub(super) fn skip(&mut self, offset: i64) {
        self.read = Some(offset + 1);
        self.changed = true;
        if self.beyond.contains(offset) {
            self.settled = offset + 1;
        }
    }

    /// Tells whether a record was settled in an earlier life.
    pub(super) fn is_settled(&self, offset: i64) -> bool {
        self.beyond.contains(offset)
    }

    /// Settles a record.
    pub(super) fn settle(&mut self, offset: i64) {
        if let Ok(index) = self.open.binary_search(&offset) {
            self.changed = true;
            self.open.remove(index);
            self.settled = self.settled.max(offset + 1);
        }
    }

    /// Tells whether so much was read behind something that is not settled that no more should be.
    pub(super) fn is_stretched(&self) -> bool {
        let span = self.open.front().zip(self.read);
        span.is_some_and(|(first, read)| read - first >= LONGEST)
    }

    /// Returns how many records are not settled up to the end of the partition; `None` before the first.
    pub(super) fn lag(&self, end: i64) -> Option<u64> {
        let unread = u64::try_from(end - self.read?).unwrap_or(0);
        Some(unread + self.open.len() as u64)
    }

    /// Lets progress be told again, though nothing moved.
    pub(super) fn touch(&mut self) {
        self.changed = true;
    }

    /// Returns how far the group is, if that moved since it was last asked.
    pub(super) fn take_progress(&mut self, partition: i32) -> Option<Progress> {
        let changed = std::mem::take(&mut self.changed);
        changed.then(|| self.progress(partition)).flatten()
    }

    fn progress(&mut self, partition: i32) -> Option<Progress> {
        let read = self.read?;
        let next = self.open.front().copied().unwrap_or(read);
        self.beyond.forget_before(read);
        let settled = self.between_open().chain(self.beyond.iter());
        let beyond = settled::write(next, settled);
        Some(Progress {
            partition,
            next,
            beyond,
        })
    }

    /// Returns what is settled behind what is not, as far as anything is.
    fn between_open(&self) -> impl Iterator<Item = Range<i64>> {
        let ends = self.open.iter().copied().skip(1).chain([i64::MAX]);
        let gaps = self.open.iter().copied().zip(ends);
        let settled = gaps.map(|(before, behind)| before + 1..behind.min(self.settled));
        settled.filter(|range| !range.is_empty())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_settled_behind_a_long_retry_takes_no_memory() {
        let mut lane = Lane::default();
        for offset in 0..LONGEST - 1 {
            lane.open(offset);
            if offset > 0 {
                lane.settle(offset);
            }
        }
        assert!(lane.open.len() == 1 && lane.open.capacity() < 100);
        assert!(!lane.is_stretched());
        let progress = lane.take_progress(0).unwrap();
        let beyond = settled::read(0, &progress.beyond);
        assert!(progress.next == 0 && !beyond.contains(0));
        assert!(beyond.contains(1) && beyond.contains(LONGEST - 2));
    }

    #[test]
    fn a_partition_is_not_read_far_beyond_what_is_not_settled() {
        let mut lane = Lane::default();
        lane.open(7);
        (8..7 + LONGEST).for_each(|offset| lane.skip(offset));
        assert!(lane.is_stretched());
        lane.settle(7);
        assert!(!lane.is_stretched());
    }

    #[test]
    fn an_earlier_life_counts_until_it_was_read_again() {
        let mut lane = Lane::new(settled::read(5, "ae1 1+2 9+1"));
        lane.open(5);
        lane.skip(6);
        assert_eq!(lane.take_progress(0).unwrap().beyond, "ae1 1+1 2+1 9+1");
        lane.skip(7);
        lane.open(8);
        lane.settle(5);
        let progress = lane.take_progress(0).unwrap();
        assert_eq!((progress.next, &*progress.beyond), (8, "ae1 6+1"));
    }
}

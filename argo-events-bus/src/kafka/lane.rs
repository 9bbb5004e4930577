//! How far a group is in one partition: a position, and what is settled beyond it.

use super::settled;
use std::collections::{BTreeSet, VecDeque};

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
    /// What was read and is to be settled, in order; the first of them is not settled.
    window: VecDeque<Slot>,
    /// What was settled in an earlier life, and was not read again yet.
    beyond: BTreeSet<i64>,
    changed: bool,
}

#[derive(Clone, Copy, Debug)]
struct Slot {
    offset: i64,
    is_settled: bool,
}

impl Lane {
    /// Makes the lane of a partition of which this is settled beyond the position.
    pub(super) fn new(beyond: BTreeSet<i64>) -> Self {
        Self {
            beyond,
            ..Self::default()
        }
    }

    /// Takes in the next record, to be settled.
    pub(super) fn open(&mut self, offset: i64) {
        self.read = Some(offset + 1);
        let is_settled = false;
        self.window.push_back(Slot { offset, is_settled });
    }

    /// Passes over the next record.
    pub(super) fn skip(&mut self, offset: i64) {
        self.read = Some(offset + 1);
        self.changed = true;
    }

    /// Tells whether a record was settled in an earlier life.
    pub(super) fn is_settled(&self, offset: i64) -> bool {
        self.beyond.contains(&offset)
    }

    /// Settles a record.
    pub(super) fn settle(&mut self, offset: i64) {
        self.changed = true;
        let index = self.window.partition_point(|slot| slot.offset < offset);
        if let Some(slot) = self.window.get_mut(index) {
            slot.is_settled |= slot.offset == offset;
        }
        while self.window.front().is_some_and(|slot| slot.is_settled) {
            self.window.pop_front();
        }
    }

    /// Returns how many records are not settled up to the end of the partition; `None` before the first.
    pub(super) fn lag(&self, end: i64) -> Option<u64> {
        let unread = u64::try_from(end - self.read?).unwrap_or(0);
        let open = self.window.iter().filter(|slot| !slot.is_settled).count();
        Some(unread + open as u64)
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
        let next = self.window.front().map(|slot| slot.offset).or(self.read)?;
        // The position says so by itself.
        self.beyond = self.beyond.split_off(&next);
        let settled = self.window.iter().filter(|slot| slot.is_settled);
        let settled = settled.map(|slot| slot.offset);
        let beyond: BTreeSet<_> = settled.chain(self.beyond.iter().copied()).collect();
        let beyond = settled::write(next, &beyond);
        Some(Progress {
            partition,
            next,
            beyond,
        })
    }
}

//! How far a group is in one partition: a position, and what is settled beyond it.

use super::settled;
use std::collections::BTreeSet;

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
    /// Read and not settled.
    open: BTreeSet<i64>,
    /// Settled beyond the first open offset.
    beyond: BTreeSet<i64>,
    changed: bool,
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
        self.open.insert(offset);
    }

    /// Passes over the next record.
    pub(super) fn skip(&mut self, offset: i64) {
        self.read = Some(offset + 1);
        self.changed = true;
        self.forget_beyond();
    }

    /// Tells whether a record was settled in an earlier life.
    pub(super) fn is_settled(&self, offset: i64) -> bool {
        self.beyond.contains(&offset)
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

    fn next(&self) -> Option<i64> {
        self.open.first().copied().or(self.read)
    }

    /// Settles a record.
    pub(super) fn settle(&mut self, offset: i64) {
        if self.open.remove(&offset) {
            self.beyond.insert(offset);
            self.changed = true;
            self.forget_beyond();
        }
    }

    /// Forgets what the position says by itself.
    fn forget_beyond(&mut self) {
        let Some(next) = self.next() else { return };
        while self.beyond.first().is_some_and(|offset| *offset < next) {
            self.beyond.pop_first();
        }
    }

    fn progress(&self, partition: i32) -> Option<Progress> {
        let next = self.next()?;
        let beyond = settled::write(next, &self.beyond);
        Some(Progress {
            partition,
            next,
            beyond,
        })
    }
}

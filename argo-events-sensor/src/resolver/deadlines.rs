//! Which trigger must be woken first, and when.
//!
//! A heap with one entry per trigger as a rule: deadlines mostly move back, which is left alone until the
//! old time comes; only a deadline that moves forward adds an entry. So the answer may be too
//! early, never too late.

use argo_events_core::Timestamp;
use std::{cmp::Reverse, collections::BinaryHeap};

/// The deadlines of all triggers of a lane.
#[derive(Debug, Default)]
pub(crate) struct Deadlines {
    heap: BinaryHeap<Reverse<(Timestamp, usize)>>,
    /// Per trigger, the time of its earliest entry.
    scheduled: Vec<Option<Timestamp>>,
}

impl Deadlines {
    pub(crate) fn new(triggers: usize) -> Self {
        Self {
            heap: BinaryHeap::new(),
            scheduled: vec![None; triggers],
        }
    }

    /// Returns a time not later than the first deadline.
    pub(crate) fn first(&self) -> Option<Timestamp> {
        self.heap.peek().map(|Reverse((at, _))| *at)
    }

    /// Sees to it that a trigger is woken at a deadline, or earlier.
    #[inline]
    pub(crate) fn schedule(&mut self, trigger: usize, deadline: Option<Timestamp>) {
        let Some(deadline) = deadline else { return };
        let scheduled = &mut self.scheduled[trigger];
        if scheduled.is_none_or(|at| deadline < at) {
            *scheduled = Some(deadline);
            self.heap.push(Reverse((deadline, trigger)));
        }
    }

    /// Takes a trigger whose entry is due. The caller schedules it again.
    pub(crate) fn take_due(&mut self, now: Timestamp) -> Option<usize> {
        loop {
            let Reverse((at, trigger)) = *self.heap.peek().filter(|entry| entry.0.0 <= now)?;
            self.heap.pop();
            if self.scheduled[trigger] == Some(at) {
                self.scheduled[trigger] = None;
                return Some(trigger);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn at(millis: i64) -> Timestamp {
        Timestamp::from_millis(millis)
    }

    #[test]
    fn an_earlier_deadline_wins_and_the_later_entry_is_void() {
        let mut deadlines = Deadlines::new(2);
        deadlines.schedule(0, Some(at(20)));
        deadlines.schedule(1, Some(at(15)));
        deadlines.schedule(0, Some(at(10)));
        assert_eq!(deadlines.first(), Some(at(10)));
        assert_eq!(deadlines.take_due(at(9)), None);
        assert_eq!(deadlines.take_due(at(30)), Some(0));
        assert_eq!(deadlines.take_due(at(30)), Some(1));
        assert_eq!(deadlines.take_due(at(30)), None);
    }

    #[test]
    fn deadlines_that_move_back_add_no_entries() {
        let mut deadlines = Deadlines::new(1);
        (0..1000).for_each(|millis| deadlines.schedule(0, Some(at(millis))));
        assert_eq!(deadlines.heap.len(), 1);
    }
}

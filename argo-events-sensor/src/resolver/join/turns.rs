//! The order in which keys end: by the arrival of their first event.
//!
//! Arrivals are nearly in order, so this is a queue; those that are not go to a heap beside it. A
//! key that ends before its turn leaves its entry behind, and entries are swept when most are void.

use argo_events_core::Timestamp;
use std::{
    cmp::Reverse,
    collections::{BinaryHeap, VecDeque},
};

/// When a key began, and which one it is. `number` is never used twice.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Turn {
    pub(super) started: Timestamp,
    pub(super) number: u64,
    pub(super) slot: u32,
}

/// Below so many entries, void ones are not worth a sweep.
const FEW: usize = 64;

/// The turns of all keys. The first entry of either part is never void.
#[derive(Debug, Default)]
pub(super) struct Turns {
    line: VecDeque<Turn>,
    late: BinaryHeap<Reverse<Turn>>,
}

impl Turns {
    /// Returns the turn that comes first.
    pub(super) fn first(&self) -> Option<Turn> {
        let late = self.late.peek().map(|Reverse(turn)| *turn);
        match (self.line.front().copied(), late) {
            (Some(line), Some(late)) => Some(line.min(late)),
            (line, late) => line.or(late),
        }
    }

    pub(super) fn push(&mut self, turn: Turn) {
        match self.line.back() {
            Some(last) if turn < *last => self.late.push(Reverse(turn)),
            _ => self.line.push_back(turn),
        }
    }

    /// Says that a turn is void. `live` tells which are not, `count` how many.
    pub(super) fn remove(&mut self, turn: Turn, count: usize, live: impl Fn(Turn) -> bool) {
        if self.line.front() == Some(&turn) {
            while self.line.pop_front_if(|first| !live(*first)).is_some() {}
        } else if self.late.peek() == Some(&Reverse(turn)) {
            while self.late.peek().is_some_and(|Reverse(first)| !live(*first)) {
                self.late.pop();
            }
        }
        if self.line.len() + self.late.len() > FEW + 2 * count {
            self.line.retain(|turn| live(*turn));
            self.late.retain(|Reverse(turn)| live(*turn));
        }
    }

    pub(super) fn clear(&mut self) {
        self.line.clear();
        self.late.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::BTreeSet;

    fn turn(number: u64, started: i64) -> Turn {
        Turn {
            started: Timestamp::from_nanos(started),
            number,
            slot: 0,
        }
    }

    proptest! {
        #[test]
        fn the_first_turn_is_that_of_a_sorted_set(
            steps in prop::collection::vec((0_i64..50, any::<bool>(), any::<prop::sample::Index>()), 0..300),
        ) {
            let (mut turns, mut model) = (Turns::default(), BTreeSet::new());
            for (number, (jitter, add, which)) in (0_i64..).zip(steps) {
                if add || model.is_empty() {
                    let turn = turn(number as u64, number - jitter);
                    turns.push(turn);
                    model.insert(turn);
                } else {
                    let gone = *model.iter().nth(which.index(model.len())).unwrap();
                    model.remove(&gone);
                    turns.remove(gone, model.len(), |turn| model.contains(&turn));
                }
                prop_assert_eq!(turns.first(), model.first().copied());
                prop_assert!(turns.line.len() + turns.late.len() <= FEW + 2 * model.len() + 1);
            }
        }
    }
}

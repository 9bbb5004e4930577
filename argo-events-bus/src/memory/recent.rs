//! The latest events, for groups that begin at the oldest.

use super::MemoryConfig;
use crate::group::Stored;
use std::collections::VecDeque;

/// As many of the latest events as the settings allow, by number and by bytes.
#[derive(Debug)]
pub(super) struct Recent {
    events: VecDeque<Stored>,
    weight: usize,
    most_events: usize,
    most_weight: usize,
}

impl Recent {
    pub(super) fn new(config: &MemoryConfig) -> Self {
        let (most_events, most_weight) = (config.keep_events(), config.max_bytes());
        Self {
            events: VecDeque::new(),
            weight: 0,
            most_events,
            most_weight,
        }
    }

    pub(super) fn push(&mut self, stored: Stored) {
        self.weight += stored.weight();
        self.events.push_back(stored);
        while self.events.len() > self.most_events || self.weight > self.most_weight {
            let Some(oldest) = self.events.pop_front() else {
                return;
            };
            self.weight -= oldest.weight();
        }
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &Stored> {
        self.events.iter()
    }

    pub(super) fn len(&self) -> usize {
        self.events.len()
    }
}

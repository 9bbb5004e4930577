//! What a resolver does, said as plainly as possible: lists, walked from end to end.

use crate::resolver::JoinSettings;
use argo_events_core::{
    Timestamp,
    api::{JoinKeep, JoinOnExpire},
    resolver::Losses,
};
use argo_events_expr::condition::{BitSet, Condition};

/// An event: its dependency, its id, its arrival.
type Arrived = (u16, String, Timestamp);

#[derive(Clone, Debug)]
struct Group {
    key: String,
    started: Timestamp,
    events: Vec<Arrived>,
}

/// The model; [`super::super::LatestWins`] is the case of one key for all and no window.
#[derive(Clone, Debug)]
pub(super) struct Model {
    condition: Condition,
    settings: JoinSettings,
    /// In the order in which keys began.
    groups: Vec<Group>,
    reset: Timestamp,
    pub(super) open: Vec<String>,
    pub(super) losses: Losses,
}

impl Model {
    pub(super) fn new(condition: Condition, settings: JoinSettings) -> Self {
        let (groups, open, losses) = (Vec::new(), Vec::new(), Losses::default());
        let reset = Timestamp::from_nanos(i64::MIN);
        Self {
            condition,
            settings,
            groups,
            reset,
            open,
            losses,
        }
    }

    fn holds(&self, events: &[Arrived]) -> bool {
        let count = |place: usize| {
            events
                .iter()
                .filter(|event| usize::from(event.0) == place)
                .count()
        };
        let needed = self
            .settings
            .at_least
            .iter()
            .map(|least| least.get() as usize)
            .enumerate();
        let present: BitSet = needed
            .filter(|(place, least)| count(*place) >= *least)
            .map(|(place, _)| place)
            .collect();
        self.condition.holds(&present)
    }

    fn fire(&mut self, mut events: Vec<Arrived>, fired: &mut Vec<String>) {
        events.sort_by_key(|event| event.0);
        let spelled = events.iter().map(|(place, id, _)| format!("{place}={id}"));
        fired.push(spelled.collect::<Vec<_>>().join(" "));
        self.open.extend(fired.last().cloned());
    }

    fn end(&mut self, index: usize, fired: &mut Vec<String>) {
        let group = self.groups.remove(index);
        if self.settings.on_expire == JoinOnExpire::Fire {
            self.fire(group.events, fired);
        }
    }

    fn is_over(&self, group: &Group, now: Timestamp) -> bool {
        self.settings
            .within
            .is_some_and(|within| now >= group.started + within)
    }

    fn oldest(&self) -> Option<usize> {
        (0..self.groups.len()).min_by_key(|index| (self.groups[*index].started, *index))
    }

    pub(super) fn observe(&mut self, event: Arrived, key: &str) -> Vec<String> {
        let (mut fired, at) = (Vec::new(), event.2);
        let alone = self.holds(std::slice::from_ref(&event));
        if at < self.reset {
            if alone {
                self.fire(vec![event], &mut fired);
            }
            return fired;
        }
        if let Some(index) = self
            .groups
            .iter()
            .position(|group| group.key == key && self.is_over(group, at))
        {
            self.losses.expired += 1;
            self.end(index, &mut fired);
        }
        if !self.groups.iter().any(|group| group.key == key) {
            if alone {
                self.fire(vec![event], &mut fired);
                return fired;
            }
            while self.groups.len() >= self.settings.max_keys {
                self.evict(&mut fired);
            }
            self.groups.push(Group {
                key: key.to_owned(),
                started: at,
                events: Vec::new(),
            });
        }
        let index = self
            .groups
            .iter()
            .position(|group| group.key == key)
            .unwrap();
        self.keep(index, event);
        if self.holds(&self.groups[index].events) {
            let group = self.groups.remove(index);
            self.fire(group.events, &mut fired);
        } else {
            while self.pending() > self.settings.max_events
                && self
                    .oldest()
                    .is_some_and(|oldest| self.groups[oldest].key != key)
            {
                self.evict(&mut fired);
            }
        }
        fired
    }

    fn evict(&mut self, fired: &mut Vec<String>) {
        self.losses.evicted += 1;
        self.end(self.oldest().unwrap(), fired);
    }

    fn keep(&mut self, index: usize, event: Arrived) {
        let least = self.settings.at_least[usize::from(event.0)].get() as usize;
        let keep = self.settings.keep;
        let most = if keep == JoinKeep::All {
            least.max(self.settings.max_kept)
        } else {
            least
        };
        let events = &mut self.groups[index].events;
        if events.iter().filter(|other| other.0 == event.0).count() == most {
            if keep == JoinKeep::First {
                return;
            }
            self.losses.displaced += u64::from(keep == JoinKeep::All);
            let oldest = events.iter().position(|other| other.0 == event.0).unwrap();
            events.remove(oldest);
        }
        events.push(event);
    }

    pub(super) fn advance(&mut self, now: Timestamp) -> Vec<String> {
        let mut fired = Vec::new();
        while let Some(oldest) = self
            .oldest()
            .filter(|index| self.is_over(&self.groups[*index], now))
        {
            self.losses.expired += 1;
            self.end(oldest, &mut fired);
        }
        fired
    }

    pub(super) fn next_deadline(&self) -> Option<Timestamp> {
        Some(self.groups[self.oldest()?].started + self.settings.within?)
    }

    pub(super) fn reset(&mut self, before: Timestamp) {
        self.reset = self.reset.max(before);
        self.remove_where(|event| event.2 < before);
    }

    pub(super) fn remove_where(&mut self, unwanted: impl Fn(&Arrived) -> bool) {
        for group in &mut self.groups {
            let before = group.events.len();
            group.events.retain(|event| !unwanted(event));
            if group.events.len() < before {
                group.started = group
                    .events
                    .iter()
                    .map(|event| event.2)
                    .min()
                    .unwrap_or_default();
            }
        }
        self.groups.retain(|group| !group.events.is_empty());
    }

    pub(super) fn pending(&self) -> usize {
        self.groups.iter().map(|group| group.events.len()).sum()
    }
}

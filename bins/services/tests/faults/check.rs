//! Compares what was called with what lies on the bus: the events there, in their order, say exactly what
//! must have fired.

use super::{
    posts::Kind,
    sink::{Calls, Pair},
    stored::Stored,
};
use std::{
    collections::{HashMap, HashSet},
    fmt,
};

/// Most examples that are shown of one fault.
const SHOWN: usize = 5;

/// What each trigger must have been called with.
#[derive(Debug, Default)]
pub(crate) struct Expected(HashSet<(&'static str, Pair)>);

/// How many firings there were, and how many calls beyond one each.
#[derive(Debug)]
pub(crate) struct Tally {
    pub(crate) firings: usize,
    pub(crate) repeats: usize,
}

impl Expected {
    /// Works out what follows from the events in their order.
    pub(crate) fn of(events: &[Stored]) -> Self {
        let mut expected = HashSet::new();
        let mut latest = Slots::default();
        let mut by_key: HashMap<&str, Slots> = HashMap::new();
        for event in events {
            if event.kind == Kind::A {
                expected.insert(("each", (Some(event.number), None)));
            }
            let pair = latest.put(event);
            expected.extend(pair.map(|pair| ("pair", pair)));
            let joined = by_key.entry(&event.key).or_default().put(event);
            expected.extend(joined.map(|pair| ("join", pair)));
        }
        Self(expected)
    }

    /// Tells whether nothing is missing.
    pub(crate) fn is_met(&self, calls: &Calls) -> bool {
        self.0.len() <= calls.firings.len() && self.missing(calls).is_empty()
    }

    fn missing(&self, calls: &Calls) -> Vec<(&'static str, Pair)> {
        let came = calls.firings.values();
        let came: HashSet<_> = came.map(|it| (it.trigger.as_str(), it.pair)).collect();
        let missing = self.0.iter().filter(|it| !came.contains(*it));
        missing.copied().collect()
    }

    /// Counts, and adds what is wrong to the complaints.
    pub(crate) fn compare(&self, calls: &Calls, complaints: &mut Vec<String>) -> Tally {
        complain(complaints, "lost", &self.missing(calls));
        complain(complaints, "calls that make no sense", &calls.nonsense);
        let mut ids: HashMap<_, Vec<&str>> = HashMap::new();
        for (id, firing) in &calls.firings {
            let content = (firing.trigger.as_str(), firing.pair);
            ids.entry(content).or_default().push(id);
        }
        let unknown = ids.keys().filter(|content| !self.0.contains(*content));
        let unknown: Vec<_> = unknown.collect();
        complain(complaints, "fired without reason", &unknown);
        let again: Vec<_> = ids.iter().filter(|(_, ids)| ids.len() > 1).collect();
        complain(complaints, "fired again under another id", &again);
        let all: usize = calls.firings.values().map(|firing| firing.calls).sum();
        Tally {
            firings: calls.firings.len(),
            repeats: all - calls.firings.len(),
        }
    }
}

/// Adds a complaint, with examples, if there is anything to complain about.
pub(crate) fn complain<T: fmt::Debug>(complaints: &mut Vec<String>, what: &str, all: &[T]) {
    if !all.is_empty() {
        let shown = &all[..all.len().min(SHOWN)];
        complaints.push(format!("{what}: {}, such as {shown:?}", all.len()));
    }
}

/// What waits of two dependencies, the latest of each.
#[derive(Debug, Default)]
struct Slots {
    a: Option<usize>,
    b: Option<usize>,
}

impl Slots {
    /// Puts an event in its place; returns both once there are both.
    fn put(&mut self, event: &Stored) -> Option<Pair> {
        match event.kind {
            Kind::A => self.a = Some(event.number),
            Kind::B => self.b = Some(event.number),
        }
        if self.a.is_none() || self.b.is_none() {
            return None;
        }
        Some((self.a.take(), self.b.take()))
    }
}

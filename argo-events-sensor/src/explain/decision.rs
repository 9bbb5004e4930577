//! What came of an event, of the passing of time, and of what still waits.

use super::Lack;
use crate::dependency::{Stage, Verdict};
use argo_events_core::{
    Event, Firing, Rendered, Result, Timestamp,
    resolver::{Rejection, Waiting},
};
use std::sync::Arc;

/// What came of one event.
#[derive(Debug)]
#[non_exhaustive]
pub struct Decision {
    /// The event.
    pub event: Arc<Event>,
    /// When it arrived.
    pub at: Timestamp,
    /// The same event came shortly before, so that this one counts for nothing.
    pub repeated: bool,
    /// What ended because time had passed, before the event was looked at.
    pub lapses: Vec<Lapse>,
    /// The dependencies that ask for events of its source and name.
    pub considered: Vec<Considered>,
    /// Triggers that could not take the event, and why.
    pub rejected: Vec<(String, Rejection)>,
    /// What fired, what fired because time had passed included.
    pub fired: Vec<Fired>,
    /// What the triggers that wait for the event and did not fire still need.
    pub unmet: Vec<Unmet>,
}

/// What a dependency said of an event.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Considered {
    /// Name of the dependency.
    pub dependency: String,
    /// The event as the dependency's transform leaves it, if it changes it.
    pub changed: Option<Arc<Event>>,
    /// What each part of its filter saw.
    pub stages: Vec<Stage>,
    /// Whether the event counts.
    pub verdict: Verdict,
}

/// A firing with what would be sent.
#[derive(Debug)]
#[non_exhaustive]
pub struct Fired {
    /// The firing.
    pub firing: Firing,
    /// Kind of the trigger.
    pub kind: &'static str,
    /// What would be sent, or why nothing can be.
    pub rendered: Result<Rendered>,
}

/// Events that no longer wait, because time had passed.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Lapse {
    /// Name of the trigger.
    pub trigger: String,
    /// Why.
    pub cause: LapseCause,
    /// What waited, with the names of its dependencies.
    pub waited: Waiting,
    /// The names of its dependencies.
    pub dependencies: Vec<String>,
}

/// Why events no longer wait.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum LapseCause {
    /// Their window ended.
    WindowEnded,
    /// The trigger's `conditionsReset` came due then.
    Reset(Timestamp),
}

/// What a trigger still needs before it fires.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Unmet {
    /// Name of the trigger.
    pub trigger: String,
    /// Its condition, with the names of dependencies.
    pub condition: String,
    /// What is there: under one key, or for the trigger as a whole. `None` if nothing waits.
    pub waiting: Option<Waiting>,
    /// The names of the dependencies of what is there, one for each event.
    pub present: Vec<String>,
    /// What is missing.
    pub missing: Lack,
}

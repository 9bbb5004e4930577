//! Lets somebody watch what a sensor decides: the command's live lines, tests, an explain view.

use crate::dependency::Verdict;
use argo_events_core::{Error, Event, Firing, resolver::Rejection};
use std::{fmt::Debug, time::Duration};

/// How a firing's action ended.
#[derive(Debug)]
#[non_exhaustive]
pub enum Ending<'a> {
    /// The effect is done.
    Succeeded {
        /// The status code, where the protocol has one.
        status: Option<u16>,
    },
    /// Every attempt failed; the dead letter took it, or nobody did.
    Failed {
        /// The last attempt's error.
        error: &'a Error,
        /// Whether a dead letter trigger succeeded.
        dead_lettered: bool,
    },
    /// The sensor was stopped before the end; the firing comes again.
    Stopped,
}

/// Watches a sensor. Called on its own task: return quickly.
pub trait Observer: Debug + Send + Sync + 'static {
    /// A dependency looked at an event.
    fn filtered(&self, sensor: &str, dependency: &str, event: &Event, verdict: &Verdict) {
        let _ = (sensor, dependency, event, verdict);
    }

    /// A trigger could not take an event that passed its filters.
    fn rejected(&self, sensor: &str, trigger: &str, event: &Event, reason: Rejection) {
        let _ = (sensor, trigger, event, reason);
    }

    /// A trigger's condition became true.
    fn fired(&self, firing: &Firing) {
        let _ = firing;
    }

    /// A firing's action ended.
    fn ended(&self, firing: &Firing, ending: &Ending<'_>, elapsed: Duration) {
        let _ = (firing, ending, elapsed);
    }

    /// Deliveries are acknowledged next, since their effects are done: whoever puts effects off, such
    /// as lines of the log trigger that are written together, must let them happen now.
    fn flush(&self) {}
}

/// Watches nothing.
#[derive(Clone, Copy, Debug, Default)]
pub struct Unobserved;

impl Observer for Unobserved {}

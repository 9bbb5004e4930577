//! Makes a guarded trigger of what a manifest says about its policies.

use super::{Guarded, RateLimiter, labels::Labels};
use argo_events_core::{
    Backoff, Clock, Trigger, api,
    backoff::Schedule,
    telemetry::{Counter, Metrics, Summary, names},
};
use std::{sync::Arc, time::Duration};

/// Builds a [`Guarded`] from a manifest's trigger.
#[derive(Debug)]
#[must_use]
pub struct GuardedBuilder<'a> {
    sensor: &'a str,
    spec: &'a api::Trigger,
    metrics: &'a Metrics,
    clock: Arc<dyn Clock>,
    timeout: Duration,
}

/// How often a firing is tried.
#[derive(Debug)]
pub(super) enum Retry {
    Once,
    Scheduled(Schedule),
    /// The strategy cannot be read, for the reason given: the trigger never runs.
    Unreadable(String),
}

/// What is counted, by the names of sensor and trigger.
#[derive(Debug)]
pub(super) struct Counters {
    pub(super) triggered: Counter,
    pub(super) failed: Counter,
    pub(super) gave_up: Counter,
    pub(super) dead_lettered: Counter,
    pub(super) rate_limited: Counter,
    pub(super) duration: Summary,
}

impl<'a> GuardedBuilder<'a> {
    /// How long one attempt may take unless told otherwise; kinds have shorter limits of their own.
    pub const TIMEOUT: Duration = Duration::from_secs(600);

    /// Begins with the policies that the manifest states.
    pub fn new(
        sensor: &'a str,
        spec: &'a api::Trigger,
        metrics: &'a Metrics,
        clock: Arc<dyn Clock>,
    ) -> Self {
        Self {
            sensor,
            spec,
            metrics,
            clock,
            timeout: Self::TIMEOUT,
        }
    }

    /// Sets how long one attempt may take.
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = timeout;
        self
    }

    /// Wraps the trigger; `dead_letter` runs when every attempt failed.
    ///
    /// A dead letter's own rate limit and dead letter have no effect.
    pub fn build(self, trigger: Arc<dyn Trigger>, dead_letter: Option<Guarded>) -> Guarded {
        let name = self
            .spec
            .template
            .as_ref()
            .map_or("", |template| &template.name);
        let policy = self.spec.policy.as_ref();
        let status = policy.and_then(|policy| policy.status.as_ref());
        let labels = policy.and_then(|policy| policy.k8s.as_ref());
        Guarded {
            name: name.to_owned(),
            trigger,
            retry: Retry::new(self.spec.retry_strategy.as_ref()),
            rate: self.spec.rate_limit.as_ref().and_then(RateLimiter::new),
            allow: status.and_then(|status| status.allow.clone()),
            labels: labels.and_then(Labels::new),
            timeout: self.timeout,
            dead_letter: dead_letter.map(Guarded::into_dead_letter).map(Box::new),
            clock: self.clock,
            random: fraction,
            counters: Counters::new(self.metrics, self.sensor, name),
        }
    }
}

impl Retry {
    fn new(strategy: Option<&Backoff>) -> Self {
        match strategy.map(Backoff::read) {
            None => Self::Once,
            Some(Ok(schedule)) => Self::Scheduled(schedule),
            Some(Err(error)) => Self::Unreadable(error.to_string()),
        }
    }
}

impl Counters {
    fn new(metrics: &Metrics, sensor: &str, trigger: &str) -> Self {
        let labels = [("sensor_name", sensor), ("trigger_name", trigger)];
        Self {
            triggered: metrics.counter(names::ACTION_TRIGGERED, &labels),
            failed: metrics.counter(names::ACTION_FAILED, &labels),
            gave_up: metrics.counter(names::ACTION_RETRIES_FAILED, &labels),
            dead_lettered: metrics.counter(names::ACTION_DEAD_LETTERS, &labels),
            rate_limited: metrics.counter(names::ACTION_RATE_LIMITED, &labels),
            duration: metrics.summary(names::ACTION_DURATION, &labels),
        }
    }
}

/// A number from 0 up to 1 that differs from call to call; jitter needs no more than that.
pub(crate) fn fraction() -> f64 {
    use std::hash::{BuildHasher as _, RandomState};
    const BITS: u32 = 53;
    let random = RandomState::new().hash_one(()) >> (u64::BITS - BITS);
    random as f64 / (1_u64 << BITS) as f64
}

//! Runs a firing through a trigger's policies to its end.

use super::RateLimiter;
use argo_events_core::{
    Backoff, Clock, Error, ErrorKind, Executed, Firing, Result, Trigger, TriggerContext, api,
    telemetry::{Counter, Metrics, Summary, names},
};
use futures::FutureExt as _;
use std::{fmt, panic::AssertUnwindSafe, sync::Arc, time::Duration};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

/// How a firing ended.
#[derive(Debug)]
#[non_exhaustive]
pub enum End {
    /// The effect is done.
    Succeeded(Executed),
    /// Every attempt failed.
    Failed {
        /// The last attempt's error.
        error: Error,
        /// Whether the dead letter trigger took it.
        dead_lettered: bool,
    },
    /// The sensor was stopped in between; the firing must come again.
    Stopped,
}

/// A trigger with its policies.
pub struct Guarded {
    name: String,
    trigger: Arc<dyn Trigger>,
    retry: Option<Backoff>,
    rate: Option<RateLimiter>,
    allow: Option<Vec<i32>>,
    timeout: Duration,
    dead_letter: Option<Box<Guarded>>,
    clock: Arc<dyn Clock>,
    random: fn() -> f64,
    counters: Counters,
}

struct Counters {
    triggered: Counter,
    failed: Counter,
    gave_up: Counter,
    dead_lettered: Counter,
    rate_limited: Counter,
    duration: Summary,
}

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
        Self { sensor, spec, metrics, clock, timeout: Self::TIMEOUT }
    }

    /// Sets how long one attempt may take.
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = timeout;
        self
    }

    /// Wraps the trigger; `dead_letter` runs when every attempt failed.
    pub fn build(self, trigger: Arc<dyn Trigger>, dead_letter: Option<Guarded>) -> Guarded {
        let name = self.spec.template.as_ref().map_or("", |template| &template.name);
        let status = self.spec.policy.as_ref().and_then(|policy| policy.status.as_ref());
        Guarded {
            name: name.to_owned(),
            trigger,
            retry: self.spec.retry_strategy.clone(),
            rate: self.spec.rate_limit.as_ref().and_then(RateLimiter::new),
            allow: status.and_then(|status| status.allow.clone()),
            timeout: self.timeout,
            dead_letter: dead_letter.map(Guarded::without_rate_limit).map(Box::new),
            clock: self.clock,
            random: fraction,
            counters: Counters::new(self.metrics, self.sensor, name),
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

impl Guarded {
    /// Returns the name of the trigger.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Returns the trigger itself.
    pub fn trigger(&self) -> &Arc<dyn Trigger> {
        &self.trigger
    }

    /// Replaces the source of randomness for jitter; for tests.
    #[must_use]
    pub fn with_random(mut self, random: fn() -> f64) -> Self {
        self.random = random;
        self
    }

    /// The reference does not apply the rate limit of a dead letter.
    fn without_rate_limit(mut self) -> Self {
        self.rate = None;
        self
    }

    /// Runs a firing to its end.
    ///
    /// A panic of the trigger counts as a failed attempt.
    ///
    /// # Cancel safety
    /// Dropping the future leaves the attempt's effect unknown.
    pub async fn perform(&self, firing: &Firing, stop: &CancellationToken) -> End {
        let mut guarded = self;
        let mut first_error: Option<Error> = None;
        loop {
            let error = match (guarded.attempts(firing, stop).await, first_error) {
                (Ok(executed), None) => return End::Succeeded(executed),
                (Ok(_), Some(error)) => {
                    self.counters.dead_lettered.increment();
                    return End::Failed { error, dead_lettered: true };
                }
                (Err(None), _) => return End::Stopped,
                (Err(Some(error)), first) => first.unwrap_or(error),
            };
            let Some(dead_letter) = &guarded.dead_letter else {
                return End::Failed { error, dead_lettered: false };
            };
            (guarded, first_error) = (dead_letter, Some(error));
        }
    }

    /// Tries as often as the retry strategy says; `Err(None)` means stopped.
    async fn attempts(&self, firing: &Firing, stop: &CancellationToken) -> Result<Executed, Option<Error>> {
        let mut pauses = self.retry.as_ref().map(|retry| retry.pauses(self.random));
        let mut attempt = 1;
        loop {
            let error = tokio::select! {
                biased;
                () = stop.cancelled() => return Err(None),
                outcome = self.attempt(firing, attempt, stop) => match outcome {
                    Ok(executed) => return Ok(executed),
                    Err(error) => error,
                },
            };
            self.counters.failed.increment();
            tracing::error!(sensor = firing.sensor(), trigger = self.name, firing = %firing.id(), attempt, %error, "Failed to execute a trigger");
            let Some(pause) = pauses.as_mut().and_then(Iterator::next) else {
                self.counters.gave_up.increment();
                return Err(Some(error));
            };
            tokio::select! {
                () = stop.cancelled() => return Err(None),
                () = tokio::time::sleep(pause) => attempt += 1,
            }
        }
    }

    async fn attempt(&self, firing: &Firing, attempt: u32, stop: &CancellationToken) -> Result<Executed> {
        if let Some(rate) = &self.rate
            && rate.acquire().await
        {
            self.counters.rate_limited.increment();
        }
        let began = Instant::now();
        let context = TriggerContext::new(attempt, stop.clone(), self.clock.clone());
        let work = AssertUnwindSafe(self.run_once(firing, &context)).catch_unwind();
        let outcome = match tokio::time::timeout(self.timeout, work).await {
            Ok(Ok(outcome)) => outcome,
            Ok(Err(_)) => Err(Error::permanent(ErrorKind::Unexpected, "the trigger panicked")),
            Err(_) => Err(Error::transient(ErrorKind::Timeout, "the trigger took too long")
                .with("seconds", self.timeout.as_secs())),
        };
        self.counters.duration.observe(began.elapsed().as_millis() as f64);
        if outcome.is_ok() {
            self.counters.triggered.increment();
            tracing::info!(sensor = firing.sensor(), trigger = self.name, "Successfully processed trigger '{}'", self.name);
        }
        outcome
    }

    async fn run_once(&self, firing: &Firing, context: &TriggerContext) -> Result<Executed> {
        let rendered = self.trigger.render(firing).await?;
        let executed = self.trigger.execute(&rendered, context).await?;
        match (&self.allow, executed.status) {
            (Some(allow), Some(status)) if !allow.contains(&i32::from(status)) => {
                let message = "the status is none of those that the policy allows";
                Err(Error::transient(ErrorKind::Rejected, message).with("status", status))
            }
            _ => Ok(executed),
        }
    }
}

impl fmt::Debug for Guarded {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Guarded")
            .field("name", &self.name)
            .field("kind", &self.trigger.kind())
            .field("retry", &self.retry)
            .field("dead_letter", &self.dead_letter)
            .finish_non_exhaustive()
    }
}

/// A number from 0 up to 1 that differs from call to call; jitter needs no more than that.
fn fraction() -> f64 {
    use std::hash::{BuildHasher as _, RandomState};
    const BITS: u32 = 53;
    let random = RandomState::new().hash_one(()) >> (u64::BITS - BITS);
    random as f64 / (1_u64 << BITS) as f64
}

//! Runs a firing through a trigger's policies to its end.

use super::{
    RateLimiter,
    build::{Counters, Retry},
    labels::Labels,
};
use argo_events_core::{
    Clock, Error, ErrorKind, Executed, Firing, Rendered, Result, Retry as Advice, Trigger,
    TriggerContext,
};
use futures::FutureExt as _;
use std::{fmt, panic::AssertUnwindSafe, pin::pin, sync::Arc, time::Duration};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

/// Longest pause that the other side may ask for; what it asks beyond that is cut to it.
const LONGEST_PAUSE: Duration = Duration::from_secs(600);

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
    pub(super) name: String,
    pub(super) trigger: Arc<dyn Trigger>,
    pub(super) retry: Retry,
    pub(super) rate: Option<RateLimiter>,
    pub(super) allow: Option<Vec<i32>>,
    pub(super) labels: Option<Labels>,
    pub(super) timeout: Duration,
    pub(super) dead_letter: Option<Box<Guarded>>,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) random: fn() -> f64,
    pub(super) counters: Counters,
}

/// Why the attempts ended without success.
enum Ended {
    /// The last attempt's error.
    GaveUp(Error),
    Stopped,
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

    /// The reference applies neither rate limit nor dead letter of a dead letter.
    pub(super) fn into_dead_letter(self) -> Self {
        Self {
            rate: None,
            dead_letter: None,
            ..self
        }
    }

    /// Runs a firing to its end.
    ///
    /// A panic of the trigger counts as a failed attempt.
    ///
    /// # Cancel safety
    /// Dropping the future leaves the attempt's effect unknown.
    pub async fn perform(&self, firing: &Firing, stop: &CancellationToken) -> End {
        let error = match self.attempts(firing, stop).await {
            Ok(executed) => return End::Succeeded(executed),
            Err(Ended::Stopped) => return End::Stopped,
            Err(Ended::GaveUp(error)) => error,
        };
        tracing::warn!(sensor = firing.sensor(), triggerName = self.name, firing = %firing.id(), %error, "a trigger gave up");
        let Some(dead_letter) = &self.dead_letter else {
            return End::Failed {
                error,
                dead_lettered: false,
            };
        };
        self.counters.dead_lettered.increment();
        match dead_letter.attempts(firing, stop).await {
            Ok(_) => End::Failed {
                error,
                dead_lettered: true,
            },
            Err(Ended::Stopped) => End::Stopped,
            Err(Ended::GaveUp(last)) => {
                tracing::error!(sensor = firing.sensor(), triggerName = self.name, firing = %firing.id(), error = %last, "its dead letter trigger gave up too; the firing is lost");
                End::Failed {
                    error,
                    dead_lettered: false,
                }
            }
        }
    }

    /// Tries as often as the retry strategy says.
    async fn attempts(&self, firing: &Firing, stop: &CancellationToken) -> Result<Executed, Ended> {
        let mut pauses = match &self.retry {
            Retry::Once => None,
            Retry::Scheduled(schedule) => Some(schedule.pauses(self.random)),
            Retry::Unreadable(reason) => return Err(self.give_up(unreadable(reason))),
        };
        let mut attempt = 1;
        loop {
            if stop.is_cancelled() {
                return Err(Ended::Stopped);
            }
            let error = tokio::select! {
                biased;
                // First, since most attempts of quick triggers end when they are begun.
                outcome = self.attempt(firing, attempt, stop) => match outcome {
                    Ok(executed) => return Ok(executed),
                    Err(error) => error,
                },
                () = stop.cancelled() => return Err(Ended::Stopped),
            };
            let Some(pause) = pauses.as_mut().and_then(Iterator::next) else {
                return Err(self.give_up(error));
            };
            tokio::select! {
                () = stop.cancelled() => return Err(Ended::Stopped),
                () = tokio::time::sleep(asked(&error).unwrap_or(pause)) => attempt += 1,
            }
        }
    }

    fn give_up(&self, error: Error) -> Ended {
        self.counters.gave_up.increment();
        Ended::GaveUp(error)
    }

    /// Tries once, when the rate limit allows it.
    async fn attempt(
        &self,
        firing: &Firing,
        attempt: u32,
        stop: &CancellationToken,
    ) -> Result<Executed> {
        if let Some(rate) = &self.rate
            && rate.acquire().await
        {
            self.counters.rate_limited.increment();
        }
        let began = Instant::now();
        let context = TriggerContext::new(attempt, stop.clone(), self.clock.clone());
        let outcome = match self.contained(self.run_once(firing, &context)).await {
            Ok((rendered, executed)) => self.see_labels(&rendered, executed).await,
            Err(error) => Err(error),
        };
        self.counters
            .duration
            .observe(began.elapsed().as_millis() as f64);
        match &outcome {
            Ok(_) => {
                self.counters.triggered.increment();
                tracing::info!(triggerName = self.name, triggerType = log_name(self.trigger.kind()), triggeredBy = ?Dependencies(firing), triggeredByEvents = ?Events(firing), "Successfully processed trigger '{}'", self.name);
            }
            Err(error) => {
                self.counters.failed.increment();
                tracing::error!(sensor = firing.sensor(), triggerName = self.name, triggeredBy = ?Dependencies(firing), triggeredByEvents = ?Events(firing), firing = %firing.id(), attempt, %error, "Failed to execute a trigger");
            }
        }
        outcome
    }

    /// Runs a part of an attempt so that neither a panic nor an endless wait gets out.
    async fn contained<T>(&self, part: impl Future<Output = Result<T>>) -> Result<T> {
        let mut work = pin!(AssertUnwindSafe(part).catch_unwind());
        // What ends at once needs no timer.
        let outcome = match work.as_mut().now_or_never() {
            Some(outcome) => outcome,
            None => match tokio::time::timeout(self.timeout, work).await {
                Ok(outcome) => outcome,
                Err(_) => {
                    let error = Error::transient(ErrorKind::Timeout, "the trigger took too long");
                    return Err(error.with("seconds", self.timeout.as_secs()));
                }
            },
        };
        outcome.unwrap_or_else(|_panic| {
            // What it said, the panic hook wrote to standard error already.
            let message = "the trigger panicked";
            Err(Error::permanent(ErrorKind::Unexpected, message))
        })
    }

    async fn run_once(
        &self,
        firing: &Firing,
        context: &TriggerContext,
    ) -> Result<(Rendered, Executed)> {
        let rendered = self.trigger.render(firing).await?;
        let executed = self.trigger.execute(&rendered, context).await?;
        match (&self.allow, executed.status) {
            (Some(allow), Some(status)) if !allow.contains(&i32::from(status)) => {
                let message = "the status is none of those that the policy allows";
                Err(Error::transient(ErrorKind::Rejected, message).with("status", status))
            }
            _ => Ok((rendered, executed)),
        }
    }

    /// Waits for the labels that the policy names, if there is an object to have them.
    ///
    /// The waits are the policy's own and do not count towards the trigger's timeout.
    async fn see_labels(&self, rendered: &Rendered, executed: Executed) -> Result<Executed> {
        let Some(labels) = self.labels.as_ref().filter(|_| executed.object.is_some()) else {
            return Ok(executed);
        };
        let mut pauses = labels.schedule()?.pauses(self.random);
        loop {
            let look = self.trigger.refresh(rendered, &executed);
            let seen = self.contained(look).await?;
            if labels.are_on(&seen) {
                return Ok(seen);
            }
            match pauses.next() {
                Some(pause) => tokio::time::sleep(pause).await,
                None => return labels.missing().map_or(Ok(seen), Err),
            }
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

fn unreadable(reason: &str) -> Error {
    let message = format!("the retry strategy cannot be read, so nothing was tried: {reason}");
    Error::permanent(ErrorKind::ConfigInvalid, message)
}

/// Returns the pause that the other side asks for, if it does.
fn asked(error: &Error) -> Option<Duration> {
    match error.retry() {
        Advice::After(pause) => Some(pause.min(LONGEST_PAUSE)),
        Advice::Never | Advice::Backoff => None,
    }
}

/// Returns the name of a kind in log lines, which is the reference's.
fn log_name(kind: &'static str) -> &'static str {
    match kind {
        "argoWorkflow" => "ArgoWorkflow",
        "awsLambda" => "Lambda",
        "azureEventHubs" => "AzureEventHubs",
        "azureServiceBus" => "AzureServiceBus",
        "custom" => "Custom",
        "email" => "Email",
        "http" => "HTTP",
        "k8s" => "Kubernetes",
        "kafka" => "Kafka",
        "log" => "Log",
        "nats" => "NATS",
        "openWhisk" => "OpenWhisk",
        "pulsar" => "Pulsar",
        "slack" => "Slack",
        own => own,
    }
}

/// Lists the dependencies of a firing in log lines.
struct Dependencies<'a>(&'a Firing);

impl fmt::Debug for Dependencies<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_list()
            .entries(self.0.events().map(|(name, _)| name))
            .finish()
    }
}

/// Lists the ids of a firing's events in log lines.
struct Events<'a>(&'a Firing);

impl fmt::Debug for Events<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_list()
            .entries(self.0.events().map(|(_, event)| event.id()))
            .finish()
    }
}

//! What a case does its work with: a target, a trigger, firings, and patience.

use super::{Broken, Effect, Need, Outcome, Pace, Target, TriggerHarness, ensure};
use argo_events_core::{
    Error, Event, Executed, Firing, Rendered, Result, Trigger, TriggerContext,
    resolver::{Held, Shape},
};
use std::{fmt, sync::Arc, time::Duration};
use tokio::{sync::OnceCell, time::timeout};
use tokio_util::{
    sync::CancellationToken,
    task::{AbortOnDropHandle, TaskTracker},
};

/// A harness with what every case needs.
pub struct World {
    harness: Box<dyn TriggerHarness>,
    trigger: OnceCell<Arc<dyn Trigger>>,
}

/// What a failure says about another attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Failure {
    Transient,
    Permanent,
}

/// Makes a firing of one event `shop/paid`, whose body is `{"number":…}`.
///
/// ```
/// use argo_events_testkit::trigger::firing;
///
/// assert_eq!(firing(7).event("paid").unwrap().json().unwrap()["number"], 7);
/// assert_ne!(firing(7).id(), firing(8).id());
/// ```
pub fn firing(number: u32) -> Firing {
    let shape = Shape {
        sensor: "orders".to_owned(),
        trigger: "ship".to_owned(),
        dependencies: vec!["paid".to_owned()],
    };
    let event = Event::builder(format!("order-{number}"), "shop", "paid")
        .event_type("webhook")
        .data(format!("{{\"number\":{number}}}"))
        .build();
    let held = Held {
        dependency: 0,
        event: Arc::new(event),
    };
    Firing::new(Arc::new(shape), [held])
}

impl crate::suite::World for World {
    type Need = Need;

    fn lacks(&self, need: Need) -> Option<&'static str> {
        self.harness.lacks(need)
    }

    fn pace(&self) -> Pace {
        self.harness.pace()
    }
}

impl fmt::Debug for World {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("World")
    }
}

impl World {
    /// Makes the world of a case.
    pub fn new(harness: impl TriggerHarness) -> Self {
        Self {
            harness: Box::new(harness),
            trigger: OnceCell::new(),
        }
    }

    /// Returns the target.
    pub fn target(&self) -> &dyn TriggerHarness {
        self.harness.as_ref()
    }

    /// Returns the trigger.
    ///
    /// # Errors
    /// When it cannot be made.
    pub async fn trigger(&self) -> Outcome<Arc<dyn Trigger>> {
        let made = self
            .trigger
            .get_or_try_init(|| self.harness.trigger())
            .await;
        Ok(Arc::clone(made?))
    }

    /// Works out what would be sent for a firing.
    ///
    /// # Errors
    /// When the trigger fails.
    pub async fn render(&self, number: u32) -> Outcome<Rendered> {
        let firing = self.harness.firing(number);
        Ok(self.trigger().await?.render(&firing).await?)
    }

    /// Sends what was rendered, in a task of its own.
    ///
    /// # Errors
    /// When the trigger cannot be made.
    pub async fn begin(
        &self,
        rendered: Rendered,
        attempt: u32,
    ) -> Outcome<AbortOnDropHandle<Result<Executed>>> {
        let (trigger, clock) = (self.trigger().await?, self.harness.clock());
        let context = TriggerContext::new(attempt, CancellationToken::new(), clock);
        let execute = async move { trigger.execute(&rendered, &context).await };
        Ok(AbortOnDropHandle::new(TaskTracker::new().spawn(execute)))
    }

    /// Sends what was rendered and returns what came of it.
    ///
    /// # Errors
    /// When `execute` hangs or panics.
    pub async fn attempt(&self, rendered: Rendered, attempt: u32) -> Outcome<Result<Executed>> {
        let task = self.begin(rendered, attempt).await?;
        self.end(task).await
    }

    /// Waits until `execute` has resolved.
    ///
    /// # Errors
    /// When it hangs or panics.
    pub async fn end(
        &self,
        task: AbortOnDropHandle<Result<Executed>>,
    ) -> Outcome<Result<Executed>> {
        let ended = timeout(self.harness.pace().patience, task).await;
        let ended = ended.map_err(|_| Broken("`execute` did not resolve".to_owned()))?;
        ended.map_err(|error| Broken(format!("`execute` panicked: {error}")))
    }

    /// Renders and sends a firing.
    ///
    /// # Errors
    /// When either fails.
    pub async fn fire(&self, number: u32) -> Outcome {
        let rendered = self.render(number).await?;
        self.succeeded(&self.attempt(rendered, 1).await?)
    }

    /// Breaks off unless an attempt succeeded.
    pub(super) fn succeeded(&self, outcome: &Result<Executed>) -> Outcome {
        match self.failure(outcome) {
            None => Ok(()),
            Some(_) => Err(Broken(format!(
                "the target took it, but the trigger says {outcome:?}"
            ))),
        }
    }

    /// Sends a firing to a target that does nothing, and returns what the failure says.
    pub(super) async fn refused(&self, behavior: Target) -> Outcome<Failure> {
        let rendered = self.render(1).await?;
        self.harness.target(behavior).await;
        let outcome = self.attempt(rendered, 1).await?;
        let failure = self.failure(&outcome);
        failure
            .ok_or_else(|| Broken("the target did nothing, but the trigger succeeded".to_owned()))
    }

    /// Reads a failure from an error, or from a status where that is handed over.
    fn failure(&self, outcome: &Result<Executed>) -> Option<Failure> {
        match outcome {
            Err(error) if error.is_transient() => Some(Failure::Transient),
            Err(_) => Some(Failure::Permanent),
            Ok(executed) if self.harness.hands_over_status() => match executed.status {
                Some(408 | 425 | 429 | 500..) => Some(Failure::Transient),
                Some(300..) => Some(Failure::Permanent),
                _ => None,
            },
            Ok(_) => None,
        }
    }

    /// Breaks off unless the target saw exactly these firings, in any order.
    ///
    /// # Errors
    /// What it saw instead.
    pub async fn saw(&self, numbers: &[u32]) -> Outcome<Vec<Effect>> {
        let effects = self.harness.effects().await;
        let mut seen: Vec<_> = effects.iter().map(|effect| effect.number).collect();
        let mut wanted = numbers.to_vec();
        seen.sort_unstable();
        wanted.sort_unstable();
        ensure(
            seen == wanted,
            format!("the target saw {seen:?} instead of {wanted:?}"),
        )?;
        Ok(effects)
    }

    /// Breaks off if a text shows a secret. Whatever reports it must not show it either.
    pub(super) fn hides_secrets(&self, what: &str, text: &str) -> Outcome {
        let shown = self
            .harness
            .secrets()
            .iter()
            .any(|secret| text.contains(secret));
        ensure(!shown, format!("{what} shows a secret"))
    }

    /// Breaks off if an error, or what caused it, shows a secret.
    pub(super) fn error_hides_secrets(&self, error: &Error) -> Outcome {
        let mut cause: Option<&dyn std::error::Error> = Some(error);
        while let Some(error) = cause {
            self.hides_secrets("an error", &format!("{error} {error:?}"))?;
            cause = error.source();
        }
        Ok(())
    }

    /// Returns how long something wrong is given to show itself.
    pub fn settling(&self) -> Duration {
        crate::suite::settling(self.harness.pace())
    }
}

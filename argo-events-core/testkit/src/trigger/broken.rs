//! A trigger that breaks one promise, to show that its case notices.

use argo_events_core::{
    Error, ErrorKind, Executed, Firing, Rendered, Result, Timestamp, TokioClock, Trigger,
    TriggerContext, resolver::Shape,
};
use async_trait::async_trait;
use serde_json::json;
use std::{
    fmt,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU32, Ordering},
    },
};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

/// A way to break a promise.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Breach {
    /// Sends what it should only render.
    SendsWhenRendering,
    /// Counts what it renders, and shows the count.
    RendersDifferently,
    /// Shows nothing of what it will send.
    RendersNothing,
    /// Resolves while the target is still at work.
    ResolvesTooEarly,
    /// Keeps failures to itself.
    HidesFailures,
    /// Makes a key of its own for each attempt.
    MakesKeys,
    /// Calls every failure transient.
    AlwaysHopes,
    /// Calls every failure permanent.
    NeverHopes,
    /// Sends what was handed over last, whoever asks.
    MixesFirings,
    /// Fails while another execution is under way.
    FailsWhenBusy,
    /// Shows its secrets in what it renders.
    RendersSecrets,
    /// Shows its secrets in errors.
    TellsSecrets,
}

impl Breach {
    /// Every way, with the promise that it breaks.
    pub const ALL: &[(Self, &str)] = &[
        (Self::SendsWhenRendering, "TRG-01"),
        (Self::RendersDifferently, "TRG-01"),
        (Self::RendersNothing, "TRG-01"),
        (Self::ResolvesTooEarly, "TRG-02"),
        (Self::HidesFailures, "TRG-02"),
        (Self::MakesKeys, "TRG-03"),
        (Self::AlwaysHopes, "TRG-04"),
        (Self::NeverHopes, "TRG-04"),
        (Self::MixesFirings, "TRG-05"),
        (Self::FailsWhenBusy, "TRG-05"),
        (Self::RendersSecrets, "TRG-06"),
        (Self::TellsSecrets, "TRG-06"),
    ];
}

/// A trigger that breaks one promise and otherwise does what another trigger does.
///
/// Without a breach it must pass what the other trigger passes.
pub struct BrokenTrigger {
    trigger: Arc<dyn Trigger>,
    breach: Option<Breach>,
    secrets: Vec<String>,
    count: AtomicU32,
    last: Mutex<Option<Arc<Rendered>>>,
    turn: tokio::sync::Mutex<()>,
    tasks: TaskTracker,
}

impl BrokenTrigger {
    /// Breaks a trigger, or not. The secrets are those that it might give away.
    pub fn new(trigger: Arc<dyn Trigger>, breach: Option<Breach>, secrets: Vec<String>) -> Self {
        Self {
            trigger,
            breach,
            secrets,
            count: AtomicU32::new(0),
            last: Mutex::new(None),
            turn: tokio::sync::Mutex::new(()),
            tasks: TaskTracker::new(),
        }
    }

    fn next(&self) -> u32 {
        self.count.fetch_add(1, Ordering::Relaxed) + 1
    }

    /// Executes within, in a task that nobody waits for.
    fn send(&self, rendered: &Arc<Rendered>) {
        let clock = Arc::new(TokioClock::starting_at(Timestamp::EPOCH));
        let context = TriggerContext::new(1, CancellationToken::new(), clock);
        let (trigger, rendered) = (Arc::clone(&self.trigger), Arc::clone(rendered));
        self.tasks
            .spawn(async move { trigger.execute(&rendered, &context).await });
    }

    /// Hands the rendering over in a place that all executions share.
    async fn mixed(&self, rendered: &Arc<Rendered>) -> Arc<Rendered> {
        let last = || self.last.lock().unwrap_or_else(PoisonError::into_inner);
        *last() = Some(Arc::clone(rendered));
        tokio::time::sleep(std::time::Duration::from_millis(1)).await;
        last().clone().unwrap_or_else(|| Arc::clone(rendered))
    }

    fn error(&self, error: Error) -> Error {
        let failed = "the target failed, for a test";
        match self.breach {
            Some(Breach::AlwaysHopes) => Error::transient(ErrorKind::Unavailable, failed),
            Some(Breach::NeverHopes) => Error::permanent(ErrorKind::Rejected, failed),
            Some(Breach::TellsSecrets) => error.with("secrets", self.secrets.join(" ")),
            _ => error,
        }
    }
}

/// Makes a firing of the same events whose id is another one.
fn disguised(firing: &Firing, number: u32) -> Firing {
    let shape = Shape {
        sensor: format!("{}-{number}", firing.sensor()),
        trigger: firing.trigger().to_owned(),
        dependencies: firing.shape().dependencies.clone(),
    };
    Firing::new(Arc::new(shape), firing.held())
}

#[async_trait]
impl Trigger for BrokenTrigger {
    fn kind(&self) -> &'static str {
        self.trigger.kind()
    }

    async fn render(&self, firing: &Firing) -> Result<Rendered> {
        let inner = match self.breach {
            Some(Breach::MakesKeys) => self.trigger.render(&disguised(firing, self.next())).await?,
            _ => self.trigger.render(firing).await?,
        };
        let inner = Arc::new(inner);
        let view = match self.breach {
            Some(Breach::RendersDifferently) => json!([inner.view(), self.next()]),
            Some(Breach::RendersNothing) => json!({}),
            Some(Breach::RendersSecrets) => json!([inner.view(), self.secrets]),
            _ => inner.view().clone(),
        };
        if self.breach == Some(Breach::SendsWhenRendering) {
            self.send(&inner);
        }
        Ok(Rendered::new(firing.id(), view, inner))
    }

    async fn execute(&self, rendered: &Rendered, context: &TriggerContext) -> Result<Executed> {
        let inner = rendered.content::<Arc<Rendered>>().ok_or_else(|| {
            let message = "what was rendered comes from another trigger";
            Error::permanent(ErrorKind::Unexpected, message)
        })?;
        let outcome = match self.breach {
            Some(Breach::ResolvesTooEarly) => {
                self.send(inner);
                return Ok(Executed::default());
            }
            Some(Breach::MixesFirings) => {
                let inner = self.mixed(inner).await;
                self.trigger.execute(&inner, context).await
            }
            Some(Breach::FailsWhenBusy) => match self.turn.try_lock() {
                Ok(_turn) => self.trigger.execute(inner, context).await,
                Err(_) => Err(Error::transient(ErrorKind::Conflict, "busy, for a test")),
            },
            _ => self.trigger.execute(inner, context).await,
        };
        match outcome {
            Err(_) if self.breach == Some(Breach::HidesFailures) => Ok(Executed::default()),
            outcome => outcome.map_err(|error| self.error(error)),
        }
    }
}

impl fmt::Debug for BrokenTrigger {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("BrokenTrigger")
            .field("breach", &self.breach)
            .finish_non_exhaustive()
    }
}

//! Keeps the source of one event running, for ever.

use super::{Leadership, Status, Term, publisher::Publisher};
use argo_events_core::{
    Error, ErrorKind, EventSource, Result, Retry, Sink as _, SourceContext,
    telemetry::{Counter, Gauge},
};
use std::{sync::Arc, time::Duration};
use tokio::{
    task::JoinError,
    time::{Instant, sleep, timeout},
};
use tokio_util::{
    sync::CancellationToken,
    task::{AbortOnDropHandle, TaskTracker},
};
use tracing::{error, info, warn};

/// A source that says nothing counts as running after this long.
const SILENCE: Duration = Duration::from_secs(1);
/// A source that ran this long begins again with the shortest pause.
const HEALTHY: Duration = Duration::from_secs(60);

/// Makes the context of one run from its stop signal.
pub(super) type Contexts = Box<dyn Fn(CancellationToken) -> SourceContext + Send + Sync>;

/// Keeps one source running.
pub(super) struct Supervisor {
    /// `<EventSource>/<event>`.
    pub(super) scope: String,
    pub(super) source: Arc<dyn EventSource>,
    pub(super) publisher: Arc<Publisher>,
    pub(super) contexts: Contexts,
    /// Who decides when it is this replica's turn; `None` for what runs on every replica.
    pub(super) leadership: Option<Arc<dyn Leadership>>,
    /// The first and the longest pause between runs.
    pub(super) pauses: (Duration, Duration),
    pub(super) restarts: Counter,
    pub(super) running: Gauge,
    pub(super) stop: CancellationToken,
}

impl Supervisor {
    /// Runs the source again and again until the stop signal.
    pub(super) async fn run(self) {
        let (first, longest) = self.pauses;
        let mut pause = first;
        loop {
            let started = Instant::now();
            let outcome = self.turn().await;
            if self.stop.is_cancelled() {
                break self.stopped(outcome);
            }
            if started.elapsed() >= HEALTHY {
                pause = first;
            }
            let wait = self.failed(outcome, pause);
            tokio::select! {
                () = self.stop.cancelled() => break self.stopped(Ok(())),
                () = sleep(wait) => {}
            }
            pause = (pause * 2).min(longest);
        }
    }

    /// Waits for its turn, then runs the source once.
    async fn turn(&self) -> Result<()> {
        let Some(leadership) = &self.leadership else {
            return self.once(None).await;
        };
        self.set(Status::Waiting);
        let term = tokio::select! {
            () = self.stop.cancelled() => return Ok(()),
            term = leadership.lead(&self.scope) => term?,
        };
        self.once(Some(term)).await
    }

    /// Runs the source once. A panic of it ends no more than this run.
    async fn once(&self, term: Option<Term>) -> Result<()> {
        self.set(Status::Starting);
        let stop = self.stop.child_token();
        let (source, context) = (Arc::clone(&self.source), (self.contexts)(stop.clone()));
        let tracker = TaskTracker::new();
        let task = tracker.spawn(async move { source.run(context).await });
        let mut task = AbortOnDropHandle::new(task);
        let _counted = Counted::begin(&self.running);
        tokio::select! {
            joined = &mut task => return ended(joined),
            () = sleep(SILENCE) => self.publisher.ready(),
        }
        tokio::select! {
            joined = &mut task => return ended(joined),
            () = lost(term.as_ref()) => stop.cancel(),
        }
        warn!(source = self.scope, "another replica takes over");
        let margin = term.as_ref().map_or(Term::MARGIN, Term::margin);
        timeout(margin, task).await.map_or(Ok(()), ended)
    }

    fn failed(&self, outcome: Result<()>, pause: Duration) -> Duration {
        let unasked = || Error::transient(ErrorKind::Unexpected, "the source ended by itself");
        let error = outcome.err().unwrap_or_else(unasked);
        let wait = match error.retry() {
            Retry::After(asked) => asked.max(pause),
            Retry::Never | Retry::Backoff => pause,
        };
        error!(%error, source = self.scope, ?wait, "source failed, it is started again after the pause");
        self.set(Status::Failing {
            reason: error.to_string(),
        });
        self.restarts.increment();
        wait
    }

    fn stopped(&self, outcome: Result<()>) {
        match outcome {
            Ok(()) => info!(source = self.scope, "source stopped"),
            Err(error) => warn!(%error, source = self.scope, "source stopped with an error"),
        }
        self.set(Status::Stopped);
    }

    fn set(&self, status: Status) {
        self.publisher.status.send_replace(status);
    }
}

/// Resolves when the turn is over; never for what has none.
async fn lost(term: Option<&Term>) {
    match term {
        Some(term) => term.lost().cancelled().await,
        None => std::future::pending().await,
    }
}

fn ended(joined: Result<Result<()>, JoinError>) -> Result<()> {
    joined.unwrap_or_else(|error| {
        Err(Error::transient(ErrorKind::Unexpected, "the source panicked").caused_by(error))
    })
}

/// Counts a source as running until dropped.
struct Counted<'a>(&'a Gauge);

impl<'a> Counted<'a> {
    fn begin(gauge: &'a Gauge) -> Self {
        gauge.add(1.0);
        Self(gauge)
    }
}

impl Drop for Counted<'_> {
    fn drop(&mut self) {
        self.0.add(-1.0);
    }
}

//! A source that breaks one promise, to show that its case notices.

use argo_events_core::{
    Draft, Error, ErrorKind, EventSource, Receipt, Result, Sink, SourceContext,
};
use async_trait::async_trait;
use std::{
    fmt,
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
};
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

/// A way to break a promise.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Breach {
    /// Acknowledges first and emits later.
    AcknowledgesFirst,
    /// Takes no notice of the stop signal.
    IgnoresTheStop,
    /// Calls the stop signal an error.
    FailsWhenStopped,
    /// Emits something of its own when it is stopped.
    EmitsAtTheEnd,
    /// Keeps a failure of the upstream to itself.
    HidesFailures,
    /// Ends without an error when the upstream fails.
    CallsFailuresAnEnd,
    /// Ends at input that is no event.
    EndsAtBadInput,
    /// Says nothing of input that is no event.
    SkipsInSilence,
    /// Takes an event for accepted that was not.
    IgnoresRefusals,
    /// Refuses to run a second time.
    RunsOnce,
}

impl Breach {
    /// Every way, with the promise that it breaks.
    pub const ALL: &[(Self, &str)] = &[
        (Self::AcknowledgesFirst, "SRC-01"),
        (Self::IgnoresTheStop, "SRC-02"),
        (Self::FailsWhenStopped, "SRC-02"),
        (Self::EmitsAtTheEnd, "SRC-02"),
        (Self::HidesFailures, "SRC-03"),
        (Self::CallsFailuresAnEnd, "SRC-03"),
        (Self::EndsAtBadInput, "SRC-04"),
        (Self::SkipsInSilence, "SRC-04"),
        (Self::IgnoresRefusals, "SRC-05"),
        (Self::RunsOnce, "SRC-06"),
    ];
}

/// A source that breaks one promise and otherwise does what another source does.
///
/// Without a breach it must pass what the other source passes.
pub struct BrokenSource {
    source: Arc<dyn EventSource>,
    breach: Option<Breach>,
    runs: AtomicU32,
}

impl BrokenSource {
    /// Breaks a source, or not.
    pub fn new(source: Arc<dyn EventSource>, breach: Option<Breach>) -> Self {
        let runs = AtomicU32::new(0);
        Self {
            source,
            breach,
            runs,
        }
    }

    fn is(&self, breach: Breach) -> bool {
        self.breach == Some(breach)
    }

    async fn run_unless_bad_input(&self, context: SourceContext) -> Result<()> {
        let (bad, mut found) = mpsc::channel(1);
        let stop = match self.breach {
            Some(Breach::IgnoresTheStop) => CancellationToken::new(),
            _ => context.stop_token().clone(),
        };
        let sink = BrokenSink {
            context: context.clone(),
            breach: self.breach,
            bad,
        };
        let inner = replaced(&context, sink, stop);
        tokio::select! {
            outcome = self.source.run(inner) => outcome,
            Some(()) = found.recv(), if self.is(Breach::EndsAtBadInput) => {
                Err(Error::permanent(ErrorKind::PayloadInvalid, "bad input, for a test"))
            }
        }
    }
}

/// Makes the context of the source within, which has another sink and another stop signal.
fn replaced(context: &SourceContext, sink: BrokenSink, stop: CancellationToken) -> SourceContext {
    let made = SourceContext::new(
        context.source(),
        context.event(),
        Arc::new(sink),
        Arc::clone(context.secrets()),
        Arc::clone(context.clock()),
        stop,
    );
    let made = match context.host() {
        Some(host) => made.with_host(Arc::clone(host)),
        None => made,
    };
    match context.state() {
        Some(state) => made.with_state(Arc::clone(state)),
        None => made,
    }
}

#[async_trait]
impl EventSource for BrokenSource {
    fn kind(&self) -> &'static str {
        self.source.kind()
    }

    async fn check(&self) -> Result<()> {
        self.source.check().await
    }

    async fn run(&self, context: SourceContext) -> Result<()> {
        let again = self.runs.fetch_add(1, Ordering::Relaxed) > 0;
        if again && self.is(Breach::RunsOnce) {
            let message = "it ran before, for a test";
            return Err(Error::permanent(ErrorKind::Closed, message));
        }
        match (
            self.breach,
            self.run_unless_bad_input(context.clone()).await,
        ) {
            (Some(Breach::HidesFailures), Err(_)) => {
                context.stopped().await;
                Ok(())
            }
            (Some(Breach::CallsFailuresAnEnd), Err(_)) => Ok(()),
            (Some(Breach::FailsWhenStopped), Ok(())) => Err(Error::transient(
                ErrorKind::Closed,
                "it was stopped, for a test",
            )),
            (Some(Breach::EmitsAtTheEnd), Ok(())) => {
                context.emit(Draft::json("\"goodbye\"")).await?;
                Ok(())
            }
            (_, outcome) => outcome,
        }
    }
}

impl fmt::Debug for BrokenSource {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("BrokenSource")
            .field("breach", &self.breach)
            .finish_non_exhaustive()
    }
}

/// Stands between the source within and the sink of its context.
struct BrokenSink {
    context: SourceContext,
    breach: Option<Breach>,
    bad: mpsc::Sender<()>,
}

#[async_trait]
impl Sink for BrokenSink {
    async fn send(&self, draft: Draft) -> Result<Receipt> {
        match self.breach {
            Some(Breach::AcknowledgesFirst) => {
                // One look at the future hands the draft over; then nobody waits for it.
                let _ = futures::poll!(std::pin::pin!(self.context.emit(draft)));
                Ok(Receipt::accepted(None))
            }
            Some(Breach::IgnoresRefusals) => Ok(self.context.emit(draft).await.unwrap_or_default()),
            _ => self.context.emit(draft).await,
        }
    }

    fn ready(&self) {
        self.context.ready();
    }

    fn skipped(&self, reason: &str) {
        if self.breach != Some(Breach::SkipsInSilence) {
            self.context.skip(reason);
        }
        // Nobody listens unless bad input ends the run; one signal is enough then.
        let _ = self.bad.try_send(());
    }
}

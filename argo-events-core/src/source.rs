//! Sources: whatever brings events in.
//!
//! A source owns its protocol only. The runtime in `argo_events_sources` owns every loop around it:
//! restart with back-off, filter, envelope, publish, drain, metrics.

use crate::{Clock, Draft, Receipt, Result, SecretSource, StateStore, http_host::HttpHost};
use async_trait::async_trait;
use std::{fmt, sync::Arc};
use tokio_util::sync::CancellationToken;

/// Brings events in until it is told to stop.
///
/// # Behavior
/// - `SRC-01` nothing upstream is acknowledged before `emit` has resolved.
/// - `SRC-02` after the stop signal `run` returns `Ok` within its grace period, emitting nothing new.
/// - `SRC-03` a failure of the upstream is returned as an error; the runtime starts `run` again after a pause.
/// - `SRC-04` input that can never become an event is answered or logged, counted and skipped; it does not end `run`.
/// - `SRC-05` an event whose `emit` failed is not lost: upstream keeps it, or is told that it was not taken.
/// - `SRC-06` `run` may be called again after it returned.
#[async_trait]
pub trait EventSource: Send + Sync + 'static {
    /// Returns the kind as manifests name it.
    fn kind(&self) -> &'static str;

    /// Tells, without side effects, whether the source could run: reachable, authorised, well configured.
    async fn check(&self) -> Result<()> {
        Ok(())
    }

    /// Emits events until `context.stopped()`.
    ///
    /// # Errors
    /// A transient error asks to be started again after a pause, a permanent one too, but is reported as a fault.
    ///
    /// # Cancel safety
    /// Dropping the future stops the source at once; what was not emitted stays upstream.
    async fn run(&self, context: SourceContext) -> Result<()>;
}

/// Takes drafts of one source and event; the runtime's end of [`SourceContext::emit`].
#[async_trait]
pub trait Sink: Send + Sync + 'static {
    /// Filters, wraps and publishes; resolves once the bus has accepted the event.
    ///
    /// A draft that the source's filter refuses resolves to `Ok` with a default receipt.
    async fn send(&self, draft: Draft) -> Result<Receipt>;

    /// Does what [`Self::send`] does, and gives up soon where the bus does not take it.
    async fn send_briefly(&self, draft: Draft) -> Result<Receipt> {
        self.send(draft).await
    }

    /// Takes note that the source takes input now.
    fn ready(&self) {}

    /// Takes note of input that can never become an event.
    fn skipped(&self, _reason: &str) {}
}

/// What a running source may use.
#[derive(Clone)]
pub struct SourceContext {
    source: Arc<str>,
    event: Arc<str>,
    sink: Arc<dyn Sink>,
    host: Option<Arc<dyn HttpHost>>,
    state: Option<Arc<dyn StateStore>>,
    secrets: Arc<dyn SecretSource>,
    clock: Arc<dyn Clock>,
    stop: CancellationToken,
}

impl SourceContext {
    /// Makes a context; for runtimes and tests.
    pub fn new(
        source: impl Into<Arc<str>>,
        event: impl Into<Arc<str>>,
        sink: Arc<dyn Sink>,
        secrets: Arc<dyn SecretSource>,
        clock: Arc<dyn Clock>,
        stop: CancellationToken,
    ) -> Self {
        let (source, event) = (source.into(), event.into());
        Self {
            source,
            event,
            sink,
            host: None,
            state: None,
            secrets,
            clock,
            stop,
        }
    }

    /// Adds the host that serves HTTP routes.
    #[must_use]
    pub fn with_host(mut self, host: Arc<dyn HttpHost>) -> Self {
        self.host = Some(host);
        self
    }

    /// Adds the store for watermarks.
    #[must_use]
    pub fn with_state(mut self, state: Arc<dyn StateStore>) -> Self {
        self.state = Some(state);
        self
    }

    /// Returns the name of the EventSource.
    pub fn source(&self) -> &str {
        &self.source
    }

    /// Returns the name of the event.
    pub fn event(&self) -> &str {
        &self.event
    }

    /// Publishes one draft; resolves after the bus accepted it. Many may be in flight.
    ///
    /// # Errors
    /// Those of [`EventBus::publish`](crate::EventBus::publish). The caller must not acknowledge upstream.
    ///
    /// # Cancel safety
    /// A dropped future may or may not have published.
    pub async fn emit(&self, draft: Draft) -> Result<Receipt> {
        self.sink.send(draft).await
    }

    /// Publishes one draft as [`Self::emit`] does, but gives up within about a second: for somebody
    /// upstream who waits for the answer and can come again.
    ///
    /// # Errors
    /// As [`Self::emit`]; a transient one means that coming again later is of use.
    ///
    /// # Cancel safety
    /// A dropped future may or may not have published.
    pub async fn emit_briefly(&self, draft: Draft) -> Result<Receipt> {
        self.sink.send_briefly(draft).await
    }

    /// Says that the source takes input now: it listens, watches or is subscribed.
    ///
    /// A source that never says so counts as running once it emitted, or ran for a while.
    pub fn ready(&self) {
        self.sink.ready();
    }

    /// Counts and logs input that can never become an event.
    pub fn skip(&self, reason: &str) {
        self.sink.skipped(reason);
    }

    /// Returns the host of HTTP routes, where the runtime has one.
    pub fn host(&self) -> Option<&Arc<dyn HttpHost>> {
        self.host.as_ref()
    }

    /// Returns the store for watermarks, where the bus has one.
    pub fn state(&self) -> Option<&Arc<dyn StateStore>> {
        self.state.as_ref()
    }

    /// Returns where secrets and config maps are found.
    pub fn secrets(&self) -> &Arc<dyn SecretSource> {
        &self.secrets
    }

    /// Returns the clock.
    pub fn clock(&self) -> &Arc<dyn Clock> {
        &self.clock
    }

    /// Resolves once the source shall stop. Cancel-safe.
    pub async fn stopped(&self) {
        self.stop.cancelled().await;
    }

    /// Returns the stop signal, to hand on to clients.
    pub fn stop_token(&self) -> &CancellationToken {
        &self.stop
    }
}

impl fmt::Debug for SourceContext {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("SourceContext")
            .field("source", &self.source)
            .field("event", &self.event)
            .finish_non_exhaustive()
    }
}

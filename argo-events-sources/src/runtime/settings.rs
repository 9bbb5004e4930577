//! What a runtime works with.

use super::{Alone, Entry, FilterCompiler, Leadership, Running, plan};
use argo_events_core::{
    Backoff, Clock, EventBus, Registry, SecretSource, StateStore, SystemClock, api,
    http_host::HttpHost, secret::MemorySecrets, telemetry::Metrics,
};
use std::{fmt, sync::Arc, time::Duration};

/// Runs event sources; clones share bus, host and metrics.
#[derive(Clone)]
#[must_use]
pub struct SourceRuntime {
    pub(super) registry: Arc<Registry>,
    pub(super) bus: Arc<dyn EventBus>,
    pub(super) host: Option<Arc<dyn HttpHost>>,
    pub(super) state: Option<Arc<dyn StateStore>>,
    pub(super) secrets: Arc<dyn SecretSource>,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) metrics: Metrics,
    pub(super) filters: Option<Arc<dyn FilterCompiler>>,
    pub(super) leadership: Arc<dyn Leadership>,
    pub(super) publish: Backoff,
    pub(super) restart: (Duration, Duration),
}

impl SourceRuntime {
    /// Pause before a source is started again for the first time; doubles each time.
    pub const RESTART_PAUSE: Duration = Duration::from_secs(1);
    /// Longest pause before a source is started again.
    pub const LONGEST_RESTART_PAUSE: Duration = Duration::from_secs(60);

    /// Makes a runtime that publishes to a bus and knows no kinds, no secrets and no host yet.
    pub fn new(bus: Arc<dyn EventBus>) -> Self {
        Self {
            registry: Arc::default(),
            bus,
            host: None,
            state: None,
            secrets: Arc::new(MemorySecrets::default()),
            clock: Arc::new(SystemClock),
            metrics: Metrics::default(),
            filters: None,
            leadership: Arc::new(Alone),
            publish: Backoff::default(),
            restart: (Self::RESTART_PAUSE, Self::LONGEST_RESTART_PAUSE),
        }
    }

    /// Sets the kinds that manifests may name.
    pub fn registry(mut self, registry: impl Into<Arc<Registry>>) -> Self {
        self.registry = registry.into();
        self
    }

    /// Sets who serves HTTP routes.
    pub fn host(mut self, host: Arc<dyn HttpHost>) -> Self {
        self.host = Some(host);
        self
    }

    /// Sets where watermarks are kept; without it, what was missed while nothing ran stays missed.
    pub fn state(mut self, state: Arc<dyn StateStore>) -> Self {
        self.state = Some(state);
        self
    }

    /// Sets where secrets and config maps are found.
    pub fn secrets(mut self, secrets: Arc<dyn SecretSource>) -> Self {
        self.secrets = secrets;
        self
    }

    /// Sets the clock.
    pub fn clock(mut self, clock: Arc<dyn Clock>) -> Self {
        self.clock = clock;
        self
    }

    /// Sets where events are counted.
    pub fn metrics(mut self, metrics: Metrics) -> Self {
        self.metrics = metrics;
        self
    }

    /// Sets who compiles `filter.expression`, which is `Expressions` where the feature `expr` is
    /// compiled in; without anybody an event that has one is not started.
    pub fn filters(mut self, filters: Arc<dyn FilterCompiler>) -> Self {
        self.filters = Some(filters);
        self
    }

    /// Sets who decides which replica runs what must run once.
    pub fn leadership(mut self, leadership: Arc<dyn Leadership>) -> Self {
        self.leadership = leadership;
        self
    }

    /// Sets how often an event is offered to the bus, and how long to pause in between.
    pub fn publish_backoff(mut self, backoff: Backoff) -> Self {
        self.publish = backoff;
        self
    }

    /// Sets the first and the longest pause before a source is started again.
    pub fn restart_pauses(mut self, first: Duration, longest: Duration) -> Self {
        self.restart = (first, longest.max(first));
        self
    }

    /// Builds the sources of an EventSource and starts them. Must be called within a tokio runtime.
    pub fn start(&self, source: &api::EventSource) -> Running {
        let entries = match &self.filters {
            Some(filters) => plan::entries(&self.registry, Some(&**filters), source),
            None => plan::entries(&self.registry, self.own_filters().as_deref(), source),
        };
        self.start_entries(&source.metadata.name, entries)
    }

    #[cfg(feature = "expr")]
    fn own_filters(&self) -> Option<Box<dyn FilterCompiler>> {
        Some(Box::new(super::Expressions::new(Arc::clone(&self.clock))))
    }

    #[cfg(not(feature = "expr"))]
    #[expect(clippy::unused_self, reason = "the other form asks for the clock")]
    fn own_filters(&self) -> Option<Box<dyn FilterCompiler>> {
        None
    }

    /// Starts sources that were made elsewhere. Must be called within a tokio runtime.
    pub fn start_entries(&self, source: &str, entries: Vec<Entry>) -> Running {
        Running::start(self, source, entries)
    }
}

impl fmt::Debug for SourceRuntime {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("SourceRuntime")
            .field("bus", &self.bus.kind())
            .finish_non_exhaustive()
    }
}

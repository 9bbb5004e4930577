//! The engine: sources, a bus and sensors in one process.
//!
//! [`Builder`] collects what belongs to it and finds every mistake; [`Engine::start`] opens the bus,
//! subscribes the sensors and only then lets sources in, so that no event comes before its reader.
//! [`Running`] is what there is to watch and to drain.

mod builder;
mod bus;
mod channel;
mod fault;
mod handler;
mod running;

pub use builder::Builder;
pub use channel::{ChannelSource, Emitter};
pub use fault::{BuildError, Fault};
pub use running::{Probe, Readiness, Running};

use argo_events_core::{
    Clock, EventSource, Registry, Result, SecretSource, Subject, api, http_host::HttpHost,
    telemetry::Metrics,
};
use argo_events_sensor::runtime::{SensorPlan, SensorRuntime};
use argo_events_sources::{
    http::{MountedRoutes, WebServer},
    runtime::{Entry, SourceRuntime},
};
use bus::BusChoice;
use std::{collections::BTreeMap, fmt, sync::Arc};
use tokio_util::sync::CancellationToken;

/// Who serves the routes of webhooks.
#[derive(Clone, Debug)]
enum Host {
    /// The engine opens ports itself.
    Own(WebServer),
    /// The routes are mounted in a server of the program.
    Mounted(MountedRoutes),
}

/// Sources, a bus and sensors, checked and ready to start.
///
/// See [`Engine::builder`].
pub struct Engine {
    registry: Arc<Registry>,
    event_sources: Vec<api::EventSource>,
    own_sources: BTreeMap<Subject, Arc<dyn EventSource>>,
    sensors: Vec<Arc<SensorPlan>>,
    bus: BusChoice,
    host: Host,
    secrets: Arc<dyn SecretSource>,
    clock: Arc<dyn Clock>,
    metrics: Metrics,
    warnings: BuildError,
}

impl Engine {
    /// Begins an engine.
    ///
    /// ```
    /// use argo_events::{Engine, Event, MemoryBus};
    /// use std::sync::Arc;
    ///
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let engine = Engine::builder()
    ///     .bus(MemoryBus::default())
    ///     .on("shop/paid", |event: Arc<Event>| async move {
    ///         println!("{} was paid", event.json()?["order"]);
    ///         Ok(())
    ///     })
    ///     .build()?;
    /// # drop(engine);
    /// # Ok(())
    /// # }
    /// ```
    pub fn builder() -> Builder {
        Builder::new()
    }

    /// Returns the routes of webhooks, to merge into a router of the program.
    ///
    /// Empty unless the builder was told [`Builder::mounted`]. Routes that come later appear in it too.
    pub fn routes<S: Clone + Send + Sync + 'static>(&self) -> axum::Router<S> {
        match &self.host {
            Host::Own(_) => axum::Router::new(),
            Host::Mounted(routes) => routes.router(),
        }
    }

    /// Returns what is doubtful about what the engine was built of; there is no error in it.
    pub fn warnings(&self) -> &BuildError {
        &self.warnings
    }

    /// Returns the metrics, also before the start.
    pub fn metrics(&self) -> &Metrics {
        &self.metrics
    }

    /// Opens the bus, subscribes the sensors, then starts the sources.
    ///
    /// Resolves when everything published from now on will be read; sources may still be starting:
    /// [`Running::ready`] waits for them.
    ///
    /// # Errors
    /// The bus's, when it cannot be opened or subscribed to.
    ///
    /// # Cancel safety
    /// Dropping the future stops what was started; nothing accepted is lost.
    pub async fn start(self) -> Result<Running> {
        let bus = self.bus.open().await?;
        let stop = CancellationToken::new();
        let mut sensors = Vec::with_capacity(self.sensors.len());
        for plan in &self.sensors {
            sensors.push(SensorRuntime::open(plan.clone(), bus.clone(), stop.child_token()).await?);
        }
        let host: Arc<dyn HttpHost> = match &self.host {
            Host::Own(server) => Arc::new(server.clone()),
            Host::Mounted(routes) => Arc::new(routes.clone()),
        };
        let mut runtime = SourceRuntime::new(bus.clone())
            .registry(self.registry.clone())
            .host(host)
            .secrets(self.secrets.clone())
            .clock(self.clock.clone())
            .metrics(self.metrics.clone());
        if bus.capabilities().state_store {
            runtime = runtime.state(bus.state("sources").await?);
        }
        let sources = self.start_sources(&runtime);
        Ok(Running::new(
            bus,
            self.host,
            self.metrics,
            sources,
            sensors,
            stop,
        ))
    }

    fn start_sources(
        &self,
        runtime: &SourceRuntime,
    ) -> Vec<(String, argo_events_sources::runtime::Running)> {
        let mut running: Vec<_> = (self.event_sources.iter())
            .map(|source| (source.metadata.name.clone(), runtime.start(source)))
            .collect();
        for (subject, source) in &self.own_sources {
            let entry = Entry::new(&subject.event, source.clone());
            let started = runtime.start_entries(&subject.source, vec![entry]);
            running.push((subject.source.clone(), started));
        }
        running
    }
}

impl fmt::Debug for Engine {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Engine")
            .field("event_sources", &self.event_sources.len())
            .field("own_sources", &self.own_sources.keys())
            .field("sensors", &self.sensors.len())
            .finish_non_exhaustive()
    }
}

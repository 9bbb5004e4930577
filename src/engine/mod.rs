//! The engine: sources, a bus and sensors in one process.
//!
//! [`Builder`] collects what belongs to it and finds every mistake; [`Engine::start`] opens the bus,
//! subscribes the sensors and only then lets sources in, so that no event comes before its reader.
//! [`Running`] is what there is to watch, to drain, and to replace piece by piece.

mod builder;
mod bus;
mod bus_url;
mod change;
mod channel;
mod fault;
mod handler;
mod object;
mod probe;
mod program;
mod running;
mod secrets;

pub use builder::Builder;
pub use bus_url::BusUrl;
pub use change::Changes;
pub use channel::{ChannelSource, Emitter};
pub use fault::{BuildError, Fault};
pub use probe::{Probe, Readiness};
pub use running::Running;

use argo_events_core::{EventBus, Result, SecretSource, http_host::HttpHost, telemetry::Metrics};
use argo_events_sources::{
    http::{Hold, MountedRoutes, WebServer},
    runtime::SourceRuntime,
};
use bus::BusChoice;
use object::{PlannedSensor, Source};
use program::Program;
use secrets::CurrentSecrets;
use std::{fmt, sync::Arc};
use tokio_util::sync::CancellationToken;

/// Who serves the routes of webhooks.
#[derive(Clone, Debug)]
enum Host {
    /// The engine opens ports itself.
    Own(WebServer),
    /// The routes are mounted in a server of the program.
    Mounted(MountedRoutes),
}

impl Host {
    fn to_dyn(&self) -> Arc<dyn HttpHost> {
        match self {
            Self::Own(server) => Arc::new(server.clone()),
            Self::Mounted(routes) => Arc::new(routes.clone()),
        }
    }

    /// Lets callers wait while routes are replaced.
    fn hold(&self) -> Hold {
        match self {
            Self::Own(server) => server.hold(),
            Self::Mounted(routes) => routes.hold(),
        }
    }
}

/// Sources, a bus and sensors, checked and ready to start.
///
/// See [`Engine::builder`].
pub struct Engine {
    program: Program,
    sources: Vec<Source>,
    sensors: Vec<PlannedSensor>,
    bus: BusChoice,
    host: Host,
    /// Where the secrets of this engine are found.
    secrets: Arc<dyn SecretSource>,
    /// What everything that runs reads; the secrets above, once this engine runs.
    current: Arc<CurrentSecrets>,
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
        &self.program.metrics
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
        for sensor in self.sensors {
            let stop = stop.child_token();
            let opened = sensor.open(&bus, &stop).await?;
            sensors.push((sensor, opened, stop));
        }
        let runtime = source_runtime(&bus, &self.program, &self.host, &self.current).await?;
        let sources = self.sources.into_iter();
        let sources = sources.map(|source| source.start(&runtime)).collect();
        let sensors = sensors.into_iter();
        let sensors = sensors.map(|(sensor, opened, stop)| sensor.run(opened, stop));
        let sensors = sensors.collect();
        Ok(Running {
            bus,
            host: self.host,
            program: self.program,
            current: self.current,
            sources,
            sensors,
            stop,
        })
    }
}

/// Makes what starts sources.
async fn source_runtime(
    bus: &Arc<dyn EventBus>,
    program: &Program,
    host: &Host,
    secrets: &Arc<CurrentSecrets>,
) -> Result<SourceRuntime> {
    let runtime = SourceRuntime::new(bus.clone())
        .registry(program.registry.clone())
        .host(host.to_dyn())
        .secrets(secrets.clone())
        .clock(program.clock.clone())
        .leadership(program.leadership.clone())
        .metrics(program.metrics.clone());
    if !bus.capabilities().state_store {
        return Ok(runtime);
    }
    Ok(runtime.state(bus.state("sources").await?))
}

impl fmt::Debug for Engine {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Engine")
            .field("sources", &self.sources)
            .field("sensors", &self.sensors.len())
            .finish_non_exhaustive()
    }
}

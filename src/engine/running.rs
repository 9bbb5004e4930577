//! A running engine: what there is to watch, how it changes, and how it ends.

use super::{
    Engine, Host, Probe, Readiness,
    builder::Builder,
    change::{self, Changes},
    object::{PlannedSensor, RunningSensor, RunningSource, Source},
    program::Program,
    secrets::CurrentSecrets,
    source_runtime,
};
use argo_events_core::{EventBus, Result, telemetry::Metrics};
use argo_events_sources::{http::Listening, runtime::SourceRuntime};
use std::{fmt, mem, sync::Arc, time::Duration};
use tokio::{task::JoinSet, time::Instant};
use tokio_util::sync::CancellationToken;

/// A running engine. Dropping it stops everything at once; [`Running::drain`] ends it in order.
#[must_use = "dropping it stops the engine"]
pub struct Running {
    pub(super) bus: Arc<dyn EventBus>,
    pub(super) host: Host,
    pub(super) program: Program,
    pub(super) current: Arc<CurrentSecrets>,
    pub(super) sources: Vec<RunningSource>,
    pub(super) sensors: Vec<RunningSensor>,
    pub(super) stop: CancellationToken,
}

impl Running {
    /// Returns the bus, to publish to or to look at.
    pub fn bus(&self) -> &Arc<dyn EventBus> {
        &self.bus
    }

    /// Returns the metrics.
    pub fn metrics(&self) -> &Metrics {
        &self.program.metrics
    }

    /// Returns what listens where; empty when routes are mounted.
    pub fn listening(&self) -> Vec<Listening> {
        match &self.host {
            Host::Own(server) => server.listening(),
            Host::Mounted(_) => Vec::new(),
        }
    }

    /// Returns what works right now, and what does not.
    pub async fn readiness(&self) -> Readiness {
        self.probe().readiness().await
    }

    /// Returns something to look at the engine with from elsewhere, such as a health endpoint.
    ///
    /// It looks at what runs now; after [`Self::take_over`] a new one is needed.
    pub fn probe(&self) -> Probe {
        let (bus, metrics) = (self.bus.clone(), self.program.metrics.clone());
        Probe::of(bus, metrics, &self.sources, &self.sensors)
    }

    /// Waits until every source takes input, or can never do so.
    ///
    /// # Cancel safety
    /// Dropping the future has no effect.
    pub async fn ready(&self) -> Readiness {
        for source in &self.sources {
            source.running.settled().await;
        }
        self.readiness().await
    }

    /// Begins the engine that shall [take over](Self::take_over): with the same bus, ports, metrics
    /// and clock, and with what the program gave; only the manifests are to be given again.
    /// Handlers ([`Builder::on`]) that are given again are there twice.
    ///
    /// ```
    /// use argo_events::{Engine, Manifests, MemoryBus};
    /// use std::time::Duration;
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let tick = |every: &str| Manifests::from_text("clock.yaml", format!("
    /// apiVersion: argoproj.io/v1alpha1
    /// kind: EventSource
    /// metadata: {{ name: clock }}
    /// spec: {{ calendar: {{ tick: {{ interval: {every} }} }} }}
    /// "));
    /// let engine = Engine::builder().bus(MemoryBus::default()).manifests(tick("1h")).build()?;
    /// let mut running = engine.start().await?;
    ///
    /// let grace = Duration::from_secs(10);
    /// let same = running.successor().manifests(tick("1h")).build()?;
    /// assert!(running.take_over(same, grace).await?.is_empty());
    /// let other = running.successor().manifests(tick("2h")).build()?;
    /// assert_eq!(running.take_over(other, grace).await?.replaced, ["EventSource/clock"]);
    /// # Ok(())
    /// # }
    /// ```
    pub fn successor(&self) -> Builder {
        let (bus, host) = (self.bus.clone(), self.host.clone());
        Builder::of_successor(self.program.clone(), bus, host, self.current.clone())
    }

    /// Changes what runs into what an engine describes that was begun by [`Self::successor`].
    ///
    /// What is described as before runs on, untouched; what is described differently, or not any
    /// more, comes to its end first, for at most the grace period. No event is lost in between: the
    /// bus keeps what sensors have not read, and callers of a webhook that is replaced wait for it.
    /// A sensor of closures counts as the same as long as its manifest is.
    ///
    /// A source or a sensor that cannot be started is tried again, for ever; [`Self::readiness`] names it.
    ///
    /// # Errors
    /// The bus's, when it does not hand out its state store; nothing has changed then.
    ///
    /// # Panics
    /// With debug assertions, when the engine was not begun by [`Self::successor`] of this one.
    ///
    /// # Cancel safety
    /// Dropping the future leaves out of the engine what was being replaced.
    pub async fn take_over(&mut self, next: Engine, grace: Duration) -> Result<Changes> {
        debug_assert!(
            Arc::ptr_eq(&self.current, &next.current),
            "take_over wants an engine begun by successor()"
        );
        let runtime = source_runtime(&self.bus, &next.program, &self.host, &self.current).await?;
        let deadline = Instant::now() + grace;
        let mut changes = Changes::default();
        let (sources, sensors) = (mem::take(&mut self.sources), mem::take(&mut self.sensors));
        let sources = change::sort(sources, next.sources, |it| &it.source, &mut changes);
        let sensors = change::sort(sensors, next.sensors, |it| &it.sensor, &mut changes);
        (self.sources, self.sensors) = (sources.kept, sensors.kept);
        self.program = next.program;
        let _hold = self.host.hold();
        end_sources(sources.gone, deadline).await;
        end_sensors(sensors.gone, deadline).await;
        self.current.replace(next.secrets);
        self.start_sensors(sensors.new).await;
        self.start_sources(sources.new, &runtime).await;
        Ok(changes)
    }

    async fn start_sensors(&mut self, sensors: Vec<PlannedSensor>) {
        for sensor in sensors {
            let running = sensor.run_somehow(&self.bus, self.stop.child_token()).await;
            self.sensors.push(running);
        }
    }

    /// Starts sources all at once, and waits until each of them takes input, or can never do so.
    async fn start_sources(&mut self, sources: Vec<Source>, runtime: &SourceRuntime) {
        let first = self.sources.len();
        let new = sources.into_iter().map(|source| source.start(runtime));
        self.sources.extend(new);
        for source in &self.sources[first..] {
            source.running.settled().await;
        }
    }

    /// Stops the sources, lets what is on its way come to its end, stops the sensors, closes the bus.
    ///
    /// Whatever is unfinished after the grace period comes again at the next start, if the bus is durable.
    ///
    /// # Errors
    /// The bus's, when it cannot be closed.
    ///
    /// # Cancel safety
    /// Dropping the future ends everything at once.
    pub async fn drain(self, grace: Duration) -> Result<()> {
        self.stop(grace).await.close().await
    }

    /// Does what [`Self::drain`] does, but leaves the bus open and hands it out for the next engine.
    ///
    /// # Cancel safety
    /// Dropping the future ends everything at once.
    pub async fn stop(self, grace: Duration) -> Arc<dyn EventBus> {
        let deadline = Instant::now() + grace;
        end_sources(self.sources, deadline).await;
        if let Host::Own(server) = &self.host {
            server.close(left(deadline)).await;
        }
        end_sensors(self.sensors, deadline).await;
        self.bus
    }
}

fn left(deadline: Instant) -> Duration {
    deadline.saturating_duration_since(Instant::now())
}

/// Tells sources to stop, all at once, and waits for them.
async fn end_sources(sources: Vec<RunningSource>, deadline: Instant) {
    let draining: JoinSet<Vec<String>> = sources
        .into_iter()
        .map(|source| source.running.drain(left(deadline)))
        .collect();
    for event in draining.join_all().await.concat() {
        tracing::warn!(event, "a source did not end within the grace period");
    }
}

/// Tells sensors to stop, all at once, and waits for them.
async fn end_sensors(sensors: Vec<RunningSensor>, deadline: Instant) {
    let sensors = sensors.into_iter();
    let ending: JoinSet<bool> = sensors.map(|sensor| sensor.stop(deadline)).collect();
    if ending.join_all().await.contains(&false) {
        tracing::warn!("the grace period is over; unfinished firings come again at the next start");
    }
}

impl fmt::Debug for Running {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Running")
            .field("sources", &self.sources.len())
            .field("sensors", &self.sensors.len())
            .finish_non_exhaustive()
    }
}

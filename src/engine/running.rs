//! A running engine: what there is to watch, and how it ends.

use super::Host;
use argo_events_core::{EventBus, Result, telemetry::Metrics};
use argo_events_sensor::runtime::SensorRuntime;
use argo_events_sources::{http::Listening, runtime};
use std::{fmt, sync::Arc, time::Duration};
use tokio::{sync::watch, task::JoinSet, time::Instant};
use tokio_util::sync::CancellationToken;

/// Whether everything works, and what does not.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Readiness {
    /// What is not ready, each with its name and why.
    pub waiting: Vec<String>,
}

impl Readiness {
    /// Tells whether every source takes input and the bus accepts events.
    pub fn is_ready(&self) -> bool {
        self.waiting.is_empty()
    }
}

/// Looks at a running engine without keeping it alive. Cheap to clone.
#[derive(Clone)]
pub struct Probe {
    bus: Arc<dyn EventBus>,
    sources: Arc<[(String, watch::Receiver<runtime::Status>)]>,
}

impl Probe {
    /// Returns what works right now, and what does not.
    ///
    /// # Cancel safety
    /// Dropping the future has no effect.
    pub async fn readiness(&self) -> Readiness {
        let mut waiting = Vec::new();
        if let Err(error) = self.bus.check().await {
            waiting.push(format!("bus {}: {error}", self.bus.kind()));
        }
        for (name, status) in &*self.sources {
            let status = status.borrow().clone();
            if !status.is_ready() {
                waiting.push(format!("source {name}: {status}"));
            }
        }
        Readiness { waiting }
    }
}

impl fmt::Debug for Probe {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names = self.sources.iter().map(|(name, _)| name);
        formatter.debug_list().entries(names).finish()
    }
}

/// A running engine. Dropping it stops everything at once; [`Running::drain`] ends it in order.
#[must_use = "dropping it stops the engine"]
pub struct Running {
    bus: Arc<dyn EventBus>,
    host: Host,
    metrics: Metrics,
    sources: Vec<(String, runtime::Running)>,
    sensors: JoinSet<()>,
    stop: CancellationToken,
}

impl Running {
    pub(super) fn new(
        bus: Arc<dyn EventBus>,
        host: Host,
        metrics: Metrics,
        sources: Vec<(String, runtime::Running)>,
        sensors: Vec<SensorRuntime>,
        stop: CancellationToken,
    ) -> Self {
        let sensors = sensors.into_iter().map(SensorRuntime::run).collect();
        Self {
            bus,
            host,
            metrics,
            sources,
            sensors,
            stop,
        }
    }

    /// Returns the bus, to publish to or to look at.
    pub fn bus(&self) -> &Arc<dyn EventBus> {
        &self.bus
    }

    /// Returns the metrics.
    pub fn metrics(&self) -> &Metrics {
        &self.metrics
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
    pub fn probe(&self) -> Probe {
        let mut sources = Vec::new();
        for (name, running) in &self.sources {
            for (_, event, _) in running.statuses() {
                let status = running.status(event);
                sources.extend(status.map(|status| (format!("{name}/{event}"), status)));
            }
        }
        Probe {
            bus: self.bus.clone(),
            sources: sources.into(),
        }
    }

    /// Waits until every source takes input, or can never do so.
    ///
    /// # Cancel safety
    /// Dropping the future has no effect.
    pub async fn ready(&self) -> Readiness {
        for (_, running) in &self.sources {
            settled(running).await;
        }
        self.readiness().await
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
    pub async fn stop(mut self, grace: Duration) -> Arc<dyn EventBus> {
        let deadline = Instant::now() + grace;
        let left = || deadline.saturating_duration_since(Instant::now());
        let draining: JoinSet<Vec<String>> = self
            .sources
            .drain(..)
            .map(|(_, running)| running.drain(left()))
            .collect();
        for event in draining.join_all().await.concat() {
            tracing::warn!(event, "a source did not end within the grace period");
        }
        if let Host::Own(server) = &self.host {
            server.close(left()).await;
        }
        self.stop.cancel();
        let ended = async { while self.sensors.join_next().await.is_some() {} };
        if tokio::time::timeout(left(), ended).await.is_err() {
            tracing::warn!(
                "the grace period is over; unfinished firings come again at the next start"
            );
        }
        self.bus
    }
}

/// Waits until no source is starting any more.
async fn settled(running: &runtime::Running) {
    let events: Vec<String> = running
        .statuses()
        .map(|(_, event, _)| event.to_owned())
        .collect();
    for event in events {
        if let Some(mut status) = running.status(&event) {
            // A status that nobody changes any more is as settled as it gets.
            let _ = status
                .wait_for(|status| *status != runtime::Status::Starting)
                .await;
        }
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

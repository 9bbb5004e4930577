//! Whether a running engine works, for whoever watches it.

use super::object::{RunningSensor, RunningSource};
use argo_events_core::{EventBus, telemetry::Metrics};
use argo_events_sources::runtime::Status;
use std::{fmt, sync::Arc};
use tokio::sync::watch;

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
    metrics: Metrics,
    sources: Arc<[(String, watch::Receiver<Status>)]>,
    sensors: Arc<[(String, watch::Receiver<Option<String>>)]>,
}

impl Probe {
    pub(super) fn of(
        bus: Arc<dyn EventBus>,
        metrics: Metrics,
        sources: &[RunningSource],
        sensors: &[RunningSensor],
    ) -> Self {
        let mut statuses = Vec::new();
        for RunningSource { source, running } in sources {
            for (_, event, _) in running.statuses() {
                let status = running.status(event);
                let name = format!("{}/{event}", source.name());
                statuses.extend(status.map(|status| (name, status)));
            }
        }
        let faults = sensors.iter().map(|running| {
            let name = running.sensor.plan.name().to_owned();
            (name, running.fault.clone())
        });
        Self {
            bus,
            metrics,
            sources: statuses.into(),
            sensors: faults.collect(),
        }
    }

    /// Returns the metrics in Prometheus' text format, those of the bus brought up to date.
    pub fn metrics(&self) -> String {
        self.bus.measure(&self.metrics);
        self.metrics.render()
    }

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
        for (name, fault) in &*self.sensors {
            if let Some(fault) = &*fault.borrow() {
                waiting.push(format!("sensor {name}: {fault}"));
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

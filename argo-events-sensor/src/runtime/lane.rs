//! What all kinds of lane share: names, limits, and how a delivery finds its triggers.

use super::{observer::Observer, recent::RecentIds};
use crate::dependency::{Filter, Verdict};
use argo_events_core::{
    Clock, Delivery, Error, Event, Firing,
    resolver::{Held, Shape},
    telemetry::{Counter, Gauge, Metrics, names},
};
use hashbrown::HashMap;
use std::{fmt, sync::Arc, time::Duration};
use tokio_util::sync::CancellationToken;

/// A dependency of the sensor, as a lane needs it.
#[derive(Debug)]
pub(crate) struct LaneDependency {
    pub(crate) name: String,
    pub(crate) filter: Arc<Filter>,
    /// Triggers of this lane that name the dependency, with its place in their shape.
    pub(crate) triggers: Vec<(usize, u16)>,
    pub(crate) refused: Counter,
}

/// What a lane counts per delivery.
#[derive(Debug)]
pub(crate) struct LaneCounters {
    received: Counter,
    redelivered: Counter,
    read_failures: Counter,
    lag: Gauge,
}

impl LaneCounters {
    pub(crate) fn new(metrics: &Metrics, sensor: &str) -> Self {
        let labels = [("sensor_name", sensor)];
        Self {
            received: metrics.counter(names::SENSOR_EVENTS_RECEIVED, &labels),
            redelivered: metrics.counter(names::SENSOR_REDELIVERIES, &labels),
            read_failures: metrics.counter(names::SENSOR_READ_FAILURES, &labels),
            lag: metrics.gauge(names::SENSOR_LAG, &labels),
        }
    }
}

/// What a lane knows and is limited by.
pub(crate) struct Lane {
    pub(crate) sensor: Arc<str>,
    pub(crate) dependencies: Vec<LaneDependency>,
    /// Source → event name → indexes of dependencies.
    pub(crate) subjects: HashMap<String, HashMap<String, Vec<usize>>>,
    pub(crate) shapes: Vec<Arc<Shape>>,
    pub(crate) recent: RecentIds,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) counters: LaneCounters,
    pub(crate) observer: Arc<dyn Observer>,
    pub(crate) stop: CancellationToken,
    pub(crate) grace: Duration,
    pub(crate) ack_wait: Duration,
    pub(crate) batch: usize,
    pub(crate) max_in_flight: usize,
}

/// What a delivery means for a lane of stateless triggers.
pub(crate) enum Matched {
    /// These triggers fire, by index.
    Firings(Vec<(usize, Firing)>),
    /// Nothing: no dependency took it, or it was handled before.
    Nothing,
}

impl Lane {
    /// Returns after how long an unfinished delivery is relieved.
    pub(crate) fn patience(&self) -> Duration {
        (self.ack_wait / 4).max(Duration::from_millis(1))
    }

    pub(crate) fn trigger(&self, name: &str) -> Option<usize> {
        self.shapes.iter().position(|shape| shape.trigger == name)
    }

    pub(crate) fn shape(&self, trigger: &str) -> Option<Arc<Shape>> {
        self.shapes
            .iter()
            .find(|shape| shape.trigger == trigger)
            .cloned()
    }

    /// Finds the triggers that an event fires by itself; with `only`, of that one.
    pub(crate) fn matched(&mut self, delivery: &Delivery, only: Option<usize>) -> Matched {
        if self.is_repeat(delivery, only) {
            return Matched::Nothing;
        }
        let event = delivery.event();
        let mut firings = Vec::new();
        for &index in self.dependencies_of(event) {
            let Some(event) = self.admitted(index, event) else {
                continue;
            };
            for &(trigger, dependency) in &self.dependencies[index].triggers {
                if only.is_some_and(|only| only != trigger) {
                    continue;
                }
                let held: [Held; 1] = [Held {
                    dependency,
                    event: event.clone(),
                }];
                let firing = Firing::new(self.shapes[trigger].clone(), held);
                self.observer.fired(&firing);
                firings.push((trigger, firing));
            }
        }
        if firings.is_empty() {
            Matched::Nothing
        } else {
            Matched::Firings(firings)
        }
    }

    /// Returns the dependencies that ask for an event's source and name.
    pub(crate) fn dependencies_of(&self, event: &Event) -> &[usize] {
        let found = self
            .subjects
            .get(event.source())
            .and_then(|names| names.get(event.subject()));
        found.map_or(&[], Vec::as_slice)
    }

    /// Tells whether a source's repeat of an event was handled already. A redelivery is no repeat, nor
    /// is what one trigger after the other gets for itself.
    pub(crate) fn is_repeat(&mut self, delivery: &Delivery, only: Option<usize>) -> bool {
        self.counters.received.increment();
        if delivery.meta().attempt > 1 {
            self.counters.redelivered.increment();
            return false;
        }
        if only.is_some() {
            return false;
        }
        let now = self.clock.now();
        self.counters
            .lag
            .set(now.since(delivery.meta().arrived_at).as_millis() as f64);
        self.recent.seen(delivery.event(), now)
    }

    /// Asks a dependency's filter, and gives the event as the dependency's transform leaves it;
    /// counts and reports what is refused.
    pub(crate) fn admitted(&self, index: usize, event: &Arc<Event>) -> Option<Arc<Event>> {
        let dependency = &self.dependencies[index];
        let (changed, verdict) = dependency.filter.admit(event);
        let event = changed.as_ref().unwrap_or(event);
        self.observer
            .filtered(&self.sensor, &dependency.name, event, &verdict);
        if matches!(verdict, Verdict::Passed) {
            return Some(Arc::clone(event));
        }
        dependency.refused.increment();
        self.tell_refused(&dependency.name, event, &verdict);
        None
    }

    /// Logs that a dependency did not take an event, quietly if that is what its filters are for.
    fn tell_refused(&self, dependency: &str, event: &Event, verdict: &Verdict) {
        let (sensor, event) = (&self.sensor, event.id());
        match verdict {
            Verdict::Passed => {}
            Verdict::Rejected(_) => {
                tracing::debug!(%sensor, dependency, event, "the filters do not let an event pass; it is dropped");
            }
            Verdict::Failed(reason) => {
                tracing::warn!(%sensor, dependency, event, %reason, "a filter could not judge an event; it is dropped");
            }
        }
    }

    /// Acknowledges; a failure means that the delivery comes again, which firing ids answer for.
    pub(crate) async fn acknowledge(&self, delivery: Delivery) {
        if let Err(error) = delivery.ack().await {
            tracing::warn!(sensor = %self.sensor, %error, "a delivery could not be acknowledged and will come again");
        }
    }

    /// Reports that the bus could not be read, and pauses.
    pub(crate) async fn unread(&self, error: &Error) {
        self.counters.read_failures.increment();
        tracing::warn!(sensor = %self.sensor, %error, "the bus could not be read; trying again");
        tokio::time::sleep(Duration::from_secs(1)).await;
    }
}

impl fmt::Debug for Lane {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Lane")
            .field("sensor", &self.sensor)
            .field("dependencies", &self.dependencies)
            .finish_non_exhaustive()
    }
}

//! A running sensor: its lanes, each opened again after a fault.

use super::{
    checkpoint::CheckpointLog,
    executor::Executor,
    journal::Journal,
    lane::{Lane, LaneCounters, LaneDependency},
    plan::{LaneKind, PlannedTrigger, SensorPlan},
    position::Positions,
    recent::RecentIds,
    shard::{ShardLane, ShardParts, TriggerGauges},
    shared::SharedLane,
};
use crate::resolver::Resolvers;
use argo_events_core::{
    Deliveries, Error, ErrorKind, EventBus, Result, StateStore, Subject, Subscription,
    telemetry::names,
};
use bytes::Bytes;
use hashbrown::HashMap;
use std::{collections::BTreeSet, fmt, sync::Arc, time::Duration};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

/// Pause before a lane that failed is opened again; doubles up to the longest.
const PAUSE: Duration = Duration::from_secs(1);
const LONGEST_PAUSE: Duration = Duration::from_secs(30);

/// A sensor that reads from a bus.
pub struct SensorRuntime {
    plan: Arc<SensorPlan>,
    bus: Arc<dyn EventBus>,
    stop: CancellationToken,
    lanes: Vec<(LaneKind, OpenLane)>,
}

enum OpenLane {
    Shared(Box<SharedLane>),
    Once(Box<super::once::OnceLane>),
    Shard(Box<ShardLane>),
}

impl OpenLane {
    async fn run(self) -> Result<()> {
        match self {
            Self::Shared(lane) => lane.run().await,
            Self::Once(lane) => lane.run().await,
            Self::Shard(lane) => lane.run().await,
        }
    }
}

impl SensorRuntime {
    /// Subscribes every lane; everything published after this resolves will be read.
    ///
    /// # Errors
    /// The bus's.
    ///
    /// # Cancel safety
    /// Dropping the future may leave groups on the bus; opening again is safe.
    pub async fn open(
        plan: Arc<SensorPlan>,
        bus: Arc<dyn EventBus>,
        stop: CancellationToken,
    ) -> Result<Self> {
        let kinds: BTreeSet<LaneKind> = plan.triggers.iter().map(|trigger| trigger.lane).collect();
        let mut lanes = Vec::new();
        for kind in kinds {
            let opener = Opener {
                plan: &plan,
                bus: &bus,
                stop: &stop,
                kind,
            };
            lanes.push((kind, opener.open().await?));
        }
        Ok(Self {
            plan,
            bus,
            stop,
            lanes,
        })
    }

    /// Runs until the token is cancelled; a lane that fails is opened again after a pause.
    pub async fn run(self) {
        tracing::info!(sensor = %self.plan.name, "Sensor started.");
        let mut running = JoinSet::new();
        for (kind, lane) in self.lanes {
            running.spawn(keep(
                self.plan.clone(),
                self.bus.clone(),
                self.stop.clone(),
                kind,
                lane,
            ));
        }
        while running.join_next().await.is_some() {}
    }
}

impl fmt::Debug for SensorRuntime {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("SensorRuntime")
            .field("sensor", &self.plan.name)
            .finish_non_exhaustive()
    }
}

/// Runs a lane, and opens it again as often as it fails.
async fn keep(
    plan: Arc<SensorPlan>,
    bus: Arc<dyn EventBus>,
    stop: CancellationToken,
    kind: LaneKind,
    lane: OpenLane,
) {
    let mut next = Some(lane);
    let mut pause = PAUSE;
    while !stop.is_cancelled() {
        let outcome = match next.take() {
            Some(lane) => lane.run().await,
            None => match (Opener {
                plan: &plan,
                bus: &bus,
                stop: &stop,
                kind,
            })
            .open()
            .await
            {
                Ok(lane) => {
                    pause = PAUSE;
                    lane.run().await
                }
                Err(error) => Err(error),
            },
        };
        let Err(error) = outcome else { return };
        tracing::error!(sensor = %plan.name, lane = kind.as_str(), %error, pause = pause.as_secs(), "a lane ended; it is opened again after a pause");
        tokio::select! {
            () = stop.cancelled() => return,
            () = tokio::time::sleep(pause) => pause = (pause * 2).min(LONGEST_PAUSE),
        }
    }
}

struct Opener<'a> {
    plan: &'a Arc<SensorPlan>,
    bus: &'a Arc<dyn EventBus>,
    stop: &'a CancellationToken,
    kind: LaneKind,
}

impl Opener<'_> {
    async fn open(&self) -> Result<OpenLane> {
        let deliveries = self.subscribe().await?;
        let (lane, executor) = (self.lane(), self.executor());
        Ok(match self.kind {
            LaneKind::Shared => {
                let journal = self
                    .state()
                    .await?
                    .map(|store| Journal::new(store, "journal/shared"));
                OpenLane::Shared(Box::new(SharedLane::new(
                    lane, deliveries, executor, journal,
                )))
            }
            LaneKind::Once => OpenLane::Once(Box::new(super::once::OnceLane::new(
                lane, deliveries, executor,
            ))),
            LaneKind::Shard => {
                OpenLane::Shard(Box::new(self.shard(lane, deliveries, executor).await?))
            }
        })
    }

    async fn shard(
        &self,
        lane: Lane,
        deliveries: Box<dyn Deliveries>,
        executor: Executor,
    ) -> Result<ShardLane> {
        let store = self.state().await?.ok_or_else(|| {
            let message = "conditions with && and ordered triggers need a bus with a state store";
            Error::permanent(ErrorKind::Unsupported, message).with("bus", self.bus.kind())
        })?;
        let (log, recovered) = CheckpointLog::open(store, "shard/0").await?;
        let plans: Result<Vec<_>> = self.triggers().map(|it| self.plan.resolver(it)).collect();
        let mut resolvers = Resolvers::new(plans?);
        let positions = restore(&mut resolvers, recovered.records, &self.plan.name)?;
        let resets = self
            .triggers()
            .enumerate()
            .filter(|(_, it)| !it.resets.is_empty());
        let metrics = &self.plan.build.metrics;
        Ok(ShardLane::new(ShardParts {
            gauges: self
                .triggers()
                .map(|it| TriggerGauges::new(metrics, &it.shape))
                .collect(),
            lane,
            deliveries,
            executor,
            resolvers,
            resets: resets
                .map(|(index, trigger)| (index, trigger.resets.clone()))
                .collect(),
            at_most_once: self
                .triggers()
                .map(|trigger| trigger.at_most_once)
                .collect(),
            log,
            positions,
        }))
    }

    fn triggers(&self) -> impl Iterator<Item = &PlannedTrigger> {
        self.plan
            .triggers
            .iter()
            .filter(|trigger| trigger.lane == self.kind)
    }

    async fn subscribe(&self) -> Result<Box<dyn Deliveries>> {
        let wanted: BTreeSet<&Subject> = (self.triggers())
            .flat_map(|trigger| &trigger.dependencies)
            .map(|&index| &self.plan.dependencies[index].subject)
            .collect();
        let limits = &self.plan.build.limits;
        let subscription = Subscription::new(self.group(), wanted.into_iter().cloned().collect())
            .max_in_flight(limits.max_in_flight)
            .ack_wait(limits.ack_wait);
        self.bus.subscribe(subscription).await
    }

    fn scope(&self) -> String {
        if self.plan.namespace.is_empty() {
            return self.plan.name.to_string();
        }
        format!("{}/{}", self.plan.namespace, self.plan.name)
    }

    fn group(&self) -> String {
        format!("sensor/{}/{}", self.scope(), self.kind.as_str())
    }

    async fn state(&self) -> Result<Option<Arc<dyn StateStore>>> {
        if !self.bus.capabilities().state_store {
            return Ok(None);
        }
        self.bus
            .state(&format!("sensor/{}", self.scope()))
            .await
            .map(Some)
    }

    fn lane(&self) -> Lane {
        let build = &self.plan.build;
        let mut subjects: HashMap<String, HashMap<String, Vec<usize>>> = HashMap::new();
        for (index, dependency) in self.plan.dependencies.iter().enumerate() {
            let Subject { source, event } = dependency.subject.clone();
            subjects
                .entry(source)
                .or_default()
                .entry(event)
                .or_default()
                .push(index);
        }
        Lane {
            sensor: self.plan.name.clone(),
            dependencies: self.dependencies(),
            subjects,
            shapes: self
                .triggers()
                .map(|trigger| trigger.shape.clone())
                .collect(),
            recent: RecentIds::new(build.clock.now()),
            clock: build.clock.clone(),
            counters: LaneCounters::new(&build.metrics, &self.plan.name),
            observer: build.observer.clone(),
            stop: self.stop.clone(),
            grace: build.limits.grace,
            ack_wait: build.limits.ack_wait,
            batch: build.limits.batch,
            max_in_flight: build.limits.max_in_flight.get(),
        }
    }

    fn dependencies(&self) -> Vec<LaneDependency> {
        let of = |wanted: usize| {
            let places = self
                .triggers()
                .enumerate()
                .filter_map(move |(trigger, planned)| {
                    let place = planned
                        .dependencies
                        .iter()
                        .position(|&index| index == wanted)?;
                    Some((trigger, u16::try_from(place).ok()?))
                });
            places.collect()
        };
        let dependencies = self.plan.dependencies.iter().enumerate();
        dependencies
            .map(|(index, dependency)| LaneDependency {
                name: dependency.name.clone(),
                filter: dependency.filter.clone(),
                triggers: of(index),
                refused: self.plan.build.metrics.counter(
                    names::SENSOR_EVENTS_FILTERED,
                    &[
                        ("sensor_name", &*self.plan.name),
                        ("dependency_name", &*dependency.name),
                    ],
                ),
            })
            .collect()
    }

    /// Actions outlive the stop signal by the grace period, so they get a token of their own.
    fn executor(&self) -> Executor {
        let mut executor = Executor::new(CancellationToken::new());
        for trigger in self.triggers() {
            executor.add(trigger.action.clone(), trigger.at_a_time);
        }
        executor
    }
}

/// Takes the records of earlier owners over; returns up to where they observed.
fn restore(resolvers: &mut Resolvers, records: Vec<Bytes>, sensor: &str) -> Result<Positions> {
    let mut positions = Positions::default();
    let mut states = Vec::with_capacity(records.len());
    for mut record in records {
        positions = Positions::decode(&mut record)?;
        states.push(record);
    }
    let restored = resolvers.restore(states)?;
    for dropped in &restored.dropped {
        tracing::warn!(
            sensor,
            ?dropped,
            "what waited was dropped, since the sensor changed"
        );
    }
    Ok(positions)
}

//! Opens a sensor's lanes: finds what is left of earlier owners and predecessors, and subscribes.

use super::{
    checkpoint::CheckpointLog,
    executor::Executor,
    input::LaneInput,
    journal::Journal,
    lane::{Lane, LaneCounters, LaneDependency},
    layout::{LaneId, Part},
    once::OnceLane,
    plan::{LaneKind, PlannedTrigger, SensorPlan},
    position::Positions,
    recent::RecentIds,
    shard::{ShardLane, ShardParts, TriggerGauges},
    shared::SharedLane,
};
use crate::resolver::Resolvers;
use argo_events_core::{
    Deliveries, Error, ErrorKind, EventBus, Position, Result, StateStore, Subject, Subscription,
    telemetry::names,
};
use bytes::Bytes;
use hashbrown::HashMap;
use std::{collections::BTreeSet, sync::Arc};
use tokio_util::sync::CancellationToken;

/// A lane that is ready to run.
pub(super) enum OpenLane {
    Shared(Box<SharedLane>),
    Once(Box<OnceLane>),
    Shard(Box<ShardLane>),
}

impl OpenLane {
    pub(super) async fn run(self) -> Result<()> {
        match self {
            Self::Shared(lane) => lane.run().await,
            Self::Once(lane) => lane.run().await,
            Self::Shard(lane) => lane.run().await,
        }
    }
}

/// What all lanes of a sensor are opened with.
#[derive(Clone)]
pub(super) struct Opener {
    pub(super) plan: Arc<SensorPlan>,
    pub(super) bus: Arc<dyn EventBus>,
    pub(super) stop: CancellationToken,
    pub(super) id: LaneId,
}

impl Opener {
    /// Subscribes; everything published after this resolves will be read.
    pub(super) async fn open(&self) -> Result<OpenLane> {
        let (lane, executor) = (self.lane(), self.executor());
        if self.id.kind == LaneKind::Shard {
            return Ok(OpenLane::Shard(Box::new(self.shard(lane, executor).await?)));
        }
        let mut input = LaneInput::new(self.subscribe().await?);
        if let Some(inherited) = self.inherited().await? {
            input = input.with_left(inherited.left, inherited.mark, false);
        }
        if self.id.kind == LaneKind::Once {
            let lane = OnceLane::new(lane, input, executor);
            return Ok(OpenLane::Once(Box::new(lane)));
        }
        let prefix = format!("journal/{}", self.id);
        let state = self.state().await?;
        let journal = state.map(|store| Journal::new(store, prefix));
        let lane = SharedLane::new(lane, input, executor, journal);
        Ok(OpenLane::Shared(Box::new(lane)))
    }

    /// Makes sure that the bus keeps what is published from now on for whoever opens the lane.
    ///
    /// A lane that was opened before has its group, and maybe a reader, who must not be disturbed: in
    /// strict order a second one would take the group over.
    pub(super) async fn register(&self) -> Result<()> {
        if let Some(store) = self.state().await?
            && CheckpointLog::is_known(&*store, self.id.label()).await?
        {
            return Ok(());
        }
        self.subscribe().await.map(drop)
    }

    async fn shard(&self, lane: Lane, executor: Executor) -> Result<ShardLane> {
        let store = self.state().await?.ok_or_else(|| {
            let message = "conditions with && and ordered triggers need a bus with a state store";
            Error::permanent(ErrorKind::Unsupported, message).with("bus", self.bus.kind())
        })?;
        // A log that is new comes second: what is published meanwhile must not be missed.
        let registered = match CheckpointLog::is_known(&*store, self.id.label()).await? {
            true => None,
            false => Some(self.subscribe().await?),
        };
        let (log, recovered) = CheckpointLog::open(store, self.id.label()).await?;
        let plans: Result<Vec<_>> = self.triggers().map(|it| self.plan.resolver(it)).collect();
        let mut resolvers = Resolvers::new(plans?);
        let is_first = recovered.records.is_empty();
        let positions = restore(&mut resolvers, recovered.records, &self.plan.name)?;
        let deliveries = self.behind(positions.highest(), registered).await?;
        let mut input = LaneInput::new(deliveries);
        if let Some(inherited) = self.inherited().await? {
            if is_first {
                self.observe(&inherited, &mut resolvers);
            }
            input = input.with_left(inherited.left, inherited.mark, true);
        }
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
            input,
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
            is_single: self.reads_through(),
        }))
    }

    /// Subscribes where an earlier owner stopped, if there was one.
    async fn behind(
        &self,
        positions: Vec<Position>,
        registered: Option<Box<dyn Deliveries>>,
    ) -> Result<Box<dyn Deliveries>> {
        if positions.is_empty() || self.reads_through() {
            return match registered {
                Some(registered) => Ok(registered),
                None => self.subscribe().await,
            };
        }
        drop(registered);
        let subscription = self.subscription().in_order(positions);
        self.bus.subscribe(subscription).await
    }

    /// Returns the lane's triggers, with their places in the sensor.
    pub(super) fn triggers(&self) -> impl Iterator<Item = &PlannedTrigger> {
        let triggers = self.plan.triggers.iter().enumerate();
        triggers
            .filter(|(index, trigger)| self.id.has(*index, trigger))
            .map(|(_, trigger)| trigger)
    }

    /// Tells whether the lane reads through consumers of the reference.
    pub(super) fn reads_through(&self) -> bool {
        matches!(self.id.part, Part::Trigger(_))
    }

    async fn subscribe(&self) -> Result<Box<dyn Deliveries>> {
        let mut subscription = self.subscription();
        if self.id.kind == LaneKind::Shard && !self.reads_through() {
            subscription = subscription.in_order(Vec::new());
        }
        self.bus.subscribe(subscription).await
    }

    fn subscription(&self) -> Subscription {
        let wanted: BTreeSet<&Subject> = (self.triggers())
            .flat_map(|trigger| &trigger.dependencies)
            .map(|&index| &self.plan.dependencies[index].subject)
            .collect();
        let limits = &self.plan.build.limits;
        let through = self.triggers().filter(|_| self.reads_through());
        Subscription::new(self.group(), wanted.into_iter().cloned().collect())
            .max_in_flight(limits.max_in_flight)
            .ack_wait(limits.ack_wait)
            .through(through.flat_map(|it| self.consumers_of(it)).collect())
    }

    pub(super) fn group(&self) -> String {
        format!("{}/{}", self.plan.scope(), self.id)
    }

    /// Returns the sensor's part of the state store, where the bus has one.
    pub(super) async fn state(&self) -> Result<Option<Arc<dyn StateStore>>> {
        if !self.bus.capabilities().state_store {
            return Ok(None);
        }
        self.bus.state(&self.plan.scope()).await.map(Some)
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
        // A record may say nothing but how far its owner was.
        if !record.is_empty() {
            states.push(record);
        }
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

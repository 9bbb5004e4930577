//! A shard: the lane of stateful and ordered triggers, held by one replica.
//!
//! Per batch: observe, store one checkpoint, acknowledge, then act. A firing is part of the checkpoint
//! until it is committed, so what a crash interrupted is acted on again, with the same firing id.

use super::{
    action::Completion,
    checkpoint::CheckpointLog,
    executor::{Executor, Finished},
    input::{Batch, LaneInput},
    lane::Lane,
    position::Positions,
};
use crate::resolver::{ResetSchedule, Resolvers};
use argo_events_core::{
    Delivery, Error, ErrorKind, Event, Firing, Result, Timestamp,
    resolver::{Rejection, Shape},
    telemetry::{Counter, Gauge, Metrics, names},
};
use std::{sync::Arc, time::Duration};
use tokio::time::Instant;

/// Reasons that are counted; the others cannot occur in a plan that compiled.
const REJECTIONS: [Rejection; 5] = [
    Rejection::KeyMissing,
    Rejection::KeyNotScalar,
    Rejection::Full,
    Rejection::BeforeReset,
    Rejection::FirstKept,
];
/// After so many deliveries without effect their position is stored all the same: whoever opens the
/// shard next begins behind it.
const MOST_PASSED: usize = 512;
/// How long a finished firing's commit may wait for a checkpoint to travel with.
const COMMIT_DELAY: Duration = Duration::from_millis(200);
/// Pause between attempts to store a checkpoint while the store fails.
const STORE_PAUSE: Duration = Duration::from_secs(1);

/// The lane while it runs.
pub(crate) struct ShardLane {
    lane: Lane,
    input: LaneInput,
    executor: Executor,
    resolvers: Resolvers,
    resets: Vec<(usize, ResetSchedule)>,
    /// Per trigger: whether its firings are committed before they run.
    at_most_once: Vec<bool>,
    log: CheckpointLog,
    positions: Positions,
    /// Whether deliveries come in any order, for the one trigger that there is.
    is_single: bool,
    gauges: Vec<TriggerGauges>,
    /// Buffers that are used again for each event and batch.
    fired: Vec<(usize, Firing)>,
    accepted: Vec<(usize, Arc<Event>)>,
    record: Vec<u8>,
    /// Deliveries since the last record.
    passed: usize,
    commit_due: Option<Instant>,
    reset_due: Option<Timestamp>,
}

/// What a shard is made of.
pub(crate) struct ShardParts {
    pub(crate) lane: Lane,
    pub(crate) input: LaneInput,
    pub(crate) executor: Executor,
    pub(crate) resolvers: Resolvers,
    pub(crate) resets: Vec<(usize, ResetSchedule)>,
    pub(crate) at_most_once: Vec<bool>,
    pub(crate) log: CheckpointLog,
    pub(crate) positions: Positions,
    pub(crate) is_single: bool,
    pub(crate) gauges: Vec<TriggerGauges>,
}

/// What a shard shows of each trigger.
#[derive(Debug)]
pub(crate) struct TriggerGauges {
    pending: Gauge,
    open: Gauge,
    expired: Counter,
    resets: Counter,
    rejected: Vec<(Rejection, Counter)>,
    /// Expired keys that were counted already.
    counted: u64,
}

impl TriggerGauges {
    pub(crate) fn new(metrics: &Metrics, shape: &Shape) -> Self {
        let labels = [
            ("sensor_name", &*shape.sensor),
            ("trigger_name", &*shape.trigger),
        ];
        let rejected = |reason: Rejection| {
            let labels = [labels[0], labels[1], ("reason", reason.as_str())];
            (
                reason,
                metrics.counter(names::SENSOR_EVENTS_REJECTED, &labels),
            )
        };
        Self {
            pending: metrics.gauge(names::SENSOR_PENDING_EVENTS, &labels),
            open: metrics.gauge(names::SENSOR_OPEN_FIRINGS, &labels),
            expired: metrics.counter(names::SENSOR_EVENTS_EXPIRED, &labels),
            resets: metrics.counter(names::SENSOR_CONDITIONS_RESET, &labels),
            rejected: REJECTIONS.map(rejected).into(),
            counted: 0,
        }
    }

    fn reject(&self, reason: Rejection) {
        if let Some((_, counter)) = self.rejected.iter().find(|(known, _)| *known == reason) {
            counter.increment();
        }
    }
}

impl ShardLane {
    pub(crate) fn new(parts: ShardParts) -> Self {
        Self {
            lane: parts.lane,
            input: parts.input,
            executor: parts.executor,
            resolvers: parts.resolvers,
            resets: parts.resets,
            at_most_once: parts.at_most_once,
            log: parts.log,
            positions: parts.positions,
            is_single: parts.is_single,
            gauges: parts.gauges,
            fired: Vec::new(),
            accepted: Vec::new(),
            record: Vec::new(),
            passed: 0,
            commit_due: None,
            reset_due: None,
        }
    }

    /// Observes, checkpoints and fires until stopped, then drains.
    ///
    /// # Errors
    /// `Conflict` when another replica took the shard, or its reading, over; nothing of the last batch
    /// was committed.
    pub(crate) async fn run(mut self) -> Result<()> {
        self.resume().await?;
        loop {
            let has_room = self.executor.has_room();
            let wake = self.wake();
            tokio::select! {
                biased;
                () = self.lane.stop.cancelled() => return self.drain().await,
                finished = self.executor.finished() => self.finish(&finished),
                () = sleep_until(wake) => self.tick().await?,
                batch = self.input.next(self.lane.batch), if has_room => match batch {
                    Some(Ok(batch)) => self.take(batch).await?,
                    Some(Err(error)) if error.kind() == ErrorKind::Conflict => return Err(error),
                    Some(Err(error)) => self.lane.unread(&error).await,
                    None => return self.drain().await,
                },
            }
        }
    }

    /// Replaces the log of earlier owners by a snapshot, then acts on what they left open.
    async fn resume(&mut self) -> Result<()> {
        let now = self.lane.clock.now();
        self.apply_missed_resets(now);
        self.snapshot().await?;
        for (trigger, firing) in self.resolvers.open() {
            self.gauges[trigger].open.add(1.0);
            self.executor.submit(trigger, 0, firing);
        }
        self.plan_reset(now);
        Ok(())
    }

    async fn take(&mut self, batch: Batch) -> Result<()> {
        let mut latest = Timestamp::EPOCH;
        self.passed += batch.deliveries.len();
        for delivery in &batch.deliveries {
            latest = latest.max(delivery.meta().arrived_at);
            if self.is_new(delivery, batch.only) && !self.lane.is_repeat(delivery, batch.only) {
                self.observe(delivery, batch.only);
            }
        }
        self.resolvers.advance(latest, &mut self.fired);
        self.store().await?;
        for delivery in batch.deliveries {
            self.lane.acknowledge(delivery).await;
        }
        self.submit();
        Ok(())
    }

    /// Tells whether a delivery was not observed before, here or by an earlier owner.
    fn is_new(&mut self, delivery: &Delivery, only: Option<usize>) -> bool {
        let position = delivery.meta().position;
        let trigger = match (only, self.is_single) {
            (Some(trigger), _) => trigger,
            (None, true) => 0,
            (None, false) => return self.positions.observe(position),
        };
        let trigger = &self.lane.shapes[trigger].trigger;
        self.positions.observe_single(position, trigger)
    }

    fn observe(&mut self, delivery: &Delivery, only: Option<usize>) {
        let (event, at) = (delivery.event(), delivery.meta().arrived_at);
        for place in 0..self.lane.dependencies_of(event).len() {
            let index = self.lane.dependencies_of(event)[place];
            let admitted = self.lane.admitted(index, event);
            self.accepted.extend(admitted.map(|event| (index, event)));
        }
        let rejected = match self.accepted.as_slice() {
            [(index, event)] if only.is_none() => {
                (self.resolvers).dispatch(*index, event, at, &mut self.fired)
            }
            several => (self.resolvers).dispatch_all(several, only, at, &mut self.fired),
        };
        for rejected in rejected {
            let (trigger, reason) = (&self.lane.shapes[rejected.trigger].trigger, rejected.reason);
            self.gauges[rejected.trigger].reject(reason);
            self.lane
                .observer
                .rejected(&self.lane.sensor, trigger, event, reason);
        }
        self.accepted.clear();
    }

    /// Lets time pass: windows, resets, and commits that waited for company.
    async fn tick(&mut self) -> Result<()> {
        let now = self.lane.clock.now();
        if self.reset_due.is_some_and(|due| due <= now) {
            self.reset(now);
        }
        self.resolvers.advance(now, &mut self.fired);
        self.store().await?;
        self.submit();
        Ok(())
    }

    /// Stores what changed since the last checkpoint, however long the store fails.
    async fn store(&mut self) -> Result<()> {
        self.commit_due = None;
        for (trigger, firing) in &self.fired {
            if self.at_most_once[*trigger] {
                self.resolvers.commit(*trigger, firing);
            }
        }
        self.lane.observer.flush();
        self.record.clear();
        self.positions.encode(&mut self.record);
        let has_changed = self.resolvers.checkpoint(&mut self.record);
        if !has_changed && self.passed < MOST_PASSED {
            return Ok(());
        }
        self.passed = 0;
        self.show();
        loop {
            match self.log.append(&self.record).await {
                Ok(()) => break,
                Err(error) if error.is_transient() => self.postpone(&error).await?,
                Err(error) => return Err(error),
            }
        }
        if self.log.wants_snapshot() {
            self.snapshot().await
        } else {
            Ok(())
        }
    }

    /// Brings the gauges up to date.
    fn show(&mut self) {
        for (trigger, gauges) in self.gauges.iter_mut().enumerate() {
            gauges.pending.set(self.resolvers.pending(trigger) as f64);
            let expired = self.resolvers.losses(trigger).expired;
            gauges.expired.add(expired - gauges.counted);
            gauges.counted = expired;
        }
    }

    async fn snapshot(&mut self) -> Result<()> {
        self.record.clear();
        self.positions.encode(&mut self.record);
        self.resolvers.snapshot(&mut self.record);
        loop {
            match self.log.replace(&self.record).await {
                Ok(()) => return Ok(()),
                Err(error) if error.is_transient() => self.postpone(&error).await?,
                Err(error) => return Err(error),
            }
        }
    }

    async fn postpone(&mut self, error: &Error) -> Result<()> {
        tracing::warn!(sensor = %self.lane.sensor, %error, "a checkpoint could not be stored; trying again");
        tokio::select! {
            () = tokio::time::sleep(STORE_PAUSE) => Ok(()),
            () = self.lane.stop.cancelled() => Err(Error::transient(ErrorKind::Closed, "stopped while the state store failed")),
        }
    }

    fn submit(&mut self) {
        for (trigger, firing) in self.fired.drain(..) {
            self.gauges[trigger].open.add(1.0);
            self.lane.observer.fired(&firing);
            self.executor.submit(trigger, 0, firing);
        }
    }

    fn finish(&mut self, finished: &Finished) {
        if matches!(finished.completion, Completion::Ended) {
            self.gauges[finished.trigger].open.add(-1.0);
            self.resolvers.commit(finished.trigger, &finished.firing);
            self.commit_due
                .get_or_insert_with(|| Instant::now() + COMMIT_DELAY);
        }
    }

    /// Returns when the lane must wake up without a delivery.
    fn wake(&self) -> Option<Instant> {
        let due = [self.resolvers.next_deadline(), self.reset_due]
            .into_iter()
            .flatten()
            .min();
        let due = due.map(|due| Instant::now() + due.since(self.lane.clock.now()));
        [due, self.commit_due].into_iter().flatten().min()
    }

    fn apply_missed_resets(&mut self, now: Timestamp) {
        for (trigger, schedule) in &self.resets {
            if let Some(tick) = schedule.previous(now) {
                self.resolvers.reset(*trigger, tick);
            }
        }
    }

    fn reset(&mut self, now: Timestamp) {
        for (trigger, schedule) in &self.resets {
            if let Some(tick) = schedule.previous(now + Duration::from_nanos(1)) {
                self.resolvers.reset(*trigger, tick);
                self.gauges[*trigger].resets.increment();
            }
        }
        self.plan_reset(now);
    }

    fn plan_reset(&mut self, now: Timestamp) {
        self.reset_due = self
            .resets
            .iter()
            .filter_map(|(_, schedule)| schedule.next(now))
            .min();
    }

    /// Lets running actions end within the grace period and stores their commits.
    async fn drain(mut self) -> Result<()> {
        let grace = tokio::time::sleep(self.lane.grace);
        tokio::pin!(grace);
        while self.executor.running() > 0 {
            tokio::select! {
                finished = self.executor.finished() => self.finish(&finished),
                () = &mut grace => break,
            }
        }
        self.record.clear();
        self.positions.encode(&mut self.record);
        if self.resolvers.checkpoint(&mut self.record) || self.passed > 0 {
            self.log.append(&self.record).await?;
        }
        Ok(())
    }
}

async fn sleep_until(wake: Option<Instant>) {
    match wake {
        Some(wake) => tokio::time::sleep_until(wake).await,
        None => std::future::pending().await,
    }
}

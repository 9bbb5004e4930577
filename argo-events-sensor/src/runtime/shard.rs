//! A shard: the lane of stateful and ordered triggers, held by one replica.
//!
//! Per batch: observe, store one checkpoint, acknowledge, then act. While a checkpoint is on its way, the
//! next batch is observed. A firing is part of the checkpoint until it is committed, so what a crash
//! interrupted is acted on again, with the same firing id.

use super::{
    action::Completion,
    checkpoint::CheckpointLog,
    executor::{Executor, Finished},
    input::{Batch, LaneInput},
    lane::Lane,
    position::Positions,
    recorder::Recorder,
};
use crate::resolver::{ResetSchedule, Resolvers};
use argo_events_core::{
    Delivery, ErrorKind, Event, Firing, Result, Timestamp,
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

/// The lane while it runs.
pub(crate) struct ShardLane {
    lane: Lane,
    input: LaneInput,
    executor: Executor,
    resolvers: Resolvers,
    resets: Vec<(usize, ResetSchedule)>,
    /// Per trigger: whether its firings are committed before they run.
    at_most_once: Vec<bool>,
    recorder: Recorder,
    /// What waits for the record that is under way.
    recorded: Observed,
    /// What the next record will say.
    observed: Observed,
    positions: Positions,
    /// Whether deliveries come in any order, for the one trigger that there is.
    is_single: bool,
    gauges: Vec<TriggerGauges>,
    /// A buffer that is used again for each event.
    accepted: Vec<(usize, Arc<Event>)>,
    /// Deliveries since the last record.
    passed: usize,
    /// Something changed since the record that is under way.
    is_due: bool,
    commit_due: Option<Instant>,
    reset_due: Option<Timestamp>,
}

/// What is acknowledged and acted on once a record says it.
#[derive(Debug, Default)]
struct Observed {
    deliveries: Vec<Delivery>,
    fired: Vec<(usize, Firing)>,
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
        let (sensor, stop) = (Arc::clone(&parts.lane.sensor), parts.lane.stop.clone());
        Self {
            lane: parts.lane,
            input: parts.input,
            executor: parts.executor,
            resolvers: parts.resolvers,
            resets: parts.resets,
            at_most_once: parts.at_most_once,
            recorder: Recorder::new(parts.log, sensor, stop),
            recorded: Observed::default(),
            observed: Observed::default(),
            positions: parts.positions,
            is_single: parts.is_single,
            gauges: parts.gauges,
            accepted: Vec::new(),
            passed: 0,
            is_due: false,
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
        let stopped = self.lane.stop.clone().cancelled_owned();
        tokio::pin!(stopped);
        loop {
            let (wake, room) = (self.wake(), self.room());
            tokio::select! {
                biased;
                () = &mut stopped => return self.drain().await,
                finished = self.executor.finished() => self.finish_all(&finished),
                stored = self.recorder.stored() => {
                    stored?;
                    self.go_on().await;
                }
                () = sleep_until(wake) => self.tick().await,
                batch = self.input.next(room), if room > 0 => match batch {
                    Some(Ok(batch)) => self.take(batch).await,
                    Some(Err(error)) if error.kind() == ErrorKind::Conflict => return Err(error),
                    Some(Err(error)) => self.lane.unread(&error).await,
                    None => return self.drain().await,
                },
            }
        }
    }

    /// Returns how many deliveries may come: no record is about more than a batch.
    fn room(&self) -> usize {
        let has_room = self.executor.has_room();
        let room = self.lane.batch - self.observed.deliveries.len().min(self.lane.batch);
        if has_room { room } else { 0 }
    }

    /// Replaces the log of earlier owners by a snapshot, then acts on what they left open.
    async fn resume(&mut self) -> Result<()> {
        let now = self.lane.clock.now();
        self.apply_missed_resets(now);
        self.begin_snapshot();
        self.recorder.stored().await?;
        for (trigger, firing) in self.resolvers.open() {
            self.gauges[trigger].open.add(1.0);
            self.executor.submit(trigger, 0, firing);
        }
        self.plan_reset(now);
        Ok(())
    }

    async fn take(&mut self, batch: Batch) {
        let mut latest = Timestamp::EPOCH;
        self.passed += batch.deliveries.len();
        for delivery in &batch.deliveries {
            latest = latest.max(delivery.meta().arrived_at);
            if self.is_new(delivery, batch.only) && !self.lane.is_repeat(delivery, batch.only) {
                self.observe(delivery, batch.only);
            }
        }
        self.resolvers.advance(latest, &mut self.observed.fired);
        self.observed.deliveries.extend(batch.deliveries);
        self.record().await;
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
                (self.resolvers).dispatch(*index, event, at, &mut self.observed.fired)
            }
            several => (self.resolvers).dispatch_all(several, only, at, &mut self.observed.fired),
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
    async fn tick(&mut self) {
        let now = self.lane.clock.now();
        if self.reset_due.is_some_and(|due| due <= now) {
            self.reset(now);
        }
        self.resolvers.advance(now, &mut self.observed.fired);
        self.record().await;
    }

    /// Stores what changed since the last record, unless that one is still under way: then what changes
    /// meanwhile shares the next.
    async fn record(&mut self) {
        self.is_due = !self.recorder.is_idle();
        if !self.is_due && !self.begin_record() {
            let observed = std::mem::take(&mut self.observed);
            self.settle(observed).await;
        }
    }

    /// Goes on when a record is stored: with the next one first, so that it is on its way meanwhile.
    async fn go_on(&mut self) {
        let recorded = std::mem::take(&mut self.recorded);
        let is_due = std::mem::take(&mut self.is_due);
        let has_begun = is_due && self.begin_record();
        self.settle(recorded).await;
        if is_due && !has_begun {
            let observed = std::mem::take(&mut self.observed);
            self.settle(observed).await;
        }
    }

    /// Begins to store what changed, or everything where that is due; tells whether it is worth it.
    fn begin_record(&mut self) -> bool {
        self.commit_due = None;
        let must = self.commit_before();
        self.lane.observer.flush();
        let is_worth_it = match self.recorder.wants_snapshot() {
            true => self.begin_snapshot(),
            false => self.begin_changes(must),
        };
        if is_worth_it {
            self.passed = 0;
            self.show();
            self.recorded = std::mem::take(&mut self.observed);
        }
        is_worth_it
    }

    /// Commits the firings that must not run twice; tells whether there are any. The record says then at
    /// least that their events were observed, though all that they changed came and went in between.
    fn commit_before(&mut self) -> bool {
        let mut any = false;
        for (trigger, firing) in &self.observed.fired {
            if self.at_most_once[*trigger] {
                self.resolvers.commit(*trigger, firing);
                any = true;
            }
        }
        any
    }

    fn begin_changes(&mut self, must: bool) -> bool {
        let mut record = self.recorder.blank();
        self.positions.encode(&mut record);
        let has_changed = self.resolvers.checkpoint(&mut record);
        let is_worth_it = must || has_changed || self.passed >= MOST_PASSED;
        if is_worth_it {
            self.recorder.begin(record, false);
        } else {
            self.recorder.keep(record);
        }
        is_worth_it
    }

    fn begin_snapshot(&mut self) -> bool {
        let mut record = self.recorder.blank();
        self.positions.encode(&mut record);
        self.resolvers.snapshot(&mut record);
        self.recorder.begin(record, true);
        true
    }

    /// Acknowledges what is recorded, and acts on it.
    async fn settle(&mut self, recorded: Observed) {
        for delivery in recorded.deliveries {
            self.lane.acknowledge(delivery).await;
        }
        for (trigger, firing) in recorded.fired {
            self.gauges[trigger].open.add(1.0);
            self.lane.observer.fired(&firing);
            self.executor.submit(trigger, 0, firing);
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

    /// Commits a firing that ended, and those that ended meanwhile.
    fn finish_all(&mut self, finished: &Finished) {
        self.finish(finished);
        while let Some(finished) = self.executor.try_finished() {
            self.finish(&finished);
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
        // While a record is under way, commits wait for the next.
        let commit_due = self.commit_due.filter(|_| self.recorder.is_idle());
        [due, commit_due].into_iter().flatten().min()
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

    /// Lets what is under way and what runs end within the grace period, and stores the last commits.
    async fn drain(mut self) -> Result<()> {
        let grace = tokio::time::sleep(self.lane.grace);
        tokio::pin!(grace);
        let mut last = Ok(());
        while self.executor.running() > 0 || !self.recorder.is_idle() {
            tokio::select! {
                finished = self.executor.finished() => self.finish(&finished),
                stored = self.recorder.stored() => match stored {
                    Ok(()) => self.go_on().await,
                    Err(error) if error.kind() == ErrorKind::Conflict => return Err(error),
                    // Nothing more can be stored, but what runs may end.
                    Err(error) => last = Err(error),
                },
                () = &mut grace => break,
            }
        }
        last?;
        self.lane.observer.flush();
        let mut record = self.recorder.blank();
        self.positions.encode(&mut record);
        if self.resolvers.checkpoint(&mut record) || self.passed > 0 {
            self.recorder.store_last(&record).await?;
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

//! The bus itself: gives every event its place and puts it before the groups that want it.

use super::{MemoryConfig, MemoryStore, recent::Recent};
use crate::{
    group::{Desk, Group, Reader, Routes, Stored},
    lock::lock,
    window::Window,
};
use argo_events_core::{
    BusCapabilities, Clock, Deliveries, Error, ErrorKind, Event, EventBus, Position, Receipt,
    Result, StateStore, Subscription, SystemClock,
    bus::StartAt,
    registry::{BuildBus, BusBuild, BusConfig},
};
use async_trait::async_trait;
use futures::future::BoxFuture;
use std::{
    collections::HashMap,
    sync::{Arc, Mutex},
    time::Duration,
};
use tokio::time::sleep;

/// How many bytes may wait for a group with readers before publishers are slowed down: some thousand
/// small events. What a backlog takes beyond that, the allocator keeps for ever.
const CROWD: usize = 512 * 1024;
/// How long a publisher then waits after its event was accepted. Readers catch up meanwhile, and a
/// reader that never does costs a publisher no more than this with each event.
const PACE: Duration = Duration::from_millis(1);

/// A bus within the process; clones are the same bus.
///
/// Publishers that are faster than the readers are slowed down, so that a burst is kept by its sender
/// and not here.
///
/// ```
/// use argo_events_bus::MemoryBus;
/// use argo_events_core::{Event, EventBus, Subject, Subscription};
///
/// # tokio::runtime::Builder::new_current_thread().enable_time().build()?.block_on(async {
/// let bus = MemoryBus::default();
/// let mut deliveries = bus.subscribe(Subscription::new("ship", vec![Subject::new("shop", "paid")])).await?;
/// bus.publish(Event::builder("1", "shop", "paid").build().into()).await?;
/// for delivery in deliveries.next(16).await.expect("the bus is open")? {
///     delivery.ack().await?;
/// }
/// # Ok::<(), argo_events_core::Error>(()) })?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct MemoryBus(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    config: MemoryConfig,
    clock: Arc<dyn Clock>,
    state: Mutex<State>,
    scopes: Mutex<HashMap<String, Arc<MemoryStore>>>,
}

#[derive(Debug)]
struct State {
    last: u64,
    recent: Recent,
    window: Window,
    routes: Routes,
    closed: bool,
}

impl Default for MemoryBus {
    fn default() -> Self {
        Self::new(MemoryConfig::default(), Arc::new(SystemClock))
    }
}

impl MemoryBus {
    /// Makes an empty bus.
    pub fn new(config: MemoryConfig, clock: Arc<dyn Clock>) -> Self {
        let state = State {
            last: 0,
            recent: Recent::new(&config),
            window: Window::new(config.dedup_window()),
            routes: Routes::default(),
            closed: false,
        };
        let (state, scopes) = (Mutex::new(state), Mutex::default());
        Self(Arc::new(Inner {
            config,
            clock,
            state,
            scopes,
        }))
    }
}

impl Inner {
    /// Puts an event before the groups that want it; tells whether one of them falls behind.
    fn accept(&self, event: Arc<Event>) -> Result<(Receipt, bool)> {
        let mut state = lock(&self.state);
        let state = &mut *state;
        state.check_open("publish")?;
        let arrived_at = self.clock.now();
        let fingerprint = state.window.fingerprints().of(&event);
        if state.window.contains(fingerprint, arrived_at) {
            return Ok((Receipt::duplicate(), false));
        }
        let groups = state.routes.of(&event);
        self.make_room(groups)?;
        state.last += 1;
        let sequence = state.last;
        let stored = Stored {
            sequence,
            arrived_at,
            event,
        };
        let mut is_crowded = false;
        for group in groups {
            let mut desk = group.desk();
            // Asked before the push: an event that is large by itself leaves nobody behind.
            is_crowded |= desk.queue.weight() > CROWD && desk.has_readers();
            desk.queue.push(stored.clone());
            drop(desk);
            group.wake();
        }
        state.window.insert(fingerprint, arrived_at);
        state.recent.push(stored);
        let position = Position {
            partition: 0,
            sequence,
        };
        Ok((Receipt::accepted(Some(position)), is_crowded))
    }

    /// Refuses an event for which a group with readers has no room. One without readers, which may
    /// never come back, must not stop the bus: it loses its oldest event instead.
    fn make_room(&self, groups: &[Arc<Group>]) -> Result<()> {
        for group in groups {
            let mut desk = group.desk();
            while desk.queue.weight() >= self.config.max_bytes() {
                if desk.has_readers() || desk.queue.pop().is_none() {
                    let message = "too many events wait for a group; its sensor is too slow";
                    return Err(Error::transient(ErrorKind::RateLimited, message)
                        .during("publish")
                        .with("group", group.name()));
                }
                tracing::warn!(group = group.name(), "nobody reads: oldest event dropped");
            }
        }
        Ok(())
    }
}

impl State {
    fn check_open(&self, operation: &'static str) -> Result<()> {
        if self.closed {
            return Err(Error::permanent(ErrorKind::Closed, "the bus is closed").during(operation));
        }
        Ok(())
    }

    fn group(&mut self, subscription: &Subscription) -> Arc<Group> {
        if let Some(group) = self.routes.get(&subscription.group) {
            let group = Arc::clone(group);
            self.routes.set_subjects(&group, &subscription.subjects);
            return group;
        }
        let group = Arc::new(Group::new(&subscription.group, Desk::default()));
        self.routes.add(Arc::clone(&group));
        self.routes.set_subjects(&group, &subscription.subjects);
        let behind = match subscription.start {
            StartAt::Oldest => Some(0),
            StartAt::After(position) => Some(position.sequence),
            _ => None,
        };
        if let Some(behind) = behind {
            let mut desk = group.desk();
            for stored in self.recent.iter() {
                if stored.sequence > behind && desk.wants(&stored.event) {
                    desk.queue.push(stored.clone());
                }
            }
        }
        group
    }
}

#[async_trait]
impl EventBus for MemoryBus {
    fn kind(&self) -> &'static str {
        MemoryConfig::KIND
    }

    fn capabilities(&self) -> BusCapabilities {
        let mut capabilities = BusCapabilities::default();
        capabilities.ordered = true;
        capabilities.deduplicates = !self.0.config.dedup_window().is_zero();
        capabilities.delayed_retry = true;
        capabilities.state_store = true;
        capabilities.competing_consumers = true;
        capabilities
    }

    async fn publish(&self, event: Arc<Event>) -> Result<Receipt> {
        let (receipt, is_crowded) = self.0.accept(event)?;
        if is_crowded {
            sleep(PACE).await;
        }
        Ok(receipt)
    }

    async fn subscribe(&self, subscription: Subscription) -> Result<Box<dyn Deliveries>> {
        let mut state = lock(&self.0.state);
        state.check_open("subscribe")?;
        let group = state.group(&subscription);
        Ok(Box::new(Reader::join(group, &subscription)))
    }

    async fn state(&self, scope: &str) -> Result<Arc<dyn StateStore>> {
        let mut scopes = lock(&self.0.scopes);
        let store = scopes.entry(scope.to_owned()).or_default();
        Ok(Arc::clone(store) as Arc<dyn StateStore>)
    }

    async fn check(&self) -> Result<()> {
        lock(&self.0.state).check_open("check")
    }

    fn kept(&self) -> Option<u64> {
        u64::try_from(lock(&self.0.state).recent.len()).ok()
    }

    async fn close(&self) -> Result<()> {
        let mut state = lock(&self.0.state);
        state.closed = true;
        state.routes.iter().for_each(|group| group.close());
        Ok(())
    }
}

impl BuildBus for MemoryConfig {
    fn build(self, build: BusBuild) -> BoxFuture<'static, Result<Arc<dyn EventBus>>> {
        let bus: Arc<dyn EventBus> = Arc::new(MemoryBus::new(self, build.clock));
        Box::pin(std::future::ready(Ok(bus)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use argo_events_core::Subject;
    use tokio::time::Instant;

    async fn publish_until_crowded(bus: &MemoryBus) -> Duration {
        let began = Instant::now();
        for id in 0..=5 {
            let event = Event::builder(id.to_string(), "shop", "paid").data(vec![b'x'; CROWD / 4]);
            bus.publish(event.build().into()).await.unwrap();
        }
        began.elapsed()
    }

    fn subscription() -> Subscription {
        Subscription::new("ship", vec![Subject::new("shop", "paid")])
    }

    #[tokio::test(start_paused = true)]
    async fn a_publisher_waits_a_little_for_readers_that_fall_behind() {
        let bus = MemoryBus::default();
        let _deliveries = bus.subscribe(subscription()).await.unwrap();
        let waited = publish_until_crowded(&bus).await;
        assert!(waited >= PACE && waited <= 5 * PACE, "{waited:?}");
    }

    #[tokio::test(start_paused = true)]
    async fn a_publisher_does_not_wait_where_nobody_reads() {
        let bus = MemoryBus::default();
        drop(bus.subscribe(subscription()).await.unwrap());
        assert_eq!(publish_until_crowded(&bus).await, Duration::ZERO);
    }
}

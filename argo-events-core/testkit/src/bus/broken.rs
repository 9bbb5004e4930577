//! A bus that breaks one promise, to show that its case notices.

use super::relay::{Meddle, Relay, again, settle};
use crate::store::BrokenStore;
use argo_events_core::{
    BusCapabilities, Deliveries, Delivery, DeliveryMeta, Event, EventBus, Outcome, Receipt, Result,
    StateStore, Subscription, bus::StartAt,
};
use async_trait::async_trait;
use std::{
    num::NonZeroUsize,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};
use tokio::time::Instant;

/// A way to break a promise.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Breach {
    /// Accepts every third event and throws it away.
    LosesEvents,
    /// Delivers again what was acknowledged.
    ForgetsAcknowledgements,
    /// Never delivers again what was dropped.
    ForgetsDropped,
    /// Calls every attempt the first.
    CountsNoAttempts,
    /// Waits for ever for a silent reader.
    IgnoresAckWait,
    /// Takes a delivery from a reader that shows signs of life.
    IgnoresSignsOfLife,
    /// Hands out more than it was asked to.
    IgnoresInFlight,
    /// Makes one group of all.
    MixesGroups,
    /// Gives each subscription of a group everything.
    SharesNothing,
    /// Hands batches out backwards.
    ReversesOrder,
    /// Does not know its groups after a restart.
    ForgetsGroups,
    /// Rounds the time of events to seconds.
    RoundsTimes,
    /// Calls no repeat a duplicate.
    HidesDuplicates,
    /// Delivers at once what was to be retried later.
    RetriesAtOnce,
    /// Delivers again what was rejected.
    RepeatsRejected,
    /// Goes on after it was closed.
    StaysOpen,
    /// Dates a redelivery by the time at which it goes out.
    MovesArrivals,
    /// Begins every group at new events.
    StartsAtNew,
    /// Begins every group at the oldest event.
    StartsAtOldest,
    /// Reports a value as stored and does not store it.
    LosesValues,
    /// Forgets values at a restart.
    ForgetsValues,
    /// Stores whatever version is expected.
    IgnoresVersions,
    /// Compares first and stores later.
    RacesWriters,
    /// Deletes whatever version is named.
    DeletesAnyVersion,
    /// Lists keys backwards.
    ReversesKeys,
    /// Makes one scope of all.
    MixesScopes,
    /// Counts versions for each key.
    CountsVersionsByKey,
}

impl Breach {
    /// Every way, in the order of the promises.
    pub const ALL: [Self; 27] = [
        Self::LosesEvents,
        Self::ForgetsAcknowledgements,
        Self::ForgetsDropped,
        Self::CountsNoAttempts,
        Self::IgnoresAckWait,
        Self::IgnoresSignsOfLife,
        Self::IgnoresInFlight,
        Self::MixesGroups,
        Self::SharesNothing,
        Self::ReversesOrder,
        Self::ForgetsGroups,
        Self::RoundsTimes,
        Self::HidesDuplicates,
        Self::RetriesAtOnce,
        Self::RepeatsRejected,
        Self::StaysOpen,
        Self::MovesArrivals,
        Self::StartsAtNew,
        Self::StartsAtOldest,
        Self::LosesValues,
        Self::ForgetsValues,
        Self::IgnoresVersions,
        Self::RacesWriters,
        Self::DeletesAnyVersion,
        Self::ReversesKeys,
        Self::MixesScopes,
        Self::CountsVersionsByKey,
    ];

    /// Returns the promise that is broken.
    pub fn promise(self) -> &'static str {
        match self {
            Self::LosesEvents => "BUS-01",
            Self::ForgetsAcknowledgements => "BUS-02",
            Self::ForgetsDropped | Self::CountsNoAttempts => "BUS-03",
            Self::IgnoresAckWait | Self::IgnoresSignsOfLife => "BUS-04",
            Self::IgnoresInFlight => "BUS-05",
            Self::MixesGroups => "BUS-06",
            Self::SharesNothing => "BUS-07",
            Self::ReversesOrder => "BUS-08",
            Self::ForgetsGroups => "BUS-09",
            Self::RoundsTimes => "BUS-10",
            Self::HidesDuplicates => "BUS-11",
            Self::RetriesAtOnce => "BUS-12",
            Self::RepeatsRejected => "BUS-13",
            Self::StaysOpen => "BUS-14",
            Self::MovesArrivals => "BUS-15",
            Self::StartsAtNew | Self::StartsAtOldest => "BUS-16",
            Self::LosesValues | Self::ForgetsValues => "STORE-01",
            Self::IgnoresVersions => "STORE-02",
            Self::RacesWriters => "STORE-03",
            Self::DeletesAnyVersion => "STORE-04",
            Self::ReversesKeys => "STORE-05",
            Self::MixesScopes => "STORE-06",
            Self::CountsVersionsByKey => "STORE-07",
        }
    }
}

/// A bus that breaks one promise and otherwise does what another bus does.
///
/// An unbroken bus is the same without a breach; it must pass what the other bus passes.
#[derive(Clone)]
pub struct BrokenBus {
    bus: Arc<dyn EventBus>,
    meddler: Arc<Breaker>,
}

impl std::fmt::Debug for BrokenBus {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("BrokenBus")
            .field("breach", &self.meddler.breach)
            .finish_non_exhaustive()
    }
}

struct Breaker {
    breach: Option<Breach>,
    /// Differs between two openings of one bus.
    opening: u64,
    opened: Instant,
    count: AtomicU64,
}

impl BrokenBus {
    /// Breaks a bus, or not.
    pub fn new(bus: Arc<dyn EventBus>, breach: Option<Breach>) -> Self {
        static OPENINGS: AtomicU64 = AtomicU64::new(0);
        let (opening, count) = (OPENINGS.fetch_add(1, Ordering::Relaxed), AtomicU64::new(0));
        Self {
            bus,
            meddler: Arc::new(Breaker {
                breach,
                opening,
                opened: Instant::now(),
                count,
            }),
        }
    }

    fn subscription(&self, mut subscription: Subscription) -> Subscription {
        match self.meddler.breach {
            Some(Breach::MixesGroups) => subscription.group = "all".to_owned(),
            Some(Breach::SharesNothing) => subscription.group += &self.meddler.next().to_string(),
            Some(Breach::ForgetsGroups) => subscription.group += &self.meddler.opening.to_string(),
            Some(Breach::IgnoresAckWait) => subscription.ack_wait = Duration::MAX,
            Some(Breach::IgnoresInFlight) => subscription.max_in_flight = NonZeroUsize::MAX,
            Some(Breach::StartsAtNew) => subscription.start = StartAt::New,
            Some(Breach::StartsAtOldest) => subscription.start = StartAt::Oldest,
            _ => {}
        }
        subscription
    }
}

impl Breaker {
    fn next(&self) -> u64 {
        self.count.fetch_add(1, Ordering::Relaxed) + 1
    }
}

#[async_trait]
impl EventBus for BrokenBus {
    fn kind(&self) -> &'static str {
        self.bus.kind()
    }

    fn capabilities(&self) -> BusCapabilities {
        self.bus.capabilities()
    }

    async fn publish(&self, event: Arc<Event>) -> Result<Receipt> {
        if self.meddler.breach == Some(Breach::LosesEvents) && self.meddler.next().is_multiple_of(3)
        {
            return Ok(Receipt::accepted(None));
        }
        let mut receipt = self.bus.publish(event).await?;
        receipt.duplicate &= self.meddler.breach != Some(Breach::HidesDuplicates);
        Ok(receipt)
    }

    async fn subscribe(&self, subscription: Subscription) -> Result<Box<dyn Deliveries>> {
        let deliveries = self.bus.subscribe(self.subscription(subscription)).await?;
        Ok(Box::new(Relay {
            deliveries,
            meddler: Arc::clone(&self.meddler),
        }))
    }

    async fn state(&self, scope: &str) -> Result<Arc<dyn StateStore>> {
        let scope = match self.meddler.breach {
            Some(Breach::MixesScopes) => "all".to_owned(),
            Some(Breach::ForgetsValues) => format!("{scope}{}", self.meddler.opening),
            _ => scope.to_owned(),
        };
        let store = self.bus.state(&scope).await?;
        Ok(Arc::new(BrokenStore {
            store,
            breach: self.meddler.breach,
        }))
    }

    async fn check(&self) -> Result<()> {
        self.bus.check().await
    }

    async fn close(&self) -> Result<()> {
        if self.meddler.breach == Some(Breach::StaysOpen) {
            return Ok(());
        }
        self.bus.close().await
    }
}

#[async_trait]
impl Meddle for Breaker {
    async fn batch(&self, mut batch: Vec<Delivery>) -> Result<Vec<Delivery>> {
        if self.breach == Some(Breach::ReversesOrder) {
            batch.reverse();
        }
        Ok(batch)
    }

    fn seen(&self, event: &Arc<Event>, mut meta: DeliveryMeta) -> (Arc<Event>, DeliveryMeta) {
        match (self.breach, event.time()) {
            (Some(Breach::RoundsTimes), Some(time)) => {
                let event = event.to_builder().time(time.truncated_to_seconds()).build();
                return (Arc::new(event), meta);
            }
            (Some(Breach::CountsNoAttempts), _) => meta.attempt = 1,
            (Some(Breach::MovesArrivals), _) if meta.attempt > 1 => {
                meta.arrived_at = meta.arrived_at + self.opened.elapsed();
            }
            _ => {}
        }
        (Arc::clone(event), meta)
    }

    async fn settle(&self, delivery: Delivery, outcome: Outcome) -> Result<()> {
        match (self.breach, outcome) {
            (Some(Breach::ForgetsAcknowledgements), Outcome::Done)
            | (Some(Breach::RepeatsRejected), Outcome::Reject { .. })
            | (Some(Breach::RetriesAtOnce), Outcome::Retry { .. }) => again(delivery).await,
            (_, outcome) => settle(delivery, outcome).await,
        }
    }

    async fn keep_alive(&self, delivery: &Delivery) -> Result<()> {
        if self.breach == Some(Breach::IgnoresSignsOfLife) {
            return Ok(());
        }
        delivery.keep_alive().await
    }

    fn dropped(&self, delivery: Delivery) {
        if self.breach == Some(Breach::ForgetsDropped) {
            std::mem::forget(delivery);
        }
    }
}

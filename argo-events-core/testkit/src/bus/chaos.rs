//! A bus on which things go wrong, as they may: for tests of those who use a bus.
//!
//! Nothing that the contract forbids happens here: an accepted event is delivered, only later, more
//! often, or after errors. What goes wrong follows from a seed, so that a failure can be repeated.

use super::relay::{Meddle, Relay, again, settle};
use argo_events_core::{
    BusCapabilities, Deliveries, Delivery, Error, ErrorKind, Event, EventBus, Outcome, Receipt,
    Result, StateStore, Subscription,
};
use async_trait::async_trait;
use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering},
};

/// How often what goes wrong, in percent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Chaos {
    /// What everything follows from.
    pub seed: u64,
    /// An event is refused.
    pub refused: u8,
    /// An event is accepted, and the publisher is told otherwise.
    pub ambiguous: u8,
    /// `next` fails; the deliveries come later.
    pub interrupted: u8,
    /// A settlement fails; the delivery comes again.
    pub unsettled: u8,
    /// A settlement succeeds and is lost; the delivery comes again.
    pub repeated: u8,
}

impl Chaos {
    /// Lets everything go wrong one time in ten.
    pub fn new(seed: u64) -> Self {
        Self {
            seed,
            refused: 10,
            ambiguous: 10,
            interrupted: 10,
            unsettled: 10,
            repeated: 10,
        }
    }
}

/// A bus on which things go wrong.
///
/// ```
/// use argo_events_core::{Event, EventBus};
/// use argo_events_testkit::bus::{Chaos, ChaosBus};
/// # async fn example(bus: std::sync::Arc<dyn EventBus>) {
/// let bus = ChaosBus::new(bus, Chaos::new(7));
/// for id in 0..100 {
///     let event = std::sync::Arc::new(Event::builder(id.to_string(), "shop", "paid").build());
///     while bus.publish(event.clone()).await.is_err() {}
/// }
/// assert!(bus.faults() > 0);
/// # }
/// ```
#[derive(Clone)]
pub struct ChaosBus {
    bus: Arc<dyn EventBus>,
    trouble: Arc<Trouble>,
}

impl std::fmt::Debug for ChaosBus {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("ChaosBus")
            .field("chaos", &self.trouble.chaos)
            .finish_non_exhaustive()
    }
}

struct Trouble {
    chaos: Chaos,
    dice: AtomicU64,
    faults: AtomicU64,
}

impl Trouble {
    /// Tells whether something goes wrong this time (splitmix64).
    fn strikes(&self, percent: u8) -> bool {
        const STEP: u64 = 0x9e37_79b9_7f4a_7c15;
        let mut bits = self
            .dice
            .fetch_add(STEP, Ordering::Relaxed)
            .wrapping_add(STEP);
        bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        let strikes = (bits ^ (bits >> 31)) % 100 < u64::from(percent);
        self.faults.fetch_add(u64::from(strikes), Ordering::Relaxed);
        strikes
    }
}

impl ChaosBus {
    /// Brings trouble over a bus.
    pub fn new(bus: Arc<dyn EventBus>, chaos: Chaos) -> Self {
        let (dice, faults) = (AtomicU64::new(chaos.seed), AtomicU64::new(0));
        Self {
            bus,
            trouble: Arc::new(Trouble {
                chaos,
                dice,
                faults,
            }),
        }
    }

    /// Returns how often something went wrong so far.
    pub fn faults(&self) -> u64 {
        self.trouble.faults.load(Ordering::Relaxed)
    }
}

fn fault(message: &'static str, operation: &'static str) -> Error {
    Error::transient(ErrorKind::Unavailable, message).during(operation)
}

#[async_trait]
impl EventBus for ChaosBus {
    fn kind(&self) -> &'static str {
        self.bus.kind()
    }

    fn capabilities(&self) -> BusCapabilities {
        self.bus.capabilities()
    }

    async fn publish(&self, event: Arc<Event>) -> Result<Receipt> {
        if self.trouble.strikes(self.trouble.chaos.refused) {
            return Err(fault("chaos refused the event", "publish"));
        }
        let receipt = self.bus.publish(event).await?;
        if self.trouble.strikes(self.trouble.chaos.ambiguous) {
            return Err(fault("chaos lost the receipt", "publish"));
        }
        Ok(receipt)
    }

    async fn subscribe(&self, subscription: Subscription) -> Result<Box<dyn Deliveries>> {
        let deliveries = self.bus.subscribe(subscription).await?;
        Ok(Box::new(Relay {
            deliveries,
            meddler: Arc::clone(&self.trouble),
        }))
    }

    async fn state(&self, scope: &str) -> Result<Arc<dyn StateStore>> {
        self.bus.state(scope).await
    }

    async fn check(&self) -> Result<()> {
        self.bus.check().await
    }

    async fn close(&self) -> Result<()> {
        self.bus.close().await
    }
}

#[async_trait]
impl Meddle for Trouble {
    async fn batch(&self, batch: Vec<Delivery>) -> Result<Vec<Delivery>> {
        if self.strikes(self.chaos.interrupted) {
            // The batch is dropped and so comes again.
            return Err(fault("chaos interrupted the reader", "next"));
        }
        Ok(batch)
    }

    async fn settle(&self, delivery: Delivery, outcome: Outcome) -> Result<()> {
        if self.strikes(self.chaos.unsettled) {
            drop(delivery);
            return Err(fault("chaos lost the settlement", "settle"));
        }
        if outcome == Outcome::Done && self.strikes(self.chaos.repeated) {
            return again(delivery).await;
        }
        settle(delivery, outcome).await
    }
}

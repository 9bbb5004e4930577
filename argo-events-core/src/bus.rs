//! The bus: accepts events durably, hands them to subscriptions, keeps them until they are settled.
//!
//! `argo_events_bus::memory` is the implementation to read first. What a settlement means for the
//! sensor's lanes is written in `docs/adr/0001-resolution-and-settlement.md`.

use crate::{
    Error, ErrorKind, Event, NamedConsumer, Predecessor, Result, StateStore, Timestamp,
    telemetry::Metrics,
};
use async_trait::async_trait;
use std::{collections::BTreeSet, fmt, num::NonZeroUsize, sync::Arc, time::Duration};

/// What an implementation can do; conformance cases are chosen by it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct BusCapabilities {
    /// Accepted events survive the end of the process.
    pub durable: bool,
    /// Deliveries of one subscription come in the order of publication.
    pub ordered: bool,
    /// An event whose id was accepted within the window is reported as a duplicate and not delivered again.
    pub deduplicates: bool,
    /// `Outcome::Retry` waits for the delay given.
    pub delayed_retry: bool,
    /// `state` works.
    pub state_store: bool,
    /// Several subscriptions of one group share its deliveries.
    pub competing_consumers: bool,
    /// [`Subscription::through`] works.
    pub named_consumers: bool,
    /// Other processes may use the bus at the same time.
    pub shared: bool,
}

/// Where an event is published and what a subscription asks for: source and event name.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Subject {
    /// Name of the EventSource.
    pub source: String,
    /// Name of the event within it.
    pub event: String,
}

impl Subject {
    /// Makes a subject.
    pub fn new(source: impl Into<String>, event: impl Into<String>) -> Self {
        Self {
            source: source.into(),
            event: event.into(),
        }
    }
}

impl fmt::Display for Subject {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}/{}", self.source, self.event)
    }
}

/// From where a group that is new to the bus begins to read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum StartAt {
    /// At events published after the subscription.
    #[default]
    New,
    /// At the oldest event the bus still keeps.
    Oldest,
    /// Behind a position; on a bus of several partitions as [`Self::Oldest`].
    After(Position),
}

/// In which order deliveries that come again are to be expected.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Order {
    /// What comes again may come behind later events.
    #[default]
    Loose,
    /// What comes again comes before any later event, and reading begins right behind these positions,
    /// one per partition, whatever the group has settled. The group has one reader at a time.
    ///
    /// For readers that keep their own position, and settle deliveries in the order of their coming.
    Strict {
        /// What the reader has handled; empty for a reader that begins.
        behind: Vec<Position>,
    },
}

/// What to read from the bus, and how.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Subscription {
    /// The durable name: its position survives, and subscriptions that share it compete.
    pub group: String,
    /// What to deliver. Changing it for a known group keeps the group's position.
    pub subjects: Vec<Subject>,
    /// How many deliveries may be unsettled at a time.
    pub max_in_flight: NonZeroUsize,
    /// After how long an unsettled delivery that showed no sign of life is handed out again.
    pub ack_wait: Duration,
    /// Where a new group begins.
    pub start: StartAt,
    /// In which order deliveries come again.
    pub order: Order,
    /// Consumers to read through, instead of one of the group's own; empty as a rule.
    pub through: Vec<NamedConsumer>,
}

impl Subscription {
    /// Default of [`Self::max_in_flight`].
    pub const MAX_IN_FLIGHT: NonZeroUsize = NonZeroUsize::new(1024).expect("is not zero");
    /// Default of [`Self::ack_wait`].
    pub const ACK_WAIT: Duration = Duration::from_secs(30);

    /// Makes a subscription with defaults.
    pub fn new(group: impl Into<String>, subjects: Vec<Subject>) -> Self {
        Self {
            group: group.into(),
            subjects,
            max_in_flight: Self::MAX_IN_FLIGHT,
            ack_wait: Self::ACK_WAIT,
            start: StartAt::New,
            order: Order::Loose,
            through: Vec::new(),
        }
    }

    /// Sets how many deliveries may be unsettled at a time.
    #[must_use]
    pub fn max_in_flight(mut self, most: NonZeroUsize) -> Self {
        self.max_in_flight = most;
        self
    }

    /// Sets after how long a silent, unsettled delivery comes again.
    #[must_use]
    pub fn ack_wait(mut self, wait: Duration) -> Self {
        self.ack_wait = wait;
        self
    }

    /// Sets where a group that is new to the bus begins.
    #[must_use]
    pub fn start(mut self, start: StartAt) -> Self {
        self.start = start;
        self
    }

    /// Asks for strict order, behind what the reader has handled already.
    #[must_use]
    pub fn in_order(mut self, behind: Vec<Position>) -> Self {
        self.order = Order::Strict { behind };
        self
    }

    /// Reads through consumers that have names of their own, so that another implementation may go on
    /// with them; those that are missing are made as it makes them. Each subject needs one.
    #[must_use]
    pub fn through(mut self, consumers: Vec<NamedConsumer>) -> Self {
        self.through = consumers;
        self
    }
}

/// Accepts events and hands them out.
///
/// # Behavior
/// - `BUS-01` an event whose `publish` resolved is delivered to every group subscribed to its subject before.
/// - `BUS-02` a delivery that was acknowledged is not delivered again to its group.
/// - `BUS-03` a delivery that is dropped unsettled comes again, with a higher attempt.
/// - `BUS-04` a delivery that is silent for longer than the ack wait comes again; `keep_alive` counts as a sign of life.
/// - `BUS-05` no more than `max_in_flight` deliveries of a subscription are unsettled at a time; fewer of
///   them hold up nothing else.
/// - `BUS-06` groups do not disturb each other.
/// - `BUS-07` subscriptions of one group share its deliveries (`competing_consumers`).
/// - `BUS-08` deliveries come in the order of publication, redeliveries aside: those of a partition, and where
///   the bus is `ordered` all of them.
/// - `BUS-09` a group goes on where it was after the process ended (`durable`).
/// - `BUS-10` an event arrives as it was published: every attribute, extension and byte.
/// - `BUS-11` an id accepted within the window is reported as duplicate and delivered once (`deduplicates`).
/// - `BUS-12` a retry comes not before its delay (`delayed_retry`).
/// - `BUS-13` a rejected delivery does not come again.
/// - `BUS-14` after `close` publishing fails with `Closed` and deliveries end.
/// - `BUS-15` position and arrival time of a delivery are those of its first delivery.
/// - `BUS-16` a new group starts where the subscription says.
/// - `BUS-17` with [`Order::Strict`] nothing overtakes a delivery that comes again, and reading begins
///   right behind the positions given.
/// - `BUS-18` letting go of groups disturbs none that is kept or read.
#[async_trait]
pub trait EventBus: Send + Sync + 'static {
    /// Returns the kind as manifests name it.
    fn kind(&self) -> &'static str;

    /// Returns what this bus can do.
    fn capabilities(&self) -> BusCapabilities;

    /// Publishes one event and resolves once the bus has accepted it as durably as it ever will.
    ///
    /// # Errors
    /// `TooLarge` (permanent) for an event the bus will never take, `Closed` after `close`,
    /// transient kinds for anything that may pass.
    ///
    /// # Cancel safety
    /// A dropped future may or may not have published; publishing the same id again is safe within the dedup window.
    async fn publish(&self, event: Arc<Event>) -> Result<Receipt>;

    /// Begins to read. Resolves once everything published later will be delivered.
    ///
    /// # Cancel safety
    /// A dropped future may have created the group; subscribing again is safe.
    async fn subscribe(&self, subscription: Subscription) -> Result<Box<dyn Deliveries>>;

    /// Opens the state store of a scope, such as one sensor.
    ///
    /// # Errors
    /// `Unsupported` where there is none; see [`BusCapabilities::state_store`].
    async fn state(&self, scope: &str) -> Result<Arc<dyn StateStore>> {
        Err(
            Error::permanent(ErrorKind::Unsupported, "this bus has no state store")
                .with("bus", self.kind())
                .with("scope", scope),
        )
    }

    /// Returns what another implementation left for a sensor, where there is anything.
    ///
    /// # Errors
    /// Those of the bus.
    async fn predecessor(&self, _sensor: &str) -> Result<Option<Arc<dyn Predecessor>>> {
        Ok(None)
    }

    /// Waits until no pod of another implementation leads what it calls `cluster`, as far as this bus
    /// can hear; at once where no other implementation uses it.
    ///
    /// # Cancel safety
    /// Dropping the future ends the waiting.
    async fn wait_until_free(&self, _cluster: &str) -> Result<()> {
        Ok(())
    }

    /// Lets go of groups that are no longer needed: those whose names begin with `prefix`, except `kept`.
    ///
    /// A group that is still read stays. One that is not goes some time later, so that it is there for
    /// whoever comes back to it by then. Where a group costs nothing nothing is done.
    ///
    /// # Cancel safety
    /// Dropping the future leaves some of them as they were.
    async fn retire(&self, _prefix: &str, _kept: &BTreeSet<String>) -> Result<()> {
        Ok(())
    }

    /// Tells whether the bus accepts events right now; readiness rests on it.
    async fn check(&self) -> Result<()> {
        Ok(())
    }

    /// Returns how many events the bus keeps, where it can tell without asking anybody.
    fn kept(&self) -> Option<u64> {
        None
    }

    /// Brings up to date what is counted of the bus and known to it alone; called before it is shown.
    ///
    /// Must not block for long.
    fn measure(&self, _metrics: &Metrics) {}

    /// Stops accepting, ends deliveries, and resolves once everything accepted is as durable as promised.
    async fn close(&self) -> Result<()>;
}

/// What the bus says of a published event.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Receipt {
    /// Where the event lies on the bus.
    pub position: Option<Position>,
    /// The id was accepted before, within the dedup window; nothing new was stored.
    pub duplicate: bool,
}

impl Receipt {
    /// Makes a receipt of a new event.
    pub fn accepted(position: Option<Position>) -> Self {
        Self {
            position,
            duplicate: false,
        }
    }

    /// Makes a receipt of an id that was accepted before.
    pub fn duplicate() -> Self {
        Self {
            position: None,
            duplicate: true,
        }
    }
}

/// Where an event lies on the bus. Within a partition later events have higher sequences.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Position {
    /// The partition; 0 on a bus that has none.
    pub partition: u32,
    /// The place within the partition.
    pub sequence: u64,
}

/// The reading end of a subscription.
#[async_trait]
pub trait Deliveries: Send {
    /// Waits for at least one delivery and returns up to `most`; `None` once the bus is closed.
    ///
    /// # Errors
    /// A transient error leaves the subscription usable: call again.
    ///
    /// # Cancel safety
    /// Dropping the future loses no delivery.
    async fn next(&mut self, most: usize) -> Option<Result<Vec<Delivery>>>;
}

/// One event handed out to a subscription; it must be settled.
///
/// Settling resolves once the bus has taken it. A crash right after may still bring the delivery
/// again, so effects carry a [`FiringId`](crate::FiringId).
#[must_use = "a delivery that is dropped unsettled is delivered again"]
pub struct Delivery {
    event: Arc<Event>,
    meta: DeliveryMeta,
    settle: Option<Box<dyn Settle>>,
}

/// What the bus knows about a delivery.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct DeliveryMeta {
    /// 1 for the first delivery, then counting up.
    pub attempt: u32,
    /// When the bus accepted the event.
    pub arrived_at: Timestamp,
    /// Where the event lies on the bus.
    pub position: Position,
}

impl DeliveryMeta {
    /// Makes the description of a delivery.
    pub fn new(attempt: u32, arrived_at: Timestamp, position: Position) -> Self {
        Self {
            attempt,
            arrived_at,
            position,
        }
    }
}

impl Delivery {
    /// Makes a delivery; for implementers of buses.
    pub fn new(event: Arc<Event>, meta: DeliveryMeta, settle: Box<dyn Settle>) -> Self {
        Self {
            event,
            meta,
            settle: Some(settle),
        }
    }

    /// Returns the event.
    pub fn event(&self) -> &Arc<Event> {
        &self.event
    }

    /// Returns what the bus knows about this delivery.
    pub fn meta(&self) -> &DeliveryMeta {
        &self.meta
    }

    /// Says that the effect is done or durably recorded.
    pub async fn ack(self) -> Result<()> {
        self.settle(Outcome::Done).await
    }

    /// Asks for the delivery again after a delay.
    pub async fn retry(self, after: Duration) -> Result<()> {
        self.settle(Outcome::Retry { after }).await
    }

    /// Says that this event can never be handled.
    pub async fn reject(self, reason: impl Into<String> + Send) -> Result<()> {
        self.settle(Outcome::Reject {
            reason: reason.into(),
        })
        .await
    }

    /// Shows a sign of life, so that the delivery is not handed out again while work goes on.
    pub async fn keep_alive(&self) -> Result<()> {
        match &self.settle {
            Some(settle) => settle.keep_alive().await,
            None => Ok(()),
        }
    }

    async fn settle(mut self, outcome: Outcome) -> Result<()> {
        match self.settle.take() {
            Some(settle) => settle.settle(outcome).await,
            None => Ok(()),
        }
    }
}

impl fmt::Debug for Delivery {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let id = self.event.id();
        formatter
            .debug_struct("Delivery")
            .field("id", &id)
            .field("meta", &self.meta)
            .finish_non_exhaustive()
    }
}

/// How a delivery ended.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Outcome {
    /// The effect is done or durably recorded.
    Done,
    /// The delivery shall come again.
    Retry {
        /// Not before this long.
        after: Duration,
    },
    /// The event can never be handled.
    Reject {
        /// Why; logged and counted.
        reason: String,
    },
}

/// The bus's end of a delivery; for implementers of buses.
///
/// Dropping it unsettled must bring the delivery again.
#[async_trait]
pub trait Settle: Send + Sync {
    /// Settles the delivery.
    async fn settle(self: Box<Self>, outcome: Outcome) -> Result<()>;

    /// Shows a sign of life.
    async fn keep_alive(&self) -> Result<()> {
        Ok(())
    }
}

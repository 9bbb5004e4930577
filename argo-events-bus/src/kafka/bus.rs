//! The bus itself: opens clients, publishes, begins subscriptions, and ends them all.

use super::{
    KafkaConfig, failure,
    group::{self, Opened},
    publisher::{Outgoing, Publisher},
    reader::{Reader, Shared, position},
    settings::Settings,
    state::{Follower, KafkaStore, Turns, follow},
    topic,
    wanted::key,
};
use argo_events_core::{
    BusCapabilities, Deliveries, Error, ErrorKind, Event, EventBus, Receipt, Result, StateStore,
    Subscription,
    event::codec,
    registry::{BuildBus, BusBuild, BusConfig},
    telemetry::{Metrics, names},
};
use async_trait::async_trait;
use futures::future::BoxFuture;
use std::{
    sync::{
        Arc, Mutex, Weak,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};
use tokio::{sync::OnceCell, task::spawn_blocking, time::timeout};
use tokio_util::task::TaskTracker;

/// A bus on a topic of Kafka; clones are the same bus.
///
/// Any number of processes may use it. Offsets, state and groups live on the brokers.
///
/// ```no_run
/// use argo_events_bus::{KafkaBus, KafkaConfig};
/// use argo_events_core::{Event, EventBus, SystemClock, registry::BusBuild, secret::MemorySecrets};
/// use std::sync::Arc;
///
/// # async fn example() -> argo_events_core::Result<()> {
/// let config: KafkaConfig = serde_json::from_str(r#"{ "url": "localhost:9092" }"#).expect("is a setting");
/// let build = BusBuild::new("default", ".", Arc::new(MemorySecrets::default()), Arc::new(SystemClock));
/// let bus = KafkaBus::open(config, build).await?;
/// bus.publish(Event::builder("1", "shop", "paid").build().into()).await?;
/// bus.close().await
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct KafkaBus(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    settings: Arc<Settings>,
    publisher: Arc<Publisher>,
    partitions: i32,
    follower: OnceCell<Arc<Follower>>,
    turns: Turns,
    undecodable: Arc<AtomicU64>,
    subscriptions: Mutex<Vec<Weak<Shared>>>,
    tracker: TaskTracker,
}

impl KafkaBus {
    /// How long a publisher is given to get rid of what was accepted.
    const FLUSH: Duration = Duration::from_secs(30);
    /// How long a group may take to let a subscription in.
    const JOIN: Duration = Duration::from_secs(60);
    const CHECK: Duration = Duration::from_secs(5);

    /// Opens the bus; makes its topic if that is missing and brokers permit it.
    ///
    /// # Errors
    /// `ConfigInvalid` and `Unauthorized`, permanent, for settings that cannot work; `NotFound` for a
    /// secret that is missing; transient ones when no broker can be reached.
    pub async fn open(config: KafkaConfig, build: BusBuild) -> Result<Self> {
        let settings = Arc::new(Settings::of(&config, &build).await?);
        // First: until brokers gave it an identity, which may take a while, the topic is looked at.
        let publisher = Arc::new(Publisher::new(&settings)?);
        let partitions = topic::ensure_events(&settings).await?;
        Ok(Self(Arc::new(Inner {
            settings,
            publisher,
            partitions,
            follower: OnceCell::new(),
            turns: Turns::default(),
            undecodable: Arc::default(),
            subscriptions: Mutex::default(),
            tracker: TaskTracker::new(),
        })))
    }

    /// Returns how many records were passed over because they were no events.
    pub fn undecodable(&self) -> u64 {
        self.0.undecodable.load(Ordering::Relaxed)
    }

    fn check_open(&self, operation: &'static str) -> Result<()> {
        if self.0.tracker.is_closed() {
            return Err(failure::closed(operation));
        }
        Ok(())
    }

    async fn blocking<T: Send + 'static>(
        &self,
        operation: &'static str,
        work: impl FnOnce(&Inner) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        let inner = Arc::clone(&self.0);
        let done = spawn_blocking(move || work(&inner)).await;
        done.map_err(|_| failure::gone(operation))?
    }

    async fn begin(&self, subscription: Subscription, shared: &Arc<Shared>) -> Result<()> {
        let token = self.0.tracker.token();
        let opened = {
            let shared = Arc::clone(shared);
            self.blocking("subscribe", move |inner| {
                group::open(&inner.settings, &subscription, &shared, token)
            })
            .await?
        };
        let Opened { intake, has_joined } = opened;
        let spawned = std::thread::Builder::new()
            .name("kafka-intake".to_owned())
            .spawn(move || intake.run());
        spawned.map_err(|error| {
            Error::transient(ErrorKind::Unavailable, "no thread for the subscription")
                .during("subscribe")
                .caused_by(error)
        })?;
        let Some(has_joined) = has_joined else {
            return Ok(());
        };
        // Until then another new member could begin the group elsewhere.
        match timeout(Self::JOIN, has_joined).await {
            Ok(_) => Ok(()),
            Err(_) => {
                let message = "the group did not let the subscription in";
                Err(Error::transient(ErrorKind::Timeout, message)
                    .during("subscribe")
                    .with("group", &shared.name))
            }
        }
    }
}

#[async_trait]
impl EventBus for KafkaBus {
    fn kind(&self) -> &'static str {
        KafkaConfig::KIND
    }

    fn capabilities(&self) -> BusCapabilities {
        let mut capabilities = BusCapabilities::default();
        capabilities.durable = true;
        capabilities.ordered = self.0.partitions == 1;
        capabilities.delayed_retry = true;
        capabilities.state_store = true;
        capabilities.competing_consumers = true;
        capabilities.shared = true;
        capabilities
    }

    async fn publish(&self, event: Arc<Event>) -> Result<Receipt> {
        self.check_open("publish")?;
        let value = codec::encode(&event);
        let key = key(event.source(), event.subject());
        let outgoing = Outgoing {
            topic: &self.0.settings.topic,
            key: key.as_bytes(),
            value: Some(&value),
            ..Outgoing::default()
        };
        let placed = self.0.publisher.publish(outgoing).await?;
        let position = position(placed.partition, placed.offset);
        Ok(Receipt::accepted(Some(position)))
    }

    async fn subscribe(&self, subscription: Subscription) -> Result<Box<dyn Deliveries>> {
        self.check_open("subscribe")?;
        let shared = self.0.seat(&subscription);
        // Ends the thread if this future is dropped, or fails.
        let reader = Reader::new(Arc::clone(&shared));
        self.begin(subscription, &shared).await?;
        self.check_open("subscribe")?;
        Ok(Box::new(reader))
    }

    async fn state(&self, scope: &str) -> Result<Arc<dyn StateStore>> {
        self.check_open("state")?;
        let inner = &self.0;
        let follower = inner
            .follower
            .get_or_try_init(|| follow(&inner.settings, inner.tracker.token()))
            .await?;
        if let Err(closed) = self.check_open("state") {
            // Closing found no follower yet.
            follower.close();
            return Err(closed);
        }
        let turns = Arc::clone(&inner.turns);
        let store = KafkaStore::new(scope, Arc::clone(follower), turns);
        Ok(Arc::new(store))
    }

    async fn check(&self) -> Result<()> {
        self.check_open("check")?;
        self.blocking("check", |inner| {
            let topic = &inner.settings.topic;
            let question = |client: &rdkafka::client::Client<_>| {
                client.fetch_metadata(Some(topic), Self::CHECK)
            };
            let metadata = inner.publisher.ask(question, "check")?;
            topic::probe(&metadata, topic)
        })
        .await
    }

    fn measure(&self, metrics: &Metrics) {
        let bus = ("bus_name", KafkaConfig::KIND);
        for shared in super::lock(&self.0.subscriptions)
            .iter()
            .filter_map(Weak::upgrade)
        {
            let lag = shared.lag.load(Ordering::Relaxed);
            metrics.set(names::BUS_LAG, &[bus, ("group", &shared.name)], lag as f64);
        }
    }

    async fn close(&self) -> Result<()> {
        self.0.end();
        let ended = timeout(Self::FLUSH, self.0.tracker.wait()).await;
        ended.map_err(|_| {
            let message = "clients do not end; no broker may be there";
            Error::transient(ErrorKind::Timeout, message).during("close")
        })?;
        self.blocking("close", |inner| inner.publisher.flush(Self::FLUSH))
            .await
    }
}

impl Inner {
    /// Makes what a subscription shares, in the first seat that no other one in its group has.
    fn seat(&self, subscription: &Subscription) -> Arc<Shared> {
        let mut subscriptions = super::lock(&self.subscriptions);
        subscriptions.retain(|it| it.strong_count() > 0);
        let others = subscriptions.iter().filter_map(Weak::upgrade);
        let taken = others.filter(|other| other.name == subscription.group);
        let taken: Vec<_> = taken.map(|other| other.seat).collect();
        let seat = (0..).find(|seat| !taken.contains(seat)).unwrap_or(0);
        let undecodable = Arc::clone(&self.undecodable);
        let shared = Arc::new(Shared::new(subscription, seat, undecodable));
        subscriptions.push(Arc::downgrade(&shared));
        shared
    }

    fn end(&self) {
        self.tracker.close();
        for shared in super::lock(&self.subscriptions)
            .iter()
            .filter_map(Weak::upgrade)
        {
            shared.close();
        }
        if let Some(follower) = self.follower.get() {
            follower.close();
        }
    }
}

impl Drop for Inner {
    fn drop(&mut self) {
        self.end();
    }
}

impl BuildBus for KafkaConfig {
    fn build(self, build: BusBuild) -> BoxFuture<'static, Result<Arc<dyn EventBus>>> {
        Box::pin(async move {
            let bus: Arc<dyn EventBus> = Arc::new(KafkaBus::open(self, build).await?);
            Ok(bus)
        })
    }
}

//! A sensor on a bus in memory, with triggers that the test looks into.

use argo_events_bus::MemoryBus;
use argo_events_core::{
    BusCapabilities, Clock, Deliveries, Error, ErrorKind, Event, EventBus, Firing, Receipt,
    Registry, Result, StateStore, Subscription, Timestamp, TokioClock,
    api::{Dependency, Sensor, SensorSpec, Trigger, TriggerTemplate},
    secret::MemorySecrets,
};
use argo_events_sensor::{
    runtime::{Layout, OwnTriggers, SensorBuild, SensorPlan, SensorRuntime},
    trigger::FunctionTrigger,
};
use async_trait::async_trait;
use std::{
    collections::BTreeSet,
    sync::{Arc, Mutex},
    time::Duration,
};
use tokio::{
    sync::{Semaphore, mpsc},
    task::JoinSet,
};
use tokio_util::sync::CancellationToken;

/// What a trigger of the test is told to do with a firing.
#[derive(Clone)]
pub(crate) enum Act {
    Succeed,
    Fail,
    /// Hangs until the semaphore lets it go.
    Wait(Arc<Semaphore>),
}

/// The bus in memory, as if other processes could use it too.
struct Shared(MemoryBus, Arc<Retired>);

/// Of which groups was let go: the beginning of their names, and which were kept.
type Retired = Mutex<Vec<(String, BTreeSet<String>)>>;

#[async_trait]
impl EventBus for Shared {
    fn kind(&self) -> &'static str {
        self.0.kind()
    }

    fn capabilities(&self) -> BusCapabilities {
        let mut capabilities = self.0.capabilities();
        capabilities.shared = true;
        capabilities
    }

    async fn publish(&self, event: Arc<Event>) -> Result<Receipt> {
        self.0.publish(event).await
    }

    async fn subscribe(&self, subscription: Subscription) -> Result<Box<dyn Deliveries>> {
        self.0.subscribe(subscription).await
    }

    async fn state(&self, scope: &str) -> Result<Arc<dyn StateStore>> {
        self.0.state(scope).await
    }

    async fn retire(&self, prefix: &str, kept: &BTreeSet<String>) -> Result<()> {
        let mut retired = self.1.lock().expect("nobody panics with the lock");
        retired.push((prefix.to_owned(), kept.clone()));
        Ok(())
    }

    async fn close(&self) -> Result<()> {
        self.0.close().await
    }
}

pub(crate) struct World {
    pub(crate) bus: MemoryBus,
    pub(crate) layout: Layout,
    pub(crate) clock: Arc<TokioClock>,
    triggers: OwnTriggers,
    firings: mpsc::Sender<Firing>,
    pub(crate) fired: mpsc::Receiver<Firing>,
    /// What replicas let go of.
    pub(crate) retired: Arc<Retired>,
}

/// A sensor that runs; dropping it is a crash.
pub(crate) struct Alive {
    stop: CancellationToken,
    tasks: JoinSet<()>,
}

impl Alive {
    /// Stops as a shutdown does.
    pub(crate) async fn drain(mut self) {
        self.stop.cancel();
        while self.tasks.join_next().await.is_some() {}
    }
}

impl World {
    pub(crate) fn new() -> Self {
        let clock = Arc::new(TokioClock::starting_at(Timestamp::from_millis(
            1_767_225_600_000,
        )));
        let (firings, fired) = mpsc::channel(10_000);
        let bus = MemoryBus::new(Default::default(), clock.clone());
        Self {
            bus,
            layout: Layout::default(),
            clock,
            triggers: OwnTriggers::new(),
            firings,
            fired,
            retired: Arc::default(),
        }
    }

    /// Says what the trigger of that name does; each call is seen by [`Self::next`] first.
    pub(crate) fn act(&mut self, trigger: &str, act: Act) {
        let firings = self.firings.clone();
        let function = FunctionTrigger::new(move |firing: Firing| {
            let (firings, act) = (firings.clone(), act.clone());
            async move { perform(firings, act, firing).await }
        });
        self.triggers.insert(trigger.to_owned(), Arc::new(function));
    }

    pub(crate) async fn start(&self, sensor: &Sensor) -> Alive {
        self.start_on(Arc::new(self.bus.clone()), sensor).await
    }

    /// Starts a replica that knows of others.
    pub(crate) async fn start_replica(&self, sensor: &Sensor) -> Alive {
        let bus = Shared(self.bus.clone(), self.retired.clone());
        self.start_on(Arc::new(bus), sensor).await
    }

    pub(crate) async fn start_on(&self, bus: Arc<dyn EventBus>, sensor: &Sensor) -> Alive {
        let secrets = Arc::new(MemorySecrets::default());
        let mut build = SensorBuild::new(Registry::default(), secrets, self.clock.clone());
        build.layout = self.layout;
        let plan = SensorPlan::compile(sensor, &self.triggers, build).expect("the sensor is right");
        let stop = CancellationToken::new();
        let opened = SensorRuntime::open(Arc::new(plan), bus, stop.clone()).await;
        let runtime = opened.expect("the memory bus can be subscribed to");
        let tasks = JoinSet::from_iter([runtime.run()]);
        Alive { stop, tasks }
    }

    pub(crate) async fn publish(&self, name: &str, id: &str, data: &str) {
        let event = Event::builder(id, "shop", name)
            .data(data.to_owned())
            .time(self.clock.now());
        self.bus
            .publish(Arc::new(event.build()))
            .await
            .expect("the memory bus accepts");
    }

    /// Waits for the next call of a trigger.
    pub(crate) async fn next(&mut self) -> Firing {
        let waited = tokio::time::timeout(Duration::from_secs(3600), self.fired.recv()).await;
        waited
            .expect("a trigger should have been called")
            .expect("the sender lives in the world")
    }

    /// Lets time pass and checks that no trigger is called.
    pub(crate) async fn nothing_for(&mut self, duration: Duration) {
        let waited = tokio::time::timeout(duration, self.fired.recv()).await;
        assert!(
            waited.is_err(),
            "no trigger should have been called, but {waited:?}"
        );
    }
}

async fn perform(firings: mpsc::Sender<Firing>, act: Act, firing: Firing) -> Result<()> {
    firings.send(firing).await.expect("the world looks on");
    match act {
        Act::Succeed => Ok(()),
        Act::Fail => Err(Error::transient(ErrorKind::Unavailable, "told to fail")),
        Act::Wait(gate) => {
            gate.acquire()
                .await
                .expect("the gate is never closed")
                .forget();
            Ok(())
        }
    }
}

/// A sensor over events of the source `shop`, one trigger per name and condition.
pub(crate) fn sensor(dependencies: &[&str], triggers: &[(&str, &str)]) -> Sensor {
    let spec = SensorSpec {
        dependencies: dependencies
            .iter()
            .map(|name| Dependency::new(*name, "shop", *name))
            .collect(),
        triggers: triggers
            .iter()
            .map(|(name, conditions)| trigger(name, conditions))
            .collect(),
        ..SensorSpec::default()
    };
    Sensor::new("orders", spec)
}

fn trigger(name: &str, conditions: &str) -> Trigger {
    Trigger::new(TriggerTemplate {
        name: name.to_owned(),
        conditions: conditions.to_owned(),
        ..TriggerTemplate::default()
    })
}

/// Ids of a firing's events, in the order of its dependencies.
pub(crate) fn ids(firing: &Firing) -> Vec<&str> {
    firing.held().iter().map(|held| held.event.id()).collect()
}

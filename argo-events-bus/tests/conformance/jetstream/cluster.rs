//! A cluster of three servers, each of which keeps every event: what is promised though one of them dies.
//!
//! Of the suite only what a cluster may break: that nothing accepted is lost, what survives a restart, that an id
//! is known, strict order, and the state store, whose newest value only the leader has. Every trial
//! has an account of its own, since all would use the same stream.

use super::{
    desk::{PATIENCE, broken, event, ids, subscription},
    rig::capabilities,
};
use argo_events_bus::{JetStreamBus, JetStreamConfig};
use argo_events_core::{
    BusCapabilities, Deliveries, Error, ErrorKind, EventBus, Result, api::JetStreamExoticBus,
    secret::MemorySecrets,
};
use argo_events_testkit::{
    bus::{self, Broken, BusHarness, Outcome, Pace, ensure},
    servers::{self, NatsCluster, NatsOptions, NatsServer, Server},
};
use async_nats::ConnectOptions;
use async_trait::async_trait;
use futures::future::try_join_all;
use libtest_mimic::Trial;
use serde_json::{Value, json};
use std::{
    collections::BTreeSet,
    fmt::Write as _,
    sync::{
        Arc, OnceLock,
        atomic::{AtomicUsize, Ordering::Relaxed},
    },
    time::Duration,
};
use tokio::{
    runtime::Builder,
    task::block_in_place,
    time::{sleep, timeout},
};

/// Promises whose cases run on a cluster.
const PROMISES: [&str; 5] = ["BUS-01", "BUS-09", "BUS-11", "BUS-17", "STORE"];
/// More than there are trials.
const ACCOUNTS: usize = 64;
const KIND: &str = "jetstream, three servers";

/// Makes the trials.
pub(crate) fn trials() -> Vec<Trial> {
    let cluster = Arc::new(Cluster::default());
    let mut trials = bus::trials_of(KIND, &PROMISES, move || Account::new(&cluster));
    let dies = move || {
        let runtime = Builder::new_multi_thread()
            .worker_threads(2)
            .enable_all()
            .build()?;
        Ok(runtime.block_on(leader_dies())?)
    };
    let name = "a leader that dies takes no event, no id and no state with it";
    trials.push(Trial::test(name, dies).with_kind(KIND));
    let trials = trials.into_iter();
    trials
        .map(|trial| servers::needing(&[Server::Nats], trial))
        .collect()
}

fn options() -> NatsOptions {
    let mut accounts = "accounts {\n".to_owned();
    for number in 0..ACCOUNTS {
        // Writing to a string cannot fail.
        let _ = writeln!(
            accounts,
            "a{number} {{ jetstream: enabled, users: [ {{ user: u{number}, password: p }} ] }}"
        );
    }
    NatsServer::options(Server::Nats).configuration(accounts + " }")
}

/// A cluster that is started when it is first needed.
#[derive(Default)]
struct Cluster {
    started: OnceLock<Result<NatsCluster, String>>,
    accounts: AtomicUsize,
}

impl Cluster {
    fn started(&self) -> Result<&NatsCluster> {
        let start = || NatsCluster::start_with(options()).map_err(|error| error.to_string());
        let started = self.started.get_or_init(|| block_in_place(start));
        started
            .as_ref()
            .map_err(|reason| Error::permanent(ErrorKind::Unavailable, reason.clone()))
    }
}

/// An account of its own on the cluster.
struct Account {
    cluster: Arc<Cluster>,
    number: usize,
}

impl Account {
    fn new(cluster: &Arc<Cluster>) -> Self {
        let number = cluster.accounts.fetch_add(1, Relaxed);
        let cluster = Arc::clone(cluster);
        Self { cluster, number }
    }
}

#[async_trait]
impl BusHarness for Account {
    fn capabilities(&self) -> BusCapabilities {
        capabilities()
    }

    async fn open(&self) -> Result<Arc<dyn EventBus>> {
        Ok(Arc::new(open(self.cluster.started()?, self.number).await?))
    }

    fn pace(&self) -> Pace {
        Pace::REAL
    }
}

fn url(cluster: &NatsCluster, account: usize) -> String {
    let nodes = cluster.nodes().iter();
    let urls = nodes.map(|node| format!("nats://u{account}:p@{}", node.address()));
    urls.collect::<Vec<_>>().join(",")
}

/// Opens a bus whose events every server keeps.
async fn open(cluster: &NatsCluster, account: usize) -> Result<JetStreamBus> {
    let config = JetStreamExoticBus {
        url: url(cluster, account),
        stream_config: Some("replicas: 3".to_owned()),
        ..Default::default()
    };
    let secrets = Arc::new(MemorySecrets::default());
    JetStreamBus::open(&JetStreamConfig(config), "test", secrets).await
}

/// Publishes, reads and writes state while the leader of the events' stream is killed.
async fn leader_dies() -> Outcome {
    const COUNT: usize = 400;
    let cluster = block_in_place(|| NatsCluster::start_with(options()))?;
    let bus = open(&cluster, 0).await?;
    let store = bus.state("sensor").await?;
    let version = store.put("key", "before".into(), None).await?;
    let mut deliveries = bus.subscribe(subscription("group")).await?;
    publish(&bus, 0..COUNT / 4).await?;
    let leader = leader(&cluster).await?;
    block_in_place(|| leader.kill())?;
    let reading = read(&mut deliveries, COUNT);
    let (published, read) = futures::join!(publish(&bus, COUNT / 4..COUNT), reading);
    published?;
    read?;
    let again = patiently(async || bus.publish(event("0")).await).await?;
    ensure(again.duplicate, "an id was lost with the leader")?;
    // The state may have had the same leader.
    let found = patiently(async || store.get("key").await).await?;
    ensure(
        found.is_some_and(|found| found.value == "before" && found.version == version),
        "state was lost with the leader",
    )?;
    store.put("key", "after".into(), Some(version)).await?;
    block_in_place(|| {
        leader.start_again()?;
        cluster.wait_until_whole()
    })?;
    bus.publish(event("last")).await?;
    read_until(&mut deliveries, "last").await?;
    Ok(bus.close().await?)
}

/// Publishes events, again and again until each is accepted.
async fn publish(bus: &JetStreamBus, numbers: std::ops::Range<usize>) -> Outcome {
    let all = numbers.map(async |number| {
        let event = event(&number.to_string());
        patiently(async || bus.publish(Arc::clone(&event)).await).await
    });
    try_join_all(all).await.map(drop)
}

/// Tries again and again what only time can heal.
async fn patiently<T>(mut attempt: impl AsyncFnMut() -> Result<T>) -> Outcome<T> {
    let trying = async {
        loop {
            match attempt().await {
                Err(error) if error.is_transient() => sleep(Duration::from_millis(50)).await,
                done => return Ok(done?),
            }
        }
    };
    let tried = timeout(PATIENCE * 2, trying).await;
    tried.map_err(|_| Broken(format!("no end after {:?}", PATIENCE * 2)))?
}

/// Reads and acknowledges until so many different events came.
async fn read(deliveries: &mut Box<dyn Deliveries>, count: usize) -> Outcome {
    let mut found = BTreeSet::new();
    while found.len() < count {
        found.extend(next(deliveries).await?);
    }
    Ok(())
}

async fn read_until(deliveries: &mut Box<dyn Deliveries>, id: &str) -> Outcome {
    while !next(deliveries).await?.iter().any(|found| found == id) {}
    Ok(())
}

async fn next(deliveries: &mut Box<dyn Deliveries>) -> Outcome<Vec<String>> {
    let next = timeout(PATIENCE * 2, deliveries.next(64)).await;
    let next = next.map_err(|_| Broken("no event comes".to_owned()))?;
    let batch = next.ok_or_else(|| Broken("deliveries ended".to_owned()))??;
    let found = ids(&batch);
    for delivery in batch {
        delivery.ack().await?;
    }
    Ok(found)
}

/// Returns the server that leads the events' stream.
async fn leader(cluster: &NatsCluster) -> Outcome<NatsServer> {
    let options = ConnectOptions::with_user_and_password("u0".to_owned(), "p".to_owned());
    let client = options
        .connect(cluster.nodes()[0].url())
        .await
        .map_err(broken)?;
    let request = client.request("$JS.API.STREAM.INFO.default", json!({}).to_string().into());
    let answer = request.await.map_err(broken)?;
    let info: Value = serde_json::from_slice(&answer.payload).map_err(broken)?;
    let name = info["cluster"]["leader"].as_str().unwrap_or_default();
    let index = name.strip_prefix("node").and_then(|it| it.parse().ok());
    let node = index.and_then(|index: usize| cluster.nodes().get(index));
    node.cloned()
        .ok_or_else(|| Broken(format!("no server is called {name:?}: {info}")))
}

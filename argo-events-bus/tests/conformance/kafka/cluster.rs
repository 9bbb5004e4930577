//! Three brokers, each of which has every event: what is promised though one of them dies.
//!
//! Of the suite only what a cluster may break: that nothing accepted is lost, what survives a restart, strict
//! order over several partitions, and the state store, which one partition decides.

use super::{
    Kafka,
    broker::{self, Broker, Running, Started, Topic, records},
    together::{PATIENCE, insist_all, subscription},
    trial,
};
use argo_events_core::{Deliveries, EventBus as _, Result, event::codec, secret::MemorySecrets};
use argo_events_testkit::{
    bus::{self, Broken, Outcome, ensure},
    servers::{KafkaCluster, KafkaServer, Server},
};
use libtest_mimic::Trial;
use rdkafka::{
    ClientConfig,
    consumer::{BaseConsumer, Consumer as _},
};
use serde_json::json;
use std::collections::{BTreeMap, BTreeSet};
use tokio::{task::block_in_place, time::timeout};

/// Promises whose cases run on a cluster.
const PROMISES: [&str; 4] = ["BUS-01", "BUS-09", "BUS-17", "STORE"];
const KIND: &str = "kafka, three brokers";
const EVENTS: &str = "events";
const COUNT: u64 = 600;

/// Makes the trials.
pub(super) fn trials() -> Vec<Trial> {
    let brokers = Broker::new(start);
    let mut trials = bus::trials_of(KIND, &PROMISES, move || Kafka(Topic::new(&brokers, 3)));
    let name = "a leader that dies takes no event and no state with it, and stores none twice";
    trials.push(trial(name, leader_dies).with_kind(KIND));
    trials
}

fn start() -> Result<Started> {
    started(&KafkaCluster::start(Server::Kafka)?)
}

fn started(cluster: &KafkaCluster) -> Result<Started> {
    Ok(Started {
        address: cluster.bootstrap(),
        settings: json!({}),
        secrets: MemorySecrets::default(),
        _running: Running::Three(cluster.clone()),
    })
}

/// Publishes, reads and writes state while the broker that leads the events' partition is killed; that of
/// the state may be led by another.
async fn leader_dies() -> Outcome {
    let cluster = block_in_place(|| KafkaCluster::start(Server::Kafka))?;
    let config = json!({ "url": cluster.bootstrap(), "topic": EVENTS });
    let bus = broker::open(config, MemorySecrets::default()).await?;
    let store = bus.state("sensor").await?;
    let version = store.put("key", "before".into(), None).await?;
    let mut deliveries = bus.subscribe(subscription("group")).await?;
    let mut again = insist_all(&bus, 0..COUNT / 4).await?;
    let leader = block_in_place(|| leader(&cluster))?;
    block_in_place(|| leader.kill())?;
    let reading = read(&mut deliveries);
    let (published, read) = futures::join!(insist_all(&bus, COUNT / 4..COUNT), reading);
    again.extend(published?);
    read?;
    let found = store.get("key").await?;
    ensure(
        found.is_some_and(|found| found.value == "before" && found.version == version),
        "state was lost with the leader",
    )?;
    store.put("key", "after".into(), Some(version)).await?;
    block_in_place(|| {
        leader.start_again()?;
        cluster.wait_until_whole()
    })?;
    bus.check().await?;
    bus.close().await?;
    stored_once(&cluster, &again).await
}

/// Fails if an event lies on the topic twice that was not published twice.
async fn stored_once(cluster: &KafkaCluster, again: &BTreeSet<u64>) -> Outcome {
    let topic = Topic::of(started(cluster)?, EVENTS);
    let mut counts = BTreeMap::<u64, u32>::new();
    for (_, value) in records(&topic, EVENTS).await? {
        let event = codec::decode(&value.into())?;
        *counts
            .entry(event.id().parse().unwrap_or(u64::MAX))
            .or_default() += 1;
    }
    let twice = |(id, count): &(&u64, &u32)| **count > 1 && !again.contains(*id);
    let twice: Vec<_> = counts.iter().filter(twice).collect();
    ensure(twice.is_empty(), format!("stored twice: {twice:?}"))
}

async fn read(deliveries: &mut Box<dyn Deliveries>) -> Outcome {
    let mut found = BTreeSet::new();
    while (found.len() as u64) < COUNT {
        let next = timeout(PATIENCE * 2, deliveries.next(64)).await;
        let next = next.map_err(|_| Broken(format!("{} of {COUNT} came", found.len())))?;
        let next = next.ok_or_else(|| Broken("deliveries ended".to_owned()))?;
        // What fails while nobody leads works again with the next leader.
        let Ok(batch) = next else { continue };
        for delivery in batch {
            found.insert(delivery.event().id().to_owned());
            delivery.ack().await?;
        }
    }
    Ok(())
}

/// Returns the broker that leads the events' partition.
fn leader(cluster: &KafkaCluster) -> Outcome<KafkaServer> {
    let failed = |error: rdkafka::error::KafkaError| Broken(error.to_string());
    let client: BaseConsumer = ClientConfig::new()
        .set("bootstrap.servers", cluster.bootstrap())
        .create()
        .map_err(failed)?;
    let metadata = client.fetch_metadata(Some(EVENTS), PATIENCE);
    let metadata = metadata.map_err(failed)?;
    let topic = metadata.topics().iter().find(|it| it.name() == EVENTS);
    let leader = topic.and_then(|topic| topic.partitions().first()?.leader().checked_sub(1));
    let node = leader.and_then(|index| cluster.nodes().get(usize::try_from(index).ok()?));
    node.cloned()
        .ok_or_else(|| Broken(format!("{leader:?} is no broker")))
}

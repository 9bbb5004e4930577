//! A broker that dies, is away, or wants less than it is given.

use super::{
    broker,
    together::{PATIENCE, publish, subscription},
    trial,
};
use argo_events_bus::KafkaBus;
use argo_events_core::{Deliveries, ErrorKind, Event, EventBus as _, secret::MemorySecrets};
use argo_events_testkit::{
    bus::{Broken, Outcome, ensure},
    servers::{KafkaServer, Server},
};
use libtest_mimic::Trial;
use serde_json::json;
use std::{collections::BTreeSet, sync::Arc, time::Duration};
use tokio::{
    task::{block_in_place, spawn_blocking},
    time::timeout,
};

/// Makes the trials.
pub(super) fn trials() -> Vec<Trial> {
    vec![trial(
        "a broker that is killed costs no event and no state",
        killed,
    )]
}

async fn killed() -> Outcome {
    const COUNT: u64 = 2000;
    let server = block_in_place(|| KafkaServer::start(Server::Kafka))?;
    let config = json!({ "url": server.bootstrap(), "topic": "events" });
    let bus = broker::open(config, MemorySecrets::default()).await?;
    let store = bus.state("sensor").await?;
    let version = store.put("key", "before".into(), None).await?;
    let mut deliveries = bus.subscribe(subscription("group")).await?;
    let breaking = {
        let server = server.clone();
        spawn_blocking(move || {
            server.kill()?;
            server.start_again()
        })
    };
    let reading = read_all(&mut deliveries, COUNT);
    let (published, read, broken) = futures::join!(publish_all(&bus, COUNT), reading, breaking);
    published?;
    read?;
    broken.map_err(|error| Broken(error.to_string()))??;
    bus.check().await?;
    store.put("key", "after".into(), Some(version)).await?;
    too_large(&bus).await?;
    block_in_place(|| server.stop())?;
    let checked = bus.check().await;
    ensure(
        checked.is_err(),
        "a bus without a broker says that it works",
    )?;
    let closed = timeout(PATIENCE * 2, bus.close()).await;
    ensure(closed.is_ok(), "a bus without a broker cannot be closed")
}

async fn read_all(deliveries: &mut Box<dyn Deliveries>, count: u64) -> Outcome {
    let mut found = BTreeSet::new();
    while found.len() < usize::try_from(count).unwrap_or(0) {
        let next = timeout(PATIENCE * 2, deliveries.next(64)).await;
        let next = next.map_err(|_| Broken(format!("{} of {count} came", found.len())))?;
        let Some(Ok(batch)) = next else { continue };
        for delivery in batch {
            found.insert(delivery.event().id().to_owned());
            delivery.ack().await?;
        }
    }
    Ok(())
}

/// Publishes with many in flight, and again what failed.
async fn publish_all(bus: &KafkaBus, count: u64) -> Outcome {
    let publish = async |id| while publish(bus, id).await.is_err() {};
    let ids: Vec<_> = (0..count).collect();
    for ids in ids.chunks(50) {
        futures::future::join_all(ids.iter().map(|id| publish(*id))).await;
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    Ok(())
}

async fn too_large(bus: &KafkaBus) -> Outcome {
    for size in [2 << 20, 16 << 20] {
        let event = Event::builder("large", "shop", "paid").data(vec![b'x'; size]);
        match bus.publish(Arc::new(event.build())).await {
            Err(error) if error.kind() == ErrorKind::TooLarge && !error.is_transient() => {}
            other => return Err(Broken(format!("{size} bytes: {other:?}"))),
        }
    }
    publish(bus, 0).await
}

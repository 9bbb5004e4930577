//! A broker that dies, is away, or wants less than it is given.

use super::{
    broker,
    together::{PATIENCE, insist_all, publish, subscription},
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
    sync::{oneshot, watch},
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

const COUNT: u64 = 2000;
/// How long events may take to go through a broker that is killed in between.
const DEADLINE: Duration = Duration::from_secs(300);

async fn killed() -> Outcome {
    let server = block_in_place(|| KafkaServer::start(Server::Kafka))?;
    let config = json!({ "url": server.bootstrap(), "topic": "events" });
    let bus = broker::open(config, MemorySecrets::default()).await?;
    let store = bus.state("sensor").await?;
    let version = store.put("key", "before".into(), None).await?;
    flow(&bus, &server).await?;
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

/// Publishes and reads; the broker is killed when some events came, and started again while more are
/// published.
async fn flow(bus: &KafkaBus, server: &KafkaServer) -> Outcome {
    let mut deliveries = bus.subscribe(subscription("group")).await?;
    let (came, mut has_come) = watch::channel(0);
    let (died, has_died) = oneshot::channel();
    let breaking = async {
        let enough = has_come.wait_for(|came| *came >= COUNT / 4).await;
        enough.map_err(|_| Broken("reading has ended".to_owned()))?;
        block_in_place(|| server.kill())?;
        // Who publishes has ended only if that went wrong.
        let _ = died.send(());
        let server = server.clone();
        let started = spawn_blocking(move || server.start_again()).await;
        Ok(started.map_err(|error| Broken(error.to_string()))??)
    };
    let publishing = async {
        insist_all(bus, 0..COUNT / 2).await?;
        // Ends early only with the one that breaks.
        let _ = has_died.await;
        insist_all(bus, COUNT / 2..COUNT).await
    };
    let reading = read_all(&mut deliveries, &came);
    let all = async { futures::try_join!(publishing, reading, breaking) };
    let ended = timeout(DEADLINE, all).await;
    let ended = ended.map_err(|_| Broken(format!("{} of {COUNT} came", *came.borrow())))?;
    ended.map(drop)
}

async fn read_all(deliveries: &mut Box<dyn Deliveries>, came: &watch::Sender<u64>) -> Outcome {
    let mut found = BTreeSet::new();
    while *came.borrow() < COUNT {
        let next = deliveries.next(64).await;
        let next = next.ok_or_else(|| Broken("deliveries ended".to_owned()))?;
        // What fails while the broker is away works again when it is back.
        let Ok(batch) = next else { continue };
        for delivery in batch {
            found.insert(delivery.event().id().to_owned());
            delivery.ack().await?;
        }
        came.send_replace(found.len() as u64);
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

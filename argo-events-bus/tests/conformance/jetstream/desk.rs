//! A bus on a server of its own with what a test does with both.

use super::rig::{Guard, Rig};
use argo_events_bus::JetStreamBus;
use argo_events_core::{
    Deliveries, Delivery, Event, EventBus as _, Receipt, Result, Subject, Subscription,
};
use argo_events_testkit::{
    bus::{Broken, Outcome},
    servers::{NatsServer, Server},
};
use serde_json::{Value, json};
use std::{fs, sync::Arc, time::Duration};
use tokio::time::{sleep, timeout};

/// How long a test waits for what must come.
pub(crate) const PATIENCE: Duration = Duration::from_secs(60);
/// How often it is looked whether something has come about.
const GLANCE: Duration = Duration::from_millis(20);
/// How long a test waits for what must not come.
pub(crate) const QUIET: Duration = Duration::from_millis(150);
/// An ack wait that a test can let pass.
pub(crate) const SHORT: Duration = Duration::from_millis(400);

/// A bus, its server, and a client beside them.
pub(crate) struct Desk {
    pub(crate) rig: Rig,
    pub(crate) bus: JetStreamBus,
    pub(crate) raw: async_nats::Client,
}

impl Desk {
    /// Starts a server and opens a bus on it.
    pub(crate) async fn open(server: Server) -> Outcome<Self> {
        let rig = Rig::new(server, Guard::None);
        let bus = rig.connect().await?;
        let raw = async_nats::connect(rig.server()?.url())
            .await
            .map_err(broken)?;
        Ok(Self { rig, bus, raw })
    }

    pub(crate) fn server(&self) -> Outcome<&NatsServer> {
        Ok(self.rig.server()?)
    }

    /// Asks the API of JetStream.
    pub(crate) async fn ask(&self, what: &str, body: &Value) -> Outcome<Value> {
        let body = body.to_string().into();
        let answer = self
            .raw
            .request(format!("$JS.API.{what}"), body)
            .await
            .map_err(broken)?;
        serde_json::from_slice(&answer.payload).map_err(broken)
    }

    /// Lists the names of the consumers of all events.
    pub(crate) async fn consumers(&self) -> Outcome<Vec<String>> {
        let answer = self.ask("CONSUMER.NAMES.default", &json!({})).await?;
        let names = answer["consumers"].as_array().into_iter().flatten();
        Ok(names
            .filter_map(|name| name.as_str().map(str::to_owned))
            .collect())
    }

    /// Waits until the server knows that the only consumer has settled everything up to an event.
    pub(crate) async fn until_settled(&self, sequence: u64) -> Outcome {
        let name = self.consumers().await?.remove(0);
        let path = format!("CONSUMER.INFO.default.{name}");
        let settled = async {
            while self.ask(&path, &json!({})).await?["ack_floor"]["stream_seq"].as_u64()
                < Some(sequence)
            {
                sleep(GLANCE).await;
            }
            Ok(())
        };
        in_time("an acknowledgement is not known", settled).await
    }

    /// Waits until the server has also written that down, which it does a little later.
    pub(crate) async fn until_written(&self, sequence: u8) -> Outcome {
        let name = self.consumers().await?.remove(0);
        let folder = self.server()?.data().join("jetstream/$G/streams/default");
        let file = folder.join("obs").join(name).join("o.dat");
        // Magic, version, then how far the consumer is settled: by delivery and by event.
        let settled = || fs::read(&file).ok()?.get(3).copied();
        let written = async {
            while settled() < Some(sequence) {
                sleep(GLANCE).await;
            }
            Ok(())
        };
        in_time("an acknowledgement is not on the disk", written).await
    }

    pub(crate) async fn publish(&self, id: &str) -> Result<Receipt> {
        self.bus.publish(event(id)).await
    }

    pub(crate) async fn publish_all(&self, ids: std::ops::RangeInclusive<u32>) -> Outcome {
        for id in ids {
            self.publish(&id.to_string()).await?;
        }
        Ok(())
    }

    pub(crate) async fn subscribe(
        &self,
        subscription: Subscription,
    ) -> Outcome<Box<dyn Deliveries>> {
        Ok(self.bus.subscribe(subscription).await?)
    }
}

/// Waits for something, but not for ever.
async fn in_time(missing: &str, comes: impl Future<Output = Outcome>) -> Outcome {
    let came = timeout(PATIENCE, comes).await;
    came.unwrap_or_else(|_| Err(Broken(missing.to_owned())))
}

/// Makes an event of the usual subject.
pub(crate) fn event(id: &str) -> Arc<Event> {
    Arc::new(Event::builder(id, "shop", "paid").data("{}").build())
}

/// Makes a subscription of the usual subject.
pub(crate) fn subscription(group: &str) -> Subscription {
    Subscription::new(group, vec![Subject::new("shop", "paid")])
}

/// Waits for so many deliveries.
pub(crate) async fn take(
    deliveries: &mut Box<dyn Deliveries>,
    count: usize,
) -> Outcome<Vec<Delivery>> {
    let mut found = Vec::new();
    while found.len() < count {
        let batch = some(deliveries, count - found.len()).await?;
        found.extend(batch.ok_or_else(|| missing(count, &ids(&found)))?);
    }
    Ok(found)
}

/// Waits for so many deliveries, acknowledges each when it comes and returns their ids.
pub(crate) async fn ack(
    deliveries: &mut Box<dyn Deliveries>,
    count: usize,
) -> Outcome<Vec<String>> {
    let mut found = Vec::new();
    while found.len() < count {
        let batch = some(deliveries, count - found.len()).await?;
        let batch = batch.ok_or_else(|| missing(count, &found))?;
        found.extend(ids(&batch));
        for delivery in batch {
            delivery.ack().await?;
        }
    }
    Ok(found)
}

async fn some(deliveries: &mut Box<dyn Deliveries>, most: usize) -> Outcome<Option<Vec<Delivery>>> {
    let next = timeout(PATIENCE, deliveries.next(most)).await;
    Ok(next.ok().flatten().transpose()?)
}

fn missing(count: usize, found: &[String]) -> Broken {
    Broken(format!("{} of {count} deliveries: {found:?}", found.len()))
}

/// Fails if a delivery comes.
pub(crate) async fn quiet(deliveries: &mut Box<dyn Deliveries>) -> Outcome {
    match timeout(QUIET, deliveries.next(16)).await {
        Err(_) => Ok(()),
        Ok(other) => Err(Broken(format!("unexpected: {other:?}"))),
    }
}

/// Acknowledges everything until deliveries end; returns the ids.
pub(crate) async fn ack_all(deliveries: &mut Box<dyn Deliveries>) -> Outcome<Vec<String>> {
    let mut ids = Vec::new();
    let all = async {
        while let Some(batch) = deliveries.next(64).await {
            for delivery in batch? {
                ids.push(delivery.event().id().to_owned());
                delivery.ack().await?;
            }
        }
        Outcome::Ok(())
    };
    timeout(PATIENCE, all)
        .await
        .map_err(|_| Broken("deliveries do not end".to_owned()))??;
    Ok(ids)
}

pub(crate) fn ids(found: &[Delivery]) -> Vec<String> {
    found
        .iter()
        .map(|delivery| delivery.event().id().to_owned())
        .collect()
}

/// Fails unless two lists are equal.
pub(crate) fn equal(found: &[String], wanted: &[&str]) -> Outcome {
    if found == wanted {
        return Ok(());
    }
    Err(Broken(format!("{found:?} instead of {wanted:?}")))
}

pub(crate) fn broken(error: impl std::fmt::Display) -> Broken {
    Broken(error.to_string())
}

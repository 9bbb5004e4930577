//! Holds the Kafka bus to the contract, against brokers that are started for these trials.

mod broker;
mod cluster;
mod named;
mod secured;
mod together;
mod trouble;

use argo_events_core::{BusCapabilities, EventBus, Result};
use argo_events_testkit::{
    bus::{self, BusHarness, Outcome, Pace},
    servers::{self, Server},
};
use async_trait::async_trait;
use broker::{Broker, Topic};
use libtest_mimic::Trial;
use serde_json::json;
use std::{future::Future, sync::Arc, time::Duration};
use tokio::runtime::Builder;

/// A bus on a topic of its own.
struct Kafka(Topic);

#[async_trait]
impl BusHarness for Kafka {
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

    async fn open(&self) -> Result<Arc<dyn EventBus>> {
        // Groups are the brokers', not the topic's: those of trials that run at the same time would be one.
        let groups = json!({ "consumerGroup": { "groupName": self.0.name } });
        Ok(Arc::new(self.0.open_with(groups).await?))
    }

    fn pace(&self) -> Pace {
        Pace::REAL
            .patience(Duration::from_secs(90))
            .ack_wait(Duration::from_secs(4))
    }
}

/// Makes the trials: the whole suite on one broker, and what a broker's version, encryption or death may
/// change elsewhere.
pub(crate) fn trials() -> Vec<Trial> {
    let newest = Broker::newest();
    let mut trials = suite("kafka", &newest, 1);
    trials.extend(suite("kafka, six partitions", &newest, 6));
    trials.extend(suite(
        "kafka with SCRAM and TLS",
        &Broker::new(secured::start),
        1,
    ));
    trials.extend(cluster::trials());
    trials.extend(together::trials(&newest));
    trials.extend(named::trials(&newest));
    trials.extend(trouble::trials());
    trials.extend(secured::trials());
    let older = suite("kafka 3.9", &Broker::older(), 1);
    let trials = trials
        .into_iter()
        .map(|trial| servers::needing(&[Server::Kafka], trial));
    let older = older
        .into_iter()
        .map(|trial| servers::needing(&[Server::Kafka39], trial));
    trials.chain(older).collect()
}

/// Every case of bus and state store, each on a topic of its own.
fn suite(kind: &str, broker: &Arc<Broker>, partitions: i32) -> Vec<Trial> {
    let broker = Arc::clone(broker);
    bus::trials(kind, move || Kafka(Topic::new(&broker, partitions)))
}

/// Makes a trial that runs in a runtime of its own.
fn trial<F: Future<Output = Outcome>>(
    name: &str,
    run: impl FnOnce() -> F + Send + 'static,
) -> Trial {
    let run = move || {
        let runtime = Builder::new_multi_thread()
            .worker_threads(2)
            .enable_all()
            .build()?;
        Ok(runtime.block_on(run())?)
    };
    Trial::test(name, run).with_kind("kafka")
}

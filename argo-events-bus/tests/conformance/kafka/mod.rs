//! Holds the Kafka bus to the contract, against a broker that is started for these trials.

mod broker;
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
        Ok(Arc::new(self.0.open().await?))
    }

    fn pace(&self) -> Pace {
        Pace::REAL
            .patience(Duration::from_secs(30))
            .ack_wait(Duration::from_secs(4))
    }
}

/// Makes the trials.
pub(crate) fn trials() -> Vec<Trial> {
    let broker = Arc::new(Broker::default());
    let mut trials = Vec::new();
    for (name, partitions) in [("kafka", 1), ("kafka, six partitions", 6)] {
        let broker = Arc::clone(&broker);
        trials.extend(bus::trials(name, move || {
            Kafka(Topic::new(&broker, partitions))
        }));
    }
    trials.extend(together::trials(&broker));
    trials.extend(trouble::trials());
    trials.extend(secured::trials());
    trials
        .into_iter()
        .map(|trial| servers::needing(&[Server::Kafka], trial))
        .collect()
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

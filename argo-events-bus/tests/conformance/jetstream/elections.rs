//! Elections over the state store of a real server.

use super::rig::{Guard, Rig};
use argo_events_core::{EventBus as _, LeaseSettings, Result, StateStore};
use argo_events_testkit::{
    leader::{self, ElectorHarness, Pace, StoreCandidates},
    servers::{self, Server},
};
use futures::future::BoxFuture;
use libtest_mimic::Trial;
use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

/// Three tenths of the usual times: the cases do not take long, and a busy machine loses no lease.
const QUICK: LeaseSettings = LeaseSettings {
    lease: Duration::from_millis(1_500),
    hold: Duration::from_millis(1_200),
    renew: Duration::from_millis(450),
    poll: Duration::from_millis(300),
};

/// Makes the trials; without a server they are ignored.
pub(crate) fn trials() -> Vec<Trial> {
    let trials = leader::trials("jetstream, elections", harness);
    trials
        .into_iter()
        .map(|trial| servers::needing(&[Server::Nats], trial))
        .collect()
}

/// Each process has a connection of its own, which lasts as long as the harness.
fn harness() -> impl ElectorHarness {
    let rig = Arc::new(Rig::new(Server::Nats, Guard::None));
    let buses = Arc::new(Mutex::new(Vec::new()));
    let open = move |_| -> BoxFuture<'static, Result<Arc<dyn StateStore>>> {
        let (rig, buses) = (rig.clone(), buses.clone());
        Box::pin(async move {
            let bus = rig.connect().await?;
            let store = bus.state("sensor").await?;
            let mut buses = buses.lock().expect("nobody panics with the lock");
            buses.push(bus);
            Ok(store)
        })
    };
    StoreCandidates::new(open, QUICK, Pace::REAL)
}

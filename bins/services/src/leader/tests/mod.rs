//! Elections over an API server in memory, which refuses in all the ways that real ones have.

mod server;

use super::KubernetesLeases;
use argo_events::{
    Result,
    core::{
        ErrorKind, Timestamp, TokioClock,
        leader::{Elector, LeaseElector, LeaseSettings},
    },
};
use argo_events_testkit::leader::{self, ElectorHarness, Gate, Reach, World};
use async_trait::async_trait;
use serde_json::{Value, json};
use server::Server;
use std::{
    collections::HashMap,
    sync::{Arc, Mutex},
    time::Duration,
};
use tokio::time::{Instant, sleep, timeout};

const SECOND: Duration = Duration::from_secs(1);

fn settings() -> LeaseSettings {
    super::times(|_, default| default)
}

fn elector(server: &Server, gate: &Gate, pod: &str) -> LeaseElector<KubernetesLeases> {
    let clock = Arc::new(TokioClock::starting_at(Timestamp::EPOCH));
    let client = server.client(gate.clone());
    let leases = KubernetesLeases::new(client, "prod", clock);
    LeaseElector::new(leases, pod, settings()).unwrap()
}

#[derive(Default)]
struct Pods {
    server: Server,
    gates: Mutex<HashMap<u32, Gate>>,
}

impl Pods {
    fn gate(&self, process: u32) -> Gate {
        self.gates
            .lock()
            .unwrap()
            .entry(process)
            .or_default()
            .clone()
    }
}

#[async_trait]
impl ElectorHarness for Pods {
    async fn elector(&self, process: u32) -> Result<Arc<dyn Elector>> {
        let pod = format!("pod-{process}");
        Ok(Arc::new(elector(&self.server, &self.gate(process), &pod)))
    }

    fn reach(&self, process: u32, reach: Reach) {
        self.gate(process).set(reach);
    }

    fn settings(&self) -> LeaseSettings {
        settings()
    }
}

#[test]
fn every_promise_of_an_elector_is_kept() {
    let broken: Vec<_> = leader::cases()
        .iter()
        .filter_map(|case| {
            let broken = case.run(World::new(Pods::default())).err()?;
            Some(format!("{}: {}", case.title(), broken.0))
        })
        .collect();
    assert!(broken.is_empty(), "{broken:#?}");
}

fn reference(holder: &str, renewed: &str, transitions: u32) -> Value {
    json!({
        "acquireTime": "2026-01-01T00:00:00.000000Z",
        "holderIdentity": holder,
        "leaseDurationSeconds": if holder.is_empty() { 1 } else { 5 },
        "leaseTransitions": transitions,
        "renewTime": renewed,
    })
}

#[tokio::test(start_paused = true)]
async fn a_pod_of_the_reference_is_respected_until_it_gives_up() {
    let server = Server::default();
    let ours = elector(&server, &Gate::default(), "ours-0");
    let mut campaign = ours.campaign("sensor-orders");
    for beat in 10..40 {
        // Its clock says nothing: only that the time changes counts.
        let renewed = format!("2026-01-01T00:00:{beat}.000000Z");
        server.put("sensor-orders", reference("theirs-0", &renewed, 6));
        assert!(timeout(SECOND, &mut campaign).await.is_err());
    }
    server.put(
        "sensor-orders",
        reference("", "2026-01-01T00:00:50.000000Z", 6),
    );
    let leadership = timeout(2 * SECOND, campaign).await.unwrap().unwrap();
    assert_eq!(leadership.epoch(), 7);
}

#[tokio::test(start_paused = true)]
async fn a_pod_of_the_reference_that_died_is_followed_after_its_lease() {
    let server = Server::default();
    let renewed = "2099-01-01T00:00:00.000000Z";
    server.put("sensor-orders", reference("theirs-0", renewed, 6));
    let began = Instant::now();
    let ours = elector(&server, &Gate::default(), "ours-0");
    let leadership = ours.campaign("sensor-orders").await.unwrap();
    assert!(began.elapsed() >= 5 * SECOND && began.elapsed() <= 6 * SECOND);
    assert_eq!(leadership.epoch(), 7);
}

#[tokio::test(start_paused = true)]
async fn the_record_is_one_that_the_reference_reads() {
    let server = Server::default();
    let ours = elector(&server, &Gate::default(), "ours-0");
    let leadership = ours.campaign("sensor-orders").await.unwrap();
    sleep(SECOND * 5 / 2).await;
    assert_eq!(
        server.spec("sensor-orders"),
        json!({
            "acquireTime": "1970-01-01T00:00:00.000000Z",
            "holderIdentity": "ours-0",
            "leaseDurationSeconds": 5,
            "leaseTransitions": 1,
            "renewTime": "1970-01-01T00:00:02.000000Z",
        })
    );
    leadership.resign().await;
    let given_up = server.spec("sensor-orders");
    assert_eq!(given_up["holderIdentity"], "");
    assert_eq!(given_up["leaseDurationSeconds"], 1);
    assert_eq!(given_up["leaseTransitions"], 1);
}

#[tokio::test(start_paused = true)]
async fn what_others_wrote_on_the_lease_is_kept() {
    let server = Server::default();
    server.put(
        "sensor-orders",
        reference("", "2026-01-01T00:00:00.000000Z", 6),
    );
    server.label("sensor-orders", "team", "shop");
    let ours = elector(&server, &Gate::default(), "ours-0");
    let leadership = ours.campaign("sensor-orders").await.unwrap();
    sleep(2 * SECOND).await;
    server.label("sensor-orders", "tier", "one");
    sleep(10 * SECOND).await;
    assert!(
        leadership.is_held(),
        "a change beside the record is no takeover"
    );
    let labels = json!({"team": "shop", "tier": "one"});
    assert_eq!(server.labels("sensor-orders"), labels);
}

#[tokio::test(start_paused = true)]
async fn a_lease_that_was_deleted_under_its_holder_is_written_again() {
    let server = Server::default();
    let ours = elector(&server, &Gate::default(), "ours-0");
    let leadership = ours.campaign("sensor-orders").await.unwrap();
    server.delete("sensor-orders");
    sleep(10 * SECOND).await;
    assert!(leadership.is_held());
    assert_eq!(server.spec("sensor-orders")["holderIdentity"], "ours-0");
}

#[tokio::test(start_paused = true)]
async fn an_account_that_may_not_use_leases_is_told_what_it_needs() {
    let server = Server::default();
    server.forbid();
    let ours = elector(&server, &Gate::default(), "ours-0");
    let error = ours.campaign("sensor-orders").await.unwrap_err();
    assert_eq!(
        (error.kind(), error.is_transient()),
        (ErrorKind::Unauthorized, false)
    );
    assert!(
        error.message().contains("get, create and update"),
        "{error}"
    );
    assert_eq!(error.context("lease"), Some("sensor-orders"));
}

//! What must run once, in several pods: ours, or one of ours and one of the reference.

use super::{
    delivery::sensor,
    harness::{Pod, Told, until},
    trial,
};
use argo_events_testkit::servers::{NatsServer, Server};
use libtest_mimic::Trial;
use serde_json::json;
use std::time::Duration;
use tokio::{runtime::Runtime, task::JoinSet, time::interval};

pub(super) fn trials() -> Vec<Trial> {
    vec![
        trial(
            "one_pod_runs_what_must_run_once_and_hands_it_over_at_its_end",
            one_pod_runs_what_must_run_once,
        ),
        trial(
            "a_sensor_is_ready_while_the_reference_leads_so_that_a_rollout_ends_it",
            a_sensor_is_ready_while_the_reference_leads,
        ),
    ]
}

const RUNNING: &str = "argo_events_event_service_running_total";

fn runs(pod: &Pod) -> bool {
    pod.metric(RUNNING) == Some(1.0)
}

fn one_pod_runs_what_must_run_once() {
    let server = NatsServer::start(Server::Nats).unwrap();
    let spec = json!({ "calendar": { "tick": { "interval": "1s" } } });
    let told = Told::event_source(spec.clone()).on(&server.url());
    let other = Told::event_source(spec)
        .on(&server.url())
        .with("POD_NAME", "src-eventsource-1");
    let first = told.start();
    until(|| runs(&first).then_some(())).unwrap();
    let second = other.start();
    assert_eq!(second.becomes(200), "ready\n");
    assert!(runs(&first) && !runs(&second));
    first.signal("TERM");
    let (code, log) = first.end();
    assert_eq!(code, Some(0), "{log}");
    until(|| runs(&second).then_some(())).unwrap();
}

fn a_sensor_is_ready_while_the_reference_leads() {
    let server = NatsServer::start(Server::Nats).unwrap();
    let runtime = Runtime::new().unwrap();
    let leader = runtime.block_on(lead(server.url()));
    let mut pod = Told::sensor(sensor("a", "http://127.0.0.1:9/"))
        .on(&server.url())
        .start();
    pod.says("a pod of the reference leads");
    assert_eq!(pod.becomes(200), "ready\n");
    assert_eq!(pod.said("Sensor started."), 0);
    drop(leader);
    pod.says("Sensor started.");
    assert_eq!(pod.becomes(200), "ready\n");
}

/// Leaves what a sensor of the reference leaves, and tells ten times a second that it leads.
async fn lead(url: String) -> JoinSet<()> {
    let client = async_nats::connect(url).await.unwrap();
    let bucket = json!({
        "name": "KV_sn",
        "subjects": ["$KV.sn.>"],
        "max_msgs_per_subject": 1,
        "allow_direct": true,
        "allow_rollup_hdrs": true,
    });
    let made = client.request("$JS.API.STREAM.CREATE.KV_sn", bucket.to_string().into());
    let made = made.await.unwrap();
    assert!(!String::from_utf8_lossy(&made.payload).contains("error"));
    let mut leader = JoinSet::new();
    leader.spawn(async move {
        let mut beats = interval(Duration::from_millis(100));
        loop {
            beats.tick().await;
            // Term 1, leader `x`.
            let beat = b"\x08\x01\x12\x01x".as_slice();
            let subject = "graft.shop-sensor-sn.heartbeat";
            client.publish(subject, beat.into()).await.unwrap();
        }
    });
    leader
}

//! Sources that must run once, in several pods.

use super::{
    harness::{Pod, Told, until},
    trial,
};
use argo_events_testkit::servers::{NatsServer, Server};
use libtest_mimic::Trial;
use serde_json::json;

pub(super) fn trials() -> Vec<Trial> {
    vec![trial(
        "one_pod_runs_what_must_run_once_and_hands_it_over_at_its_end",
        one_pod_runs_what_must_run_once,
    )]
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

//! From a webhook in one pod over NATS JetStream to an HTTP trigger in another.

use super::{
    harness::{Pod, Told, free_port, post},
    target::{Answer, Target},
    trial,
};
use argo_events_testkit::servers::{NatsServer, Server};
use libtest_mimic::Trial;
use serde_json::{Value, json};
use std::fs;

pub(super) fn trials() -> Vec<Trial> {
    vec![
        trial(
            "an_event_goes_from_pod_to_pod",
            an_event_goes_from_pod_to_pod,
        ),
        trial(
            "conditions_hold_across_pods_and_a_restart",
            conditions_hold_across_a_restart,
        ),
        trial(
            "a_pod_that_is_told_to_stop_finishes_what_it_began",
            a_pod_finishes_what_it_began,
        ),
        trial(
            "what_a_killed_pod_left_comes_again",
            what_a_killed_pod_left_comes_again,
        ),
        trial(
            "the_access_secret_is_read_where_it_is_mounted",
            the_access_secret_is_mounted,
        ),
    ]
}

/// Makes webhooks `a` and `b` on one port.
pub(super) fn webhooks(port: u16) -> Value {
    let webhook = |name: &str| json!({ "port": port.to_string(), "endpoint": format!("/{name}"), "method": "POST" });
    json!({ "webhook": { "a": webhook("a"), "b": webhook("b") } })
}

/// Makes a sensor that posts to a target when its condition holds.
pub(super) fn sensor(conditions: &str, url: &str) -> Value {
    let dependency =
        |name: &str| json!({ "name": name, "eventSourceName": "src", "eventName": name });
    let source = json!({ "dependencyName": "a", "dataKey": "body.seq", "value": "none" });
    let http =
        json!({ "url": url, "method": "POST", "payload": [{ "src": source, "dest": "seq" }] });
    json!({
        "dependencies": [dependency("a"), dependency("b")],
        "triggers": [{ "template": { "name": "t", "conditions": conditions, "http": http } }],
    })
}

/// Starts both pods and waits until events get through.
pub(super) fn pair(server: &NatsServer, port: u16, sensor: Value) -> (Pod, Pod) {
    let mut sensor = Told::sensor(sensor).on(&server.url()).start();
    sensor.says("Sensor started.");
    let mut source = Told::event_source(webhooks(port)).on(&server.url()).start();
    source.says("\"msg\":\"running\"");
    (source, sensor)
}

pub(super) fn send(port: u16, event: &str, seq: u32) {
    let answer = post(port, &format!("/{event}"), &format!("{{\"seq\":{seq}}}")).unwrap();
    assert_eq!(answer.0, 200, "{answer:?}");
}

fn an_event_goes_from_pod_to_pod() {
    let server = NatsServer::start(Server::Nats).unwrap();
    let (target, port) = (Target::start(), free_port());
    let (source, mut sensor) = pair(&server, port, sensor("a", &target.url("/t")));
    assert_eq!(source.becomes(200), "ready\n");
    assert_eq!(sensor.becomes(200), "ready\n");
    send(port, "a", 7);
    assert_eq!(target.first("/t").json(), json!({ "seq": "7" }));
    sensor.says("Successfully processed trigger 't'");
    let labels = "{namespace=\"shop\",sensor_name=\"sn\",trigger_name=\"t\"}";
    let triggered = format!("argo_events_action_triggered_total{labels}");
    assert_eq!(sensor.metric(&triggered), Some(1.0));
}

fn conditions_hold_across_a_restart() {
    let server = NatsServer::start(Server::Nats).unwrap();
    let (target, port) = (Target::start(), free_port());
    let spec = sensor("a && b", &target.url("/t"));
    let (_source, first) = pair(&server, port, spec.clone());
    send(port, "a", 3);
    first.signal("TERM");
    let (code, log) = first.end();
    assert_eq!(code, Some(0), "{log}");
    send(port, "b", 4);
    let mut second = Told::sensor(spec).on(&server.url()).start();
    second.says("Sensor started.");
    assert_eq!(target.first("/t").json(), json!({ "seq": "3" }));
}

fn a_pod_finishes_what_it_began() {
    let server = NatsServer::start(Server::Nats).unwrap();
    let target = Target::answering(|_, _| Answer::Hang);
    let (port, spec) = (free_port(), sensor("a", &target.url("/t")));
    let (_source, mut first) = pair(&server, port, spec.clone());
    send(port, "a", 1);
    target.first("/t");
    first.signal("TERM");
    first.says("\"msg\":\"draining\"");
    assert!(first.becomes(503).starts_with("draining"));
    target.release();
    let (code, log) = first.end();
    assert_eq!(code, Some(0), "{log}");
    let mut second = Told::sensor(spec).on(&server.url()).start();
    second.says("Sensor started.");
    send(port, "a", 2);
    let received = target.wait_until(|all| all.len() >= 2);
    let bodies: Vec<_> = received.iter().map(|it| it.json()["seq"].clone()).collect();
    assert_eq!(bodies, ["1", "2"]);
}

fn what_a_killed_pod_left_comes_again() {
    let server = NatsServer::start(Server::Nats).unwrap();
    let target = Target::answering(|_, before| match before {
        0 => Answer::Hang,
        _ => Answer::Status(200),
    });
    let (port, mut spec) = (free_port(), sensor("a", &target.url("/t")));
    spec["triggers"][0]["atLeastOnce"] = json!(true);
    let (_source, first) = pair(&server, port, spec.clone());
    send(port, "a", 1);
    let begun = target.first("/t");
    drop(first);
    let _second = Told::sensor(spec).on(&server.url()).start();
    let received = target.wait_until(|all| all.len() >= 2);
    assert_eq!(received[1].firing(), begun.firing());
}

fn the_access_secret_is_mounted() {
    let options = NatsServer::options(Server::Nats).user("me", "hunter2");
    let server = options.start().unwrap();
    let root = tempfile::tempdir().unwrap();
    let folder = root.path().join("etc/eventbus/auth");
    let access = json!({ "name": "eventbus-default-js-client-auth", "key": "client-auth" });
    let config = json!({ "jetstream": { "url": server.url(), "accessSecret": access } });
    let port = free_port();
    let told = Told::event_source(webhooks(port))
        .with("EVENTBUS_CONFIG", super::harness::encoded(&config))
        .with("ARGO_EVENTS_ROOT", root.path().to_str().unwrap());
    let mut pod = told.start();
    pod.says("the bus cannot be used yet");
    fs::create_dir_all(&folder).unwrap();
    fs::write(
        folder.join("auth.yaml"),
        "username: me\npassword: hunter2\n",
    )
    .unwrap();
    pod.says("\"msg\":\"running\"");
    send(port, "a", 1);
    assert_eq!(pod.said("hunter2"), 0);
}

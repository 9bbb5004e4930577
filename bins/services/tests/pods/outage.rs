//! A bus that is not there yet, or not there for a while.

use super::{
    delivery::{pair, send, sensor, webhooks},
    harness::{Told, free_port, post, until},
    target::Target,
    trial,
};
use argo_events_testkit::servers::{NatsServer, Server};
use libtest_mimic::Trial;

pub(super) fn trials() -> Vec<Trial> {
    vec![
        trial(
            "a_pod_waits_for_its_bus_and_says_so",
            a_pod_waits_for_its_bus,
        ),
        trial(
            "a_pod_that_waits_for_its_bus_can_be_stopped",
            a_waiting_pod_can_be_stopped,
        ),
        trial(
            "pods_go_on_after_the_bus_was_restarted",
            pods_go_on_after_a_restart,
        ),
    ]
}

fn a_pod_waits_for_its_bus() {
    let server = NatsServer::start(Server::Nats).unwrap();
    server.kill().unwrap();
    let (target, port) = (Target::start(), free_port());
    let mut source = Told::event_source(webhooks(port)).on(&server.url()).start();
    let mut receiver = Told::sensor(sensor("a", &target.url("/t")))
        .on(&server.url())
        .start();
    for pod in [&mut source, &mut receiver] {
        pod.says("the bus cannot be used yet, trying again");
        assert!(
            pod.becomes(503)
                .starts_with("bus jetstreamExotic: cannot connect")
        );
        assert_eq!(pod.ask("/healthz").unwrap().0, 200);
        assert_eq!(pod.metric("build_info{"), Some(1.0));
    }
    assert!(post(port, "/a", "{}").is_err());
    server.start_again().unwrap();
    receiver.says("Sensor started.");
    source.says("\"msg\":\"running\"");
    assert!(source.said("the bus cannot be used yet") < 20);
    send(port, "a", 1);
    target.first("/t");
}

fn a_waiting_pod_can_be_stopped() {
    let server = NatsServer::start(Server::Nats).unwrap();
    server.kill().unwrap();
    let mut pod = Told::event_source(webhooks(free_port()))
        .on(&server.url())
        .start();
    pod.says("the bus cannot be used yet");
    pod.signal("TERM");
    let (code, log) = pod.end();
    assert_eq!(code, Some(0), "{log}");
}

fn pods_go_on_after_a_restart() {
    let server = NatsServer::start(Server::Nats).unwrap();
    let (target, port) = (Target::start(), free_port());
    let (source, receiver) = pair(&server, port, sensor("a", &target.url("/t")));
    send(port, "a", 1);
    target.first("/t");
    server.kill().unwrap();
    for pod in [&source, &receiver] {
        assert!(pod.becomes(503).starts_with("bus jetstreamExotic: "));
    }
    server.start_again().unwrap();
    for pod in [&source, &receiver] {
        assert_eq!(pod.becomes(200), "ready\n");
    }
    let sent = until(|| {
        post(port, "/a", "{\"seq\":2}")
            .ok()
            .filter(|(code, _)| *code == 200)
    });
    sent.unwrap();
    target.wait_until(|all| all.iter().any(|it| it.json()["seq"] == "2"));
}

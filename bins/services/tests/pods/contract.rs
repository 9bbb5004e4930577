//! What a pod makes of its environment, right and wrong.

use super::{
    harness::{Told, encoded, free_port, get, post, until},
    trial,
};
use libtest_mimic::Trial;
use serde_json::{Value, json};
use std::{net::TcpListener, process::Command};

pub(super) fn trials() -> Vec<Trial> {
    vec![
        trial(
            "a_wrong_variable_ends_the_pod_and_is_named",
            a_wrong_variable_ends_the_pod,
        ),
        trial(
            "a_wrong_object_of_a_sensor_is_refused_as_a_whole",
            a_wrong_sensor_is_refused,
        ),
        trial(
            "one_wrong_event_does_not_stop_the_others",
            one_wrong_event_does_not_stop_the_others,
        ),
        trial("a_taken_metrics_port_is_told", a_taken_metrics_port_is_told),
        trial(
            "a_taken_port_of_a_source_is_told_and_waited_for",
            a_taken_source_port_is_told,
        ),
        trial(
            "a_wrong_call_says_what_is_right",
            a_wrong_call_says_what_is_right,
        ),
        trial(
            "what_looks_after_a_cluster_says_what_it_needs",
            what_looks_after_a_cluster_says_what_it_needs,
        ),
        trial(
            "an_object_may_come_from_a_file",
            an_object_may_come_from_a_file,
        ),
        trial(
            "metrics_have_the_names_and_labels_of_the_reference",
            metrics_have_their_names,
        ),
        trial(
            "both_signals_end_a_pod_in_order",
            both_signals_end_a_pod_in_order,
        ),
    ]
}

fn webhook(port: u16) -> Value {
    json!({ "webhook": { "a": { "port": port.to_string(), "endpoint": "/a", "method": "POST" } } })
}

fn logging_sensor() -> Value {
    json!({
        "dependencies": [{ "name": "a", "eventSourceName": "src", "eventName": "a" }],
        "triggers": [{ "template": { "name": "t", "log": {} } }],
    })
}

fn a_wrong_variable_ends_the_pod() {
    let source = || Told::event_source(webhook(0));
    let sensor = || Told::sensor(logging_sensor());
    let two = json!({ "jetstream": { "url": "nats://x" }, "kafka": { "url": "x" } });
    let cases = [
        (
            source().without("EVENTSOURCE_OBJECT"),
            "EVENTSOURCE_OBJECT is not set",
        ),
        (
            source().with("EVENTSOURCE_OBJECT", "%"),
            "EVENTSOURCE_OBJECT is not base64",
        ),
        (
            source().with("EVENTSOURCE_OBJECT", "e30="),
            "EVENTSOURCE_OBJECT has no metadata.name",
        ),
        (
            sensor().without("SENSOR_OBJECT"),
            "SENSOR_OBJECT is not set",
        ),
        (
            sensor().with("SENSOR_OBJECT", encoded(&json!([]))),
            "SENSOR_OBJECT holds no object",
        ),
        (source().without("POD_NAME"), "POD_NAME is not set"),
        (
            source().without("EVENTBUS_CONFIG"),
            "EVENTBUS_CONFIG is not set",
        ),
        (
            source().with("EVENTBUS_CONFIG", "e30="),
            "EVENTBUS_CONFIG names no bus",
        ),
        (
            source().with("EVENTBUS_CONFIG", encoded(&two)),
            "names both `jetstream` and `kafka`",
        ),
        (
            source().with("EVENTBUS_CONFIG", encoded(&json!({ "nats": {} }))),
            "NATS Streaming",
        ),
        (
            source().with("EVENTBUS_CONFIG", encoded(&json!({ "jetstream": {} }))),
            "url: is required",
        ),
        (
            source().with("ARGO_EVENTS_GRACE", "soon"),
            "ARGO_EVENTS_GRACE `soon` is not a duration",
        ),
    ];
    for (told, wanted) in cases {
        let (code, log) = told.run();
        assert_eq!(code, Some(1), "{wanted}: {log}");
        assert!(log.contains(wanted), "{wanted}: {log}");
    }
}

fn a_wrong_sensor_is_refused() {
    let mut spec = logging_sensor();
    spec["triggers"][0]["template"]["conditions"] = json!("b");
    let (code, log) = Told::sensor(spec).run();
    assert_eq!(code, Some(1), "{log}");
    let place = "SENSOR_OBJECT is wrong: spec.triggers[0].template.conditions";
    assert!(
        log.contains(place) && log.contains("no dependency is called `b`"),
        "{log}"
    );
}

fn one_wrong_event_does_not_stop_the_others() {
    let port = free_port();
    let mut spec = webhook(port);
    spec["webhook"]["b"] = json!({ "endpoint": "b", "method": "POST" });
    let mut pod = Told::event_source(spec).start();
    pod.says("\"msg\":\"running\"");
    assert_eq!(post(port, "/a", "{}").unwrap().0, 200);
    let why = pod.becomes(503);
    assert!(why.starts_with("source src/b: invalid: "), "{why}");
}

fn a_taken_metrics_port_is_told() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let told = Told::event_source(webhook(0)).with("ARGO_EVENTS_METRICS", &address);
    let (code, log) = told.run();
    assert_eq!(code, Some(3), "{log}");
    let message = format!("metrics and health cannot listen on {address}: Address already in use");
    assert!(
        log.contains(&message) && log.contains("set ARGO_EVENTS_METRICS"),
        "{log}"
    );
}

fn a_taken_source_port_is_told() {
    let taken = TcpListener::bind("[::]:0").unwrap();
    let port = taken.local_addr().unwrap().port();
    let pod = Told::event_source(webhook(port)).start();
    let named = |(_, why): &(u16, String)| why.contains(&format!("port {port} is in use"));
    let why = until(|| pod.ask("/readyz").filter(named));
    assert!(why.unwrap().1.starts_with("source src/a: failing: "));
    drop(taken);
    assert_eq!(pod.becomes(200), "ready\n");
}

fn a_wrong_call_says_what_is_right() {
    let cases = [
        (&["sensor"][..], "`sensor` cannot be understood here"),
        (&[], "no subcommand"),
    ];
    for (arguments, wanted) in cases {
        let binary = env!("CARGO_BIN_EXE_argo-events-services");
        let output = Command::new(binary).args(arguments).output().unwrap();
        let said = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(2), "{said}");
        assert!(
            said.contains(wanted) && said.contains("eventsource-service"),
            "{said}"
        );
    }
}

fn what_looks_after_a_cluster_says_what_it_needs() {
    let cases = [
        (
            &["controller", "--help"][..],
            0,
            "--managed-namespace NAMESPACE",
        ),
        (&["webhook-service", "--help"], 0, "CLUSTER_ROLE_NAME"),
        (&["controller", "--namespased"], 2, "--namespaced"),
        (
            &["controller", "--metrics-port", "many"],
            2,
            "`--metrics-port many`",
        ),
        (&["controller"], 1, "ARGO_EVENTS_IMAGE"),
        (&["webhook-service"], 1, "NAMESPACE is not set"),
    ];
    for (arguments, code, wanted) in cases {
        let binary = env!("CARGO_BIN_EXE_argo-events-services");
        let mut command = Command::new(binary);
        for variable in ["ARGO_EVENTS_IMAGE", "NAMESPACE"] {
            command.env_remove(variable);
        }
        let output = command.args(arguments).output().unwrap();
        let said = [output.stdout, output.stderr].concat();
        let said = String::from_utf8(said).unwrap();
        assert_eq!(output.status.code(), Some(code), "{arguments:?}: {said}");
        assert!(said.contains(wanted), "{arguments:?}: {said}");
    }
}

fn an_object_may_come_from_a_file() {
    let folder = tempfile::tempdir().unwrap();
    let (path, port) = (folder.path().join("object.json"), free_port());
    let metadata = json!({ "name": "src", "namespace": "shop" });
    let padding = "x".repeat(200_000);
    let mut spec = webhook(port);
    spec["webhook"]["a"]["metadata"] = json!({ "padding": padding });
    let object = json!({ "metadata": metadata, "spec": spec });
    std::fs::write(&path, object.to_string()).unwrap();
    let told = Told::event_source(json!({})).without("EVENTSOURCE_OBJECT");
    let mut pod = told
        .with("EVENTSOURCE_OBJECT_FILE", path.to_str().unwrap())
        .start();
    pod.says("\"msg\":\"running\"");
    assert_eq!(post(port, "/a", "{}").unwrap().0, 200);
}

fn metrics_have_their_names() {
    let port = free_port();
    let mut pod = Told::event_source(webhook(port)).start();
    pod.says("\"msg\":\"running\"");
    assert_eq!(post(port, "/a", "{}").unwrap().0, 200);
    let labels = "{event_name=\"a\",eventsource_name=\"src\",namespace=\"shop\"}";
    let sent = format!("argo_events_events_sent_total{labels}");
    assert_eq!(pod.metric(&sent), Some(1.0));
    let running =
        "argo_events_event_service_running_total{eventsource_name=\"src\",namespace=\"shop\"}";
    assert_eq!(pod.metric(running), Some(1.0));
    assert_eq!(pod.metric("build_info{"), Some(1.0));
    assert_eq!(pod.ask("/healthz").unwrap(), (200, "ok\n".to_owned()));
}

fn both_signals_end_a_pod_in_order() {
    for signal in ["TERM", "INT"] {
        let told = Told::sensor(logging_sensor());
        let mut pod = told.start();
        pod.says("Sensor started.");
        pod.signal(signal);
        let (code, log) = pod.end();
        assert_eq!(code, Some(0), "{signal}: {log}");
        assert!(log.contains("\"msg\":\"stopped\""), "{log}");
        assert!(get(told.metrics_port(), "/healthz").is_err());
    }
}

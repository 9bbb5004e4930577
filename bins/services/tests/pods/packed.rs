//! Pods of many objects: each runs by itself.

use super::{
    harness::{Told, free_port, post},
    trial,
};
use libtest_mimic::Trial;
use serde_json::{Value, json};
use tempfile::TempDir;

/// Variable with the folder of the objects.
const DIRECTORY: &str = "ARGO_EVENTS_PACKED_DIR";

pub(super) fn trials() -> Vec<Trial> {
    vec![
        trial(
            "a_packed_pod_runs_each_object_and_leaves_out_what_is_wrong",
            each_object_runs,
        ),
        trial(
            "a_packed_pod_of_sensors_drains_them_all",
            sensors_are_drained,
        ),
        trial(
            "a_packed_pod_without_an_object_that_can_run_ends",
            nothing_to_run,
        ),
    ]
}

fn folder(objects: &[(&str, Value)]) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (name, spec) in objects {
        let metadata = json!({ "name": name, "namespace": "shop" });
        let object = json!({ "metadata": metadata, "spec": spec });
        let path = folder.path().join(format!("{name}.json"));
        std::fs::write(path, object.to_string()).unwrap();
    }
    folder
}

fn webhook(port: u16) -> Value {
    json!({ "webhook": { "a": { "port": port.to_string(), "endpoint": "/a", "method": "POST" } } })
}

fn sensor() -> Value {
    json!({
        "dependencies": [{ "name": "a", "eventSourceName": "src", "eventName": "a" }],
        "triggers": [{ "template": { "name": "t", "log": {} } }],
    })
}

fn each_object_runs() {
    let (first, second) = (free_port(), free_port());
    let folder = folder(&[
        ("one", webhook(first)),
        ("two", webhook(second)),
        ("wrong", json!({ "webhook": { "a": {} } })),
    ]);
    let told = Told::event_source(json!({})).without("EVENTSOURCE_OBJECT");
    let mut pod = told
        .with(DIRECTORY, folder.path().to_str().unwrap())
        .start();
    pod.says("wrong.json is left out: EVENTSOURCE_OBJECT is wrong");
    let said = pod.becomes(200);
    assert!(
        said.starts_with("ready\nwrong.json is left out: "),
        "{said}"
    );
    for (port, name) in [(first, "one"), (second, "two")] {
        assert_eq!(post(port, "/a", "{}").unwrap().0, 200);
        let labels = format!("{{event_name=\"a\",eventsource_name=\"{name}\",namespace=\"shop\"}}");
        let sent = format!("argo_events_events_sent_total{labels}");
        assert_eq!(pod.metric(&sent), Some(1.0));
    }
}

fn sensors_are_drained() {
    let folder = folder(&[("one", sensor()), ("two", sensor())]);
    let told = Told::sensor(json!({})).without("SENSOR_OBJECT");
    let mut pod = told
        .with(DIRECTORY, folder.path().to_str().unwrap())
        .start();
    assert_eq!(pod.becomes(200), "ready\n");
    pod.says("\"objects\":2");
    pod.signal("TERM");
    let (code, log) = pod.end();
    assert_eq!(code, Some(0), "{log}");
    assert!(log.contains("\"msg\":\"stopped\""), "{log}");
}

fn nothing_to_run() {
    let folder = folder(&[]);
    let told = Told::sensor(json!({})).without("SENSOR_OBJECT");
    let (code, log) = told.with(DIRECTORY, folder.path().to_str().unwrap()).run();
    assert_eq!(code, Some(1), "{log}");
    assert!(log.contains("has no object that can run"), "{log}");
}

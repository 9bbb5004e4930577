//! `argo-events crds`: what is committed is what it prints.

use super::harness::{call, path};
use serde_json::{Value, json};
use std::{fs, path::PathBuf};

const FILES: [(&str, &str); 3] = [
    ("EventBus", "eventbus.yaml"),
    ("EventSource", "eventsources.yaml"),
    ("Sensor", "sensors.yaml"),
];

#[test]
fn the_committed_definitions_are_those_of_this_build() {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../services/deploy/crds");
    for (kind, file) in FILES {
        let committed = fs::read_to_string(folder.join(file)).unwrap_or_default();
        let printed = call(&["crds", "--kind", kind]).out;
        assert!(
            committed == printed,
            "bins/services/deploy/crds/{file} is not what this build prints: \
             cargo run -- crds --kind {kind} > bins/services/deploy/crds/{file}"
        );
    }
}

#[test]
fn all_definitions_are_one_file_or_one_list() {
    let text = call(&["crds"]).out;
    assert_eq!(text.matches("\n---\n").count(), FILES.len() - 1);
    let list: Value = serde_json::from_str(&call(&["crds", "--output", "json"]).out).unwrap();
    assert_eq!(list["kind"], "List");
    assert_eq!(list["items"].as_array().map(Vec::len), Some(FILES.len()));
    let one = call(&["crds", "--kind", "sensor", "--output", "json"]).out;
    let one: Value = serde_json::from_str(&one).unwrap();
    assert_eq!(one["metadata"]["name"], "sensors.argoproj.io");
}

#[test]
fn coverage_counts_what_is_known_and_fails_for_what_is_not() {
    let schema = |more: Value| {
        let name = |kind: &str| format!("org.events.v1alpha1.{kind}");
        let empty = json!({"properties": {"metadata": {}}});
        let spec = json!({"properties": {"spec": {"properties": more}}});
        json!({"definitions": {name("EventBus"): empty, name("EventSource"): empty, name("Sensor"): spec}})
    };
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("schema.json");
    let compare = |schema: Value| {
        fs::write(&file, schema.to_string()).unwrap();
        call(&["crds", "--coverage", path(&file)])
    };
    let ended = compare(schema(json!({"triggers": {}})));
    assert_eq!(ended.code, Some(0), "{}", ended.err);
    assert!(
        ended.out.contains("Sensor: 2 properties, 2 listed"),
        "{}",
        ended.out
    );
    let ended = compare(schema(json!({"frobs": {}})));
    assert_eq!(ended.code, Some(1));
    assert!(
        ended.out.contains("missing     Sensor.spec.frobs"),
        "{}",
        ended.out
    );
    let ended = compare(json!({}));
    assert_eq!(ended.code, Some(1));
    assert!(
        ended.err.contains("no definition of EventBus"),
        "{}",
        ended.err
    );
}

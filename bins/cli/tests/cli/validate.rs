//! `argo-events validate`: all mistakes at once, each with its place.

use super::harness::{call_in, path};
use serde_json::Value;
use std::fs;
use tempfile::TempDir;

const SOURCE: &str = "apiVersion: argoproj.io/v1alpha1
kind: EventSource
metadata: { name: shop }
spec:
  webhook:
    paid: { port: 12000, endpoint: /paid, method: POST, methd: POST }
---
apiVersion: argoproj.io/v1alpha1
kind: EventSource
metadata: { name: clock }
spec:
  calendar:
    tick: { schedule: \"61 * * * *\" }
";

const SENSOR: &str = "apiVersion: argoproj.io/v1alpha1
kind: Sensor
metadata: { name: orders }
spec:
  dependencies:
    - { name: paid, eventSourceName: shop, eventName: paid }
    - { name: shipped, eventSourceName: shop, eventName: shipped }
  triggers:
    - template: { name: ship, conditions: paid && shiped, log: {} }
    - template: { name: call, htpp: {} }
";

fn folder() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("sensor.yaml"), SENSOR).unwrap();
    fs::write(folder.path().join("source.yaml"), SOURCE).unwrap();
    fs::write(folder.path().join("broken.yaml"), "a: [\n").unwrap();
    folder
}

#[test]
fn every_fault_of_every_document_is_told_at_once_with_its_place() {
    let folder = folder();
    let ended = call_in(folder.path(), &["validate", "."]);
    assert_eq!(ended.code, Some(1), "{}", ended.out);
    let places = [
        "error: ./broken.yaml:1:4",
        "error: ./sensor.yaml:9:51  Sensor/orders  spec.triggers[0].template.conditions",
        "error: ./sensor.yaml:10:31  Sensor/orders  spec.triggers[1].template.htpp",
        "error: ./source.yaml:6:19  EventSource/shop  spec.webhook.paid.port",
        "warning: ./source.yaml:6:64  EventSource/shop  spec.webhook.paid.methd",
        "error: ./source.yaml:13:23  EventSource/clock  spec.calendar.tick.schedule",
    ];
    for place in places {
        assert!(
            ended.out.contains(place),
            "{place} is missing in\n{}",
            ended.out
        );
    }
    let helps = [
        "did you mean `shipped`?",
        "did you mean `http`?",
        "did you mean `method`?",
    ];
    for help in helps.iter().chain(&["write it in quotes: \"12000\""]) {
        assert!(
            ended.out.contains(help),
            "{help} is missing in\n{}",
            ended.out
        );
    }
    assert!(
        ended.out.lines().last().unwrap().starts_with("3 files, "),
        "{}",
        ended.out
    );
}

#[test]
fn the_part_of_a_condition_that_is_wrong_is_pointed_at() {
    let folder = folder();
    let ended = call_in(folder.path(), &["validate", "sensor.yaml"]);
    let lines: Vec<_> = ended.out.lines().collect();
    let at = lines
        .iter()
        .position(|line| line.contains("`paid && shiped`"))
        .unwrap();
    let caret = lines[at + 1].find('^').unwrap();
    assert_eq!(&lines[at][caret..caret + 6], "shiped");
    assert_eq!(lines[at + 1].matches('^').count(), 6);
}

#[test]
fn programs_get_every_fault_as_json() {
    let folder = folder();
    let ended = call_in(folder.path(), &["validate", ".", "--output", "json"]);
    assert_eq!(ended.code, Some(1));
    let faults: Vec<Value> = serde_json::from_str(&ended.out).unwrap();
    let fault = faults
        .iter()
        .find(|it| it["path"] == "spec.webhook.paid.port")
        .unwrap();
    assert_eq!((&fault["line"], &fault["column"]), (&6.into(), &19.into()));
    assert_eq!(fault["severity"], "error");
    assert_eq!(fault["object"], "EventSource/shop");
}

#[test]
fn unknown_fields_are_errors_if_one_is_strict() {
    let folder = tempfile::tempdir().unwrap();
    let fixed = SOURCE
        .replace("port: 12000", "port: \"12000\"")
        .replace("61 *", "1 *");
    fs::write(folder.path().join("source.yaml"), fixed).unwrap();
    let lenient = call_in(folder.path(), &["validate", "."]);
    assert_eq!(lenient.code, Some(0), "{}", lenient.out);
    assert!(
        lenient.out.contains("1 file, 0 errors, 1 warning"),
        "{}",
        lenient.out
    );
    let strict = call_in(folder.path(), &["validate", ".", "--strict"]);
    assert_eq!(strict.code, Some(1));
    assert!(
        strict.out.contains("error: ./source.yaml:6:66"),
        "{}",
        strict.out
    );
}

#[test]
fn a_path_that_is_not_there_and_a_folder_without_manifests_are_errors() {
    let folder = tempfile::tempdir().unwrap();
    let absent = folder.path().join("absent.yaml");
    let ended = call_in(folder.path(), &["validate", path(&absent)]);
    assert_eq!(ended.code, Some(1));
    assert!(ended.err.contains("absent.yaml"), "{}", ended.err);
    let ended = call_in(folder.path(), &["validate", "."]);
    assert_eq!(ended.code, Some(1));
    assert!(
        ended.err.starts_with("error: no manifest was found"),
        "{}",
        ended.err
    );
}

#[test]
fn a_mistake_in_a_source_filter_has_its_place_in_file_and_text() {
    let folder = tempfile::tempdir().unwrap();
    let text = "apiVersion: argoproj.io/v1alpha1
kind: EventSource
metadata: { name: shop }
spec:
  webhook:
    paid:
      port: \"12000\"
      endpoint: /paid
      method: POST
      filter:
        expression: |
          body.total > 5 &&
          body.currency = 'EUR'
";
    fs::write(folder.path().join("source.yaml"), text).unwrap();
    let ended = call_in(folder.path(), &["validate", "."]);
    let wanted = "error: ./source.yaml:13:25  EventSource/shop  spec.webhook.paid.filter.expression
  `body.currency = 'EUR'`: unexpected token Operator(\"=\")
  |              ^  line 2, column 15  equality is tested by ==
";
    assert!(ended.out.starts_with(wanted), "{}", ended.out);
    assert_eq!(ended.code, Some(1));
}

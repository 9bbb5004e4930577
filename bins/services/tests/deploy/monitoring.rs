//! Alerts name metrics that there are, and the guide says what to do about each.

use crate::{
    kustomize,
    objects::{deploy, of_kind},
};
use argo_events::core::telemetry::names;
use std::fs;

/// Where the controller's own metrics are named.
const CONTROLLER: &str = include_str!("../../../controller/src/metrics.rs");

/// Tells whether there is a metric of a name.
fn is_there(metric: &str) -> bool {
    names::definition(metric).is_some() || CONTROLLER.contains(&format!("\"{metric}\""))
}

/// Returns the words of a text that name metrics of ours, or of what the controller's are named after.
fn metrics(text: &str) -> Vec<&str> {
    const BEGINNINGS: [&str; 4] = [
        "argo_events_",
        "controller_runtime_",
        "leader_election_",
        "workqueue_",
    ];
    let is_part = |letter: char| letter.is_ascii_alphanumeric() || letter == '_';
    let words = text.split(|letter| !is_part(letter));
    words
        .filter(|word| BEGINNINGS.iter().any(|it| word.starts_with(it)))
        .collect()
}

#[test]
fn an_alert_asks_for_metrics_and_labels_that_there_are() {
    let objects = kustomize::build("monitoring");
    let rules = &of_kind(&objects, "PrometheusRule")[0]["spec"]["groups"][0]["rules"];
    let rules = rules.as_array().unwrap();
    assert!(rules.len() > 5);
    for rule in rules {
        let expression = rule["expr"].as_str().unwrap();
        let metrics = metrics(expression);
        assert!(!metrics.is_empty(), "{expression}");
        let summary = rule["annotations"]["summary"].as_str().unwrap();
        for metric in metrics {
            assert!(is_there(metric), "{metric}");
            let Some(definition) = names::definition(metric) else {
                continue;
            };
            for label in shown(summary) {
                let is_label = label == "namespace" || definition.labels.contains(&label);
                assert!(is_label, "{metric} has no label {label}");
            }
        }
    }
}

/// Returns the labels that a text shows.
fn shown(text: &str) -> Vec<&str> {
    let parts = text.split("$labels.").skip(1);
    parts
        .filter_map(|part| part.split_whitespace().next())
        .collect()
}

#[test]
fn the_guide_says_what_to_do_about_every_alert() {
    let guide = deploy("../../../docs/operations.md");
    let guide = fs::read_to_string(guide).unwrap();
    let objects = kustomize::build("monitoring");
    let rules = &of_kind(&objects, "PrometheusRule")[0]["spec"]["groups"][0]["rules"];
    for rule in rules.as_array().unwrap() {
        let name = rule["alert"].as_str().unwrap();
        assert!(guide.contains(&format!("`{name}`")), "{name}");
    }
}

#[test]
fn the_guide_names_metrics_that_there_are() {
    let guide = fs::read_to_string(deploy("../../../docs/operations.md")).unwrap();
    let metrics = metrics(&guide);
    assert!(metrics.len() > 20);
    for metric in metrics {
        assert!(is_there(metric), "{metric}");
    }
}

//! Alerts name metrics that there are, and the guide says what to do about each.

use crate::{
    kustomize,
    objects::{deploy, of_kind},
};
use argo_events::core::telemetry::names;
use std::fs;

#[test]
fn an_alert_asks_for_metrics_and_labels_that_there_are() {
    let objects = kustomize::build("monitoring");
    let rules = &of_kind(&objects, "PrometheusRule")[0]["spec"]["groups"][0]["rules"];
    let rules = rules.as_array().unwrap();
    assert!(rules.len() > 5);
    for rule in rules {
        let expression = rule["expr"].as_str().unwrap();
        let is_part = |letter: char| letter.is_ascii_alphanumeric() || letter == '_';
        let words = expression.split(|letter| !is_part(letter));
        let metrics: Vec<_> = words.filter(|it| it.starts_with("argo_events_")).collect();
        assert!(!metrics.is_empty(), "{expression}");
        let summary = rule["annotations"]["summary"].as_str().unwrap();
        for metric in metrics {
            let definition = names::definition(metric).unwrap_or_else(|| panic!("{metric}"));
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
    let is_part = |letter: char| letter.is_ascii_alphanumeric() || letter == '_';
    let words = guide.split(|letter| !is_part(letter));
    let metrics: Vec<_> = words.filter(|it| it.starts_with("argo_events_")).collect();
    assert!(metrics.len() > 20);
    for metric in metrics {
        assert!(names::definition(metric).is_some(), "{metric}");
    }
}

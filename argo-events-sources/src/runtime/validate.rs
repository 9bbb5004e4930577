//! Reports what is wrong with an EventSource before anything is started.

use super::plan;
use crate::kinds;
use argo_events_core::{FieldPath, Problem, Problems, Registry, api, registry::Placement};
use serde_json::Value;
use std::collections::BTreeMap;

/// Reports what is wrong with an EventSource, everything at once; paths begin with `spec`.
pub fn validate(source: &api::EventSource, registry: &Registry, problems: &mut Problems) {
    let spec = FieldPath::root().field("spec");
    if source.spec.kinds.is_empty() {
        problems.warning(spec.clone(), "names no source, so nothing will come in");
    }
    for (kind, events) in &source.spec.kinds {
        validate_kind(kind, events, registry, &spec.field(kind), problems);
    }
    validate_names(source, &spec, problems);
    validate_placement(source, registry, &spec, problems);
}

fn validate_kind(
    kind: &str,
    events: &Value,
    registry: &Registry,
    path: &FieldPath,
    problems: &mut Problems,
) {
    let Ok(descriptor) = registry.source(kind) else {
        return problems.push(unknown(kind, registry, path));
    };
    let events = match events {
        Value::Object(events) => events,
        Value::Null => return,
        other => {
            let message = format!("must map event names to settings, found {}", name_of(other));
            return problems.error(path.clone(), message);
        }
    };
    if !descriptor.is_available() {
        let message = format!("{kind} can be validated, but not run by this build");
        let help = format!("build with the cargo feature {:?}", descriptor.feature);
        problems.push(Problem::warning(path.clone(), message).help(help));
    }
    for (event, config) in events {
        let path = path.field(event);
        descriptor.validate(config, &path, problems);
    }
}

fn unknown(kind: &str, registry: &Registry, path: &FieldPath) -> Problem {
    let available: Vec<_> = registry.sources().iter().map(|found| found.kind).collect();
    if kinds::find(kind).is_some() {
        let message = format!("{kind} is a kind of event source that is not built yet");
        return Problem::error(path.clone(), message)
            .help(format!("built are: {}", available.join(", ")));
    }
    let problem = Problem::error(path.clone(), format!("{kind} is no kind of event source"));
    problem.help(format!("use one of: {}", available.join(", ")))
}

fn name_of(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "a boolean",
        Value::Number(_) => "a number",
        Value::String(_) => "a text",
        Value::Array(_) => "a list",
        Value::Object(_) => "an object",
    }
}

fn validate_names(source: &api::EventSource, spec: &FieldPath, problems: &mut Problems) {
    let mut first = BTreeMap::new();
    for (kind, event, config) in source.spec.events() {
        let path = spec.field(kind).field(event);
        if let Some(other) = first.insert(event, kind) {
            let message = format!("the event name {event:?} is used by {other}, too");
            let help = "names are unique across all kinds of an EventSource";
            problems.push(Problem::error(path.clone(), message).help(help));
        }
        if event.is_empty() || event.contains(|c: char| c.is_whitespace() || ".*>/".contains(c)) {
            let message = format!("the event name {event:?} cannot be used on every bus");
            let help = "use letters, digits, '-' and '_'";
            problems.push(Problem::warning(path.clone(), message).help(help));
        }
        if plan::expression(kind, config).is_none()
            && config.pointer("/filter/expression").is_some()
        {
            let message = "is empty, so nothing is filtered";
            problems.warning(path.field("filter").field("expression"), message);
        }
    }
}

/// The reference deploys both classes differently and refuses an object that has both.
fn validate_placement(
    source: &api::EventSource,
    registry: &Registry,
    spec: &FieldPath,
    problems: &mut Problems,
) {
    let of = |placement: Placement| {
        let mut kinds = source.spec.events().map(|(kind, ..)| kind);
        kinds.find(|kind| kinds::placement(kind, registry) == Some(placement))
    };
    if let (Some(replicated), Some(single)) = (of(Placement::Replicated), of(Placement::Single)) {
        let message = format!(
            "{replicated} runs on every replica and {single} on one, which one object cannot have both"
        );
        let help = format!("move {single} to an EventSource of its own");
        problems.push(Problem::error(spec.field(single), message).help(help));
    }
}

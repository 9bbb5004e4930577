//! Rules over all objects: names given twice, and references that lead nowhere.

use super::{Context, spec};
use crate::manifest::{
    Absent,
    conform::Selector,
    document::{Decoded, Document, Outcome},
    suggest,
};
use argo_events_core::{
    FieldPath, Problem, Problems, Severity,
    api::{self, Metadata},
};
use std::collections::BTreeMap;

/// Name of the EventBus that is meant when none is named.
const DEFAULT_BUS: &str = "default";

/// Checks what an object says about others.
pub(super) fn validate(
    document: &Document,
    outcome: &Outcome,
    context: &Context<'_>,
    problems: &mut Problems,
) {
    match &outcome.decoded {
        Some(Decoded::EventSource(source)) => {
            let all = context.manifests.event_sources.iter();
            unique(
                document,
                &source.metadata,
                all.map(|one| (&one.metadata, one.place().to_string())),
                problems,
            );
            bus(source.spec.event_bus_name.as_deref(), context, problems);
        }
        Some(Decoded::Sensor(sensor)) => {
            let all = context.manifests.sensors.iter();
            unique(
                document,
                &sensor.metadata,
                all.map(|one| (&one.metadata, one.place().to_string())),
                problems,
            );
            bus(sensor.spec.event_bus_name.as_deref(), context, problems);
            events(sensor, context, problems);
            streaming_pairs(sensor, context, problems);
        }
        Some(Decoded::EventBus(bus)) => {
            let all = context.manifests.buses.iter();
            unique(
                document,
                &bus.metadata,
                all.map(|one| (&one.metadata, one.place().to_string())),
                problems,
            );
        }
        Some(Decoded::Values(_)) | None => {}
    }
    for selector in &outcome.conformed.selectors {
        secret(selector, context, problems);
    }
}

/// Reports the second of two objects of one name.
fn unique<'a>(
    document: &Document,
    metadata: &Metadata,
    all: impl Iterator<Item = (&'a Metadata, String)>,
    problems: &mut Problems,
) {
    let here = document.origin.place(&FieldPath::root()).to_string();
    let mut same = all
        .filter(|(other, _)| other.name == metadata.name && other.namespace == metadata.namespace);
    if let Some((_, first)) = same.next().filter(|(_, place)| *place != here)
        && !metadata.name.is_empty()
    {
        let path = FieldPath::root().field("metadata").field("name");
        problems.error(
            path,
            format!("{} is there already, in {first}", document.origin.object),
        );
    }
}

/// Warns of an EventBus that is named, but not among the manifests, if others are.
fn bus(name: Option<&str>, context: &Context<'_>, problems: &mut Problems) {
    let Some(name) = name.filter(|name| *name != DEFAULT_BUS) else {
        return;
    };
    let mut known = context
        .manifests
        .buses
        .iter()
        .map(|bus| bus.metadata.name.as_str());
    if context.checks.absent == Absent::Ignored || known.clone().any(|known| known == name) {
        return;
    }
    if known.next().is_some() {
        let path = spec().field("eventBusName");
        let problem =
            Problem::warning(path, format!("no EventBus `{name}` is among the manifests"));
        let names = context
            .manifests
            .buses
            .iter()
            .map(|bus| bus.metadata.name.as_str());
        problems.push(with_help(problem, name, names));
    }
}

/// Warns of dependencies on events that no EventSource among the manifests has.
fn events(sensor: &api::Sensor, context: &Context<'_>, problems: &mut Problems) {
    let sources = &context.manifests.event_sources;
    if sources.is_empty() || context.checks.absent == Absent::Ignored {
        return;
    }
    for (index, dependency) in sensor.spec.dependencies.iter().enumerate() {
        let own = (
            dependency.event_source_name.clone(),
            dependency.event_name.clone(),
        );
        if own.0.is_empty() || own.1.is_empty() || context.checks.own_sources.contains(&own) {
            continue;
        }
        let path = spec().field("dependencies").index(index);
        let names = sources.iter().map(|source| source.metadata.name.as_str());
        let mut named = sources
            .iter()
            .filter(|source| source.metadata.name == own.0)
            .peekable();
        if named.peek().is_none() {
            let message = format!("no EventSource `{}` is among the manifests", own.0);
            let problem = Problem::warning(path.field("eventSourceName"), message);
            problems.push(with_help(problem, &own.0, names));
            continue;
        }
        let known: Vec<&str> = named
            .flat_map(|source| source.spec.events().map(|(_, event, _)| event))
            .collect();
        if !known.contains(&own.1.as_str()) {
            let message = format!("EventSource `{}` has no event `{}`", own.0, own.1);
            let problem = Problem::warning(path.field("eventName"), message);
            problems.push(with_help(problem, &own.1, known.iter().copied()));
        }
    }
}

fn with_help<'a>(
    problem: Problem,
    name: &str,
    known: impl Iterator<Item = &'a str> + Clone,
) -> Problem {
    match suggest::help(name, known) {
        Some(help) => problem.help(help),
        None => problem,
    }
}

/// On NATS Streaming an event can be depended on once.
fn streaming_pairs(sensor: &api::Sensor, context: &Context<'_>, problems: &mut Problems) {
    let name = sensor
        .spec
        .event_bus_name
        .as_deref()
        .filter(|name| !name.is_empty())
        .unwrap_or(DEFAULT_BUS);
    let mut buses = context.manifests.buses.iter();
    if !buses.any(|bus| bus.metadata.name == name && bus.spec.kinds.contains_key("nats")) {
        return;
    }
    let mut seen = BTreeMap::new();
    for (index, dependency) in sensor.spec.dependencies.iter().enumerate() {
        let event = (&dependency.event_source_name, &dependency.event_name);
        if let Some(first) = seen.insert(event, &dependency.name) {
            let path = spec().field("dependencies").index(index).field("eventName");
            let message =
                format!("`{first}` is the same event, which NATS Streaming delivers once");
            problems.error(path, message);
        }
    }
}

/// Reports a reference that names nothing, and a key of a Secret or a ConfigMap that is not here.
fn secret(selector: &Selector, context: &Context<'_>, problems: &mut Problems) {
    let (name, key) = (&selector.key.name, &selector.key.key);
    let kind = if selector.is_config {
        "ConfigMap"
    } else {
        "Secret"
    };
    if name.is_empty() || key.is_empty() {
        let problem = Problem::warning(selector.path.clone(), "refers to nothing");
        problems.push(problem.help(format!("give `name`, which is that of a {kind}, and `key`")));
        return;
    }
    let severity = match context.checks.absent {
        Absent::Ignored => return,
        Absent::Warned => Severity::Warning,
        Absent::Refused => Severity::Error,
    };
    let places = [
        Some(&context.manifests.secrets),
        context.checks.secrets.as_ref(),
    ];
    let is_there = places
        .into_iter()
        .flatten()
        .any(|secrets| match selector.is_config {
            true => secrets.has_config(&selector.key),
            false => secrets.has_secret(&selector.key),
        });
    if !is_there {
        let message = format!("there is no {kind} `{name}` with the key `{key}` here");
        let problem = Problem::new(severity, selector.path.clone(), message);
        problems.push(problem.help(format!(
            "add a {kind} to the manifests, or a file {name}/{key}"
        )));
    }
}

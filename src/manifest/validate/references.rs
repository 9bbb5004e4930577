//! Rules over all objects: names given twice, and references that lead nowhere.

use super::{Context, spec};
use crate::manifest::{
    Absent, LocalSecrets, Located,
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
    let manifests = context.manifests;
    match &outcome.decoded {
        Some(Decoded::EventSource(source)) => {
            unique(
                document,
                &source.metadata,
                &manifests.event_sources,
                problems,
            );
            bus(source.spec.event_bus_name.as_deref(), context, problems);
            routes(document, source, context, problems);
        }
        Some(Decoded::Sensor(sensor)) => {
            unique(document, &sensor.metadata, &manifests.sensors, problems);
            bus(sensor.spec.event_bus_name.as_deref(), context, problems);
            events(sensor, context, problems);
            streaming_pairs(sensor, context, problems);
        }
        Some(Decoded::EventBus(bus)) => unique(document, &bus.metadata, &manifests.buses, problems),
        Some(Decoded::Values(_)) | None => {}
    }
    for selector in &outcome.conformed.selectors {
        secret(selector, context, problems);
    }
}

/// Reports the second of two objects of one name.
fn unique<S>(
    document: &Document,
    metadata: &Metadata,
    all: &[Located<api::Object<S>>],
    problems: &mut Problems,
) {
    let here = document.origin.place(&FieldPath::root());
    let is_same = |other: &&Located<api::Object<S>>| {
        other.metadata.name == metadata.name && other.metadata.namespace == metadata.namespace
    };
    let first = all.iter().find(is_same).map(Located::place);
    if let Some(first) = first.filter(|first| *first != here && !metadata.name.is_empty()) {
        let path = FieldPath::root().field("metadata").field("name");
        problems.error(
            path,
            format!("{} is there already, in {first}", document.origin.object),
        );
    }
}

/// Reports the second of two events that are served at one port and path: nobody could tell them
/// apart. In a cluster, EventSources have ports of their own.
fn routes(
    document: &Document,
    source: &api::EventSource,
    context: &Context<'_>,
    problems: &mut Problems,
) {
    let here = document.origin.place(&FieldPath::root());
    let mut taken: BTreeMap<Route, (String, Severity)> = BTreeMap::new();
    let elsewhere = match context.checks.absent {
        Absent::Ignored => None,
        Absent::Warned => Some(Severity::Warning),
        Absent::Refused => Some(Severity::Error),
    };
    let before = context
        .manifests
        .event_sources
        .iter()
        .take_while(|other| other.place() != here);
    for (other, severity) in before.filter_map(|other| Some((other, elsewhere?))) {
        for (route, _, event) in routes_of(other) {
            taken
                .entry(route)
                .or_insert((format!("{}/{event}", other.metadata.name), severity));
        }
    }
    for (route, path, event) in routes_of(source) {
        match taken.get(&route) {
            Some((owner, severity)) => {
                let message = format!(
                    "{} on port {} is served for {owner} already",
                    route.1, route.0
                );
                let problem = Problem::new(*severity, path.field("endpoint"), message);
                problems.push(problem.help("choose another endpoint or port"));
            }
            None => {
                let owner = format!("{}/{event}", source.metadata.name);
                taken.insert(route, (owner, Severity::Error));
            }
        }
    }
}

/// Port, path and method.
type Route = (String, String, String);

/// Returns where the events of a source are served: at their own level, or below `webhook`.
fn routes_of(source: &api::EventSource) -> impl Iterator<Item = (Route, FieldPath, &str)> {
    source.spec.events().filter_map(|(kind, event, config)| {
        let path = spec().field(kind).field(event);
        let (config, path) = match config.get("webhook") {
            Some(inner) => (inner, path.field("webhook")),
            None => (config, path),
        };
        let text = |name: &str| config[name].as_str().unwrap_or_default();
        let port = text("port").trim_start_matches(':').to_owned();
        let endpoint = format!("/{}", text("endpoint").trim_start_matches('/'));
        let is_served = !port.is_empty() && !text("endpoint").is_empty();
        is_served.then(|| ((port, endpoint, text("method").to_owned()), path, event))
    })
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
        let variable = LocalSecrets::variable(&selector.key, selector.is_config);
        problems.push(problem.help(format!(
            "add a {kind} to the manifests, a file {name}/{key} to the folder of secrets, or set {variable}"
        )));
    }
}

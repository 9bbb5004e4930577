//! The object that a pod runs, decoded and checked as the command does it with manifests.
//!
//! The controller sends name, namespace and spec only. One event that is wrong does not keep the
//! others from running; a Sensor runs as a whole or not at all.

use crate::environment::{Environment, Fault};
use argo_events::{
    Manifests, Registry, api,
    core::{Severity, problem::Step},
    manifest::{Checks, Diagnostic},
};
use serde_json::{Value, json};
use std::collections::BTreeSet;

/// Decodes the EventSource. Events that cannot run are taken out of it and listed, with the reason.
pub(crate) fn event_source(
    environment: &Environment,
    registry: &Registry,
) -> Result<(api::EventSource, Vec<String>), Vec<Fault>> {
    let variable = "EVENTSOURCE_OBJECT";
    let (mut manifests, errors) = read(environment, variable, "EventSource", registry)?;
    let mut source = match manifests.event_sources.pop() {
        Some(source) => source.into_inner(),
        None => return Err(faults(variable, &errors)),
    };
    let (of_events, others): (Vec<_>, Vec<_>) = errors
        .into_iter()
        .partition(|error| event_of(error).is_some());
    if !others.is_empty() {
        return Err(faults(variable, &others));
    }
    let wrong: BTreeSet<_> = of_events.iter().filter_map(event_of).collect();
    for (kind, event) in wrong {
        let events = source
            .spec
            .kinds
            .get_mut(kind)
            .and_then(Value::as_object_mut);
        events.and_then(|events| events.remove(event));
    }
    if source.spec.events().next().is_none() {
        let nothing = Fault::of(variable, "has no event that can run");
        return Err(faults(variable, &of_events)
            .into_iter()
            .chain([nothing])
            .collect());
    }
    let invalid = |error: &Diagnostic| {
        let (_, event) = event_of(error)?;
        let (name, said) = (&source.metadata.name, said(error));
        Some(format!("source {name}/{event}: invalid: {said}"))
    };
    let invalid = of_events.iter().filter_map(invalid).collect();
    Ok((source, invalid))
}

/// Decodes the Sensor.
pub(crate) fn sensor(
    environment: &Environment,
    registry: &Registry,
) -> Result<api::Sensor, Vec<Fault>> {
    let variable = "SENSOR_OBJECT";
    let (mut manifests, errors) = read(environment, variable, "Sensor", registry)?;
    match manifests.sensors.pop() {
        Some(sensor) if errors.is_empty() => Ok(sensor.into_inner()),
        _ => Err(faults(variable, &errors)),
    }
}

/// Reads a variable and returns what is in it, with every error.
fn read(
    environment: &Environment,
    variable: &str,
    kind: &str,
    registry: &Registry,
) -> Result<(Manifests, Vec<Diagnostic>), Vec<Fault>> {
    let what = format!("the {kind} with its name, namespace and spec");
    let object = environment
        .object(variable, &what)
        .and_then(|object| whole(object, variable, kind))
        .map_err(|fault| vec![fault])?;
    let mut manifests = Manifests::from_text(variable, object.to_string());
    let mut errors = Vec::new();
    for found in manifests.check(registry, &Checks::of_a_part()) {
        match found.severity {
            Severity::Error => errors.push(found),
            Severity::Warning => tracing::warn!(place = %found.path, "{}", found.message),
        }
    }
    Ok((manifests, errors))
}

/// Adds what the controller leaves out, and leaves out what a pod has no use for.
fn whole(mut object: Value, variable: &str, kind: &str) -> Result<Value, Fault> {
    let fault = |what: String| Err(Fault::of(variable, what));
    if !object.is_object() {
        // What it holds instead may be a secret, and long.
        return fault("holds no object".to_owned());
    }
    let named = object["kind"].as_str().unwrap_or(kind);
    if named != kind {
        return fault(format!("holds an object of the kind `{named}`, not {kind}"));
    }
    let metadata = &object["metadata"];
    if metadata["name"].as_str().unwrap_or_default().is_empty() {
        return fault("has no metadata.name".to_owned());
    }
    let namespace = metadata["namespace"].as_str().unwrap_or_default();
    let metadata = json!({ "name": metadata["name"], "namespace": namespace });
    let spec = object["spec"].take();
    Ok(json!({ "apiVersion": api::API_VERSION, "kind": kind, "metadata": metadata, "spec": spec }))
}

/// Returns kind and name of the event that an error is about.
fn event_of(error: &Diagnostic) -> Option<(&str, &str)> {
    match error.path.steps() {
        [Step::Field(spec), Step::Field(kind), Step::Field(event), ..] if spec == "spec" => {
            Some((kind, event))
        }
        _ => None,
    }
}

fn faults(variable: &str, errors: &[Diagnostic]) -> Vec<Fault> {
    let errors = errors.iter();
    errors
        .map(|error| Fault::of(variable, format_args!("is wrong: {}", said(error))))
        .collect()
}

/// Says what is wrong in one line. Where in the text it is helps nobody: the text is a program's.
fn said(error: &Diagnostic) -> String {
    let quoted = error.excerpt.as_ref().map(|it| format!("`{}`: ", it.text));
    let help = error.help.as_ref().map(|help| format!("; {help}"));
    let (path, message) = (&error.path, &error.message);
    let (quoted, help) = (quoted.unwrap_or_default(), help.unwrap_or_default());
    format!("{path}: {quoted}{message}{help}")
}

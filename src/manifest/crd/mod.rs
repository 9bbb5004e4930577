//! Custom resource definitions of EventBus, EventSource and Sensor.
//!
//! Made from the schemas that manifests are checked with ([`schema`]), so that the API
//! server refuses early what `argo-events validate` would report: types, words, and what one object
//! proves by itself. Kinds and fields that are not known are kept. Group, names and subresources are
//! the reference's; parts of pods are left to Kubernetes, which keeps each definition small enough
//! for a plain `kubectl apply`.
//!
//! [`Coverage`] compares a definition with a JSON schema of the same kind, such as the reference's.

mod coverage;
mod rules;
mod status;
mod structural;
mod table;
mod yaml;

pub use coverage::Coverage;
pub use yaml::yaml;

use super::schema;
use argo_events_core::{Registry, api};
use argo_events_sensor::trigger;
use argo_events_sources::kinds;
use rules::Faults;
use serde_json::{Map, Value, json};

/// What the API server calls a kind.
#[derive(Debug)]
struct Names {
    kind: &'static str,
    plural: &'static str,
    singular: &'static str,
    short: &'static str,
    about: &'static str,
}

const NAMES: [Names; 3] = [
    Names {
        kind: "EventBus",
        plural: "eventbus",
        singular: "eventbus",
        short: "eb",
        about: "Carries events of a namespace from event sources to sensors.",
    },
    Names {
        kind: "EventSource",
        plural: "eventsources",
        singular: "eventsource",
        short: "es",
        about: "Takes events from elsewhere and puts them on the event bus.",
    },
    Names {
        kind: "Sensor",
        plural: "sensors",
        singular: "sensor",
        short: "sn",
        about: "Waits for events and acts when its conditions hold.",
    },
];

/// Returns the definitions of all kinds, with the kinds of a registry and those of the reference.
#[must_use]
pub fn definitions(registry: &Registry) -> Vec<Value> {
    NAMES
        .iter()
        .map(|names| definition(names, registry).0)
        .collect()
}

/// Returns the definition of one kind; `None` if there is no such kind.
///
/// ```
/// use argo_events::{BuiltinKinds as _, Registry, manifest::crd};
///
/// let sensor = crd::definition_of(&Registry::builtin(), "Sensor").unwrap();
/// assert_eq!(sensor["metadata"]["name"], "sensors.argoproj.io");
/// ```
#[must_use]
pub fn definition_of(registry: &Registry, kind: &str) -> Option<Value> {
    let names = NAMES.iter().find(|names| names.kind == kind)?;
    Some(definition(names, registry).0)
}

fn definition(names: &Names, registry: &Registry) -> (Value, Faults) {
    let (group, version) = api::API_VERSION
        .split_once('/')
        .expect("the version has a group");
    let (spec, faults) = spec(names.kind, registry);
    let list = format!("{}List", names.kind);
    let definition = json!({
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": format!("{}.{group}", names.plural)},
        "spec": {
            "group": group,
            "names": {
                "kind": names.kind,
                "listKind": list,
                "plural": names.plural,
                "singular": names.singular,
                "shortNames": [names.short],
            },
            "scope": "Namespaced",
            "versions": [{
                "name": version,
                "served": true,
                "storage": true,
                "subresources": {"status": {}},
                "additionalPrinterColumns": status::columns(names.kind),
                "schema": {"openAPIV3Schema": object(names, spec)},
            }],
        },
    });
    (definition, faults)
}

fn object(names: &Names, spec: Value) -> Value {
    json!({
        "type": "object",
        "description": names.about,
        "required": ["metadata", "spec"],
        "properties": {
            "apiVersion": {"type": "string", "description": "Version of this representation."},
            "kind": {"type": "string", "description": format!("Always {}.", names.kind)},
            "metadata": {"type": "object"},
            "spec": spec,
            "status": status::schema(names.kind),
        },
    })
}

/// Returns the schema of `spec`, and what is wrong with its rules.
fn spec(kind: &str, registry: &Registry) -> (Value, Faults) {
    let mut faults = Faults::new();
    let whole = match kind {
        "EventBus" => schema::event_bus(registry),
        "EventSource" => schema::event_source(registry),
        _ => schema::sensor(registry),
    };
    let mut spec = structural::structural(&whole, &mut faults)["properties"]["spec"].take();
    match kind {
        "EventSource" => sources(&mut spec, &mut faults),
        "Sensor" => triggers(&mut spec, &mut faults),
        _ => {}
    }
    structural::refuse_null(&mut spec);
    (spec, faults)
}

fn sources(spec: &mut Value, faults: &mut Faults) {
    let properties = properties(spec);
    for kind in kinds::ALL {
        let events = properties
            .entry(kind.key)
            .or_insert_with(|| json!({"type": "object"}));
        let event = &events["additionalProperties"];
        if !event.is_object() || structural::is_opaque(event) {
            let event = table::source(kind.key).unwrap_or_else(structural::opaque);
            *events = json!({"type": "object", "additionalProperties": event});
        }
        events["description"] = format!("Events of kind {}, by name.", kind.key).into();
        rules::of_source(kind.key, &mut events["additionalProperties"], faults);
    }
    rules::of_placements(spec);
}

fn triggers(spec: &mut Value, faults: &mut Faults) {
    let template = &mut spec["properties"]["triggers"]["items"]["properties"]["template"];
    let properties = properties(template);
    for descriptor in trigger::descriptors() {
        let kind = descriptor.kind;
        let config = properties.entry(kind).or_insert_with(structural::opaque);
        if structural::is_opaque(config) {
            *config = table::trigger(kind).unwrap_or_else(structural::opaque);
            config["description"] = format!("A trigger of kind {kind}.").into();
        }
        rules::of_trigger(kind, config, faults);
    }
}

fn properties(schema: &mut Value) -> &mut Map<String, Value> {
    if !schema["properties"].is_object() {
        schema["properties"] = Value::Object(Map::new());
    }
    schema["properties"]
        .as_object_mut()
        .expect("it was made one")
}

#[cfg(test)]
mod tests;

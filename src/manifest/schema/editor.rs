//! Schemas for editors: of one kind of object, or of whatever a manifest may hold.
//!
//! They are the schemas that manifests are checked with, and stricter in one thing: a field that is
//! not known is marked, since an editor has no other way to say it.

use super::{event_bus, event_source, sensor};
use argo_events_core::{Registry, api};
use serde_json::{Map, Value, json};

/// The draft that editors understand best; nothing of a later one is used.
const DRAFT: &str = "http://json-schema.org/draft-07/schema#";
const REFERENCE: &str = "#/$defs/";

/// Makes the schema of one kind of object, with the kinds of a registry.
type Make = fn(&Registry) -> Value;
const OBJECTS: [(&str, Make); 3] = [
    ("EventBus", event_bus),
    ("EventSource", event_source),
    ("Sensor", sensor),
];

/// Returns the schema of one kind of object for editors; `None` if there is no such kind.
#[must_use]
pub fn editor_of(registry: &Registry, kind: &str) -> Option<Value> {
    let (kind, make) = OBJECTS.into_iter().find(|(name, _)| *name == kind)?;
    Some(headed(kind, object(registry, kind, make)))
}

/// Returns one schema for editors of all kinds of objects; what it does not know, it lets be.
///
/// ```
/// use argo_events::{BuiltinKinds as _, Registry, manifest::schema};
///
/// let schema = schema::editor(&Registry::builtin());
/// let source = &schema["$defs"]["EventSource.EventSourceSpec"]["properties"];
/// assert!(source["webhook"]["additionalProperties"].is_object());
/// ```
#[must_use]
pub fn editor(registry: &Registry) -> Value {
    let (mut definitions, mut cases) = (Map::new(), Vec::new());
    for (kind, make) in OBJECTS {
        let mut schema = object(registry, kind, make);
        prefix(&mut schema, kind);
        if let Some(Value::Object(own)) = schema.as_object_mut().and_then(|it| it.remove("$defs")) {
            let own = own.into_iter();
            definitions.extend(own.map(|(name, schema)| (format!("{kind}.{name}"), schema)));
        }
        definitions.insert(kind.to_owned(), schema);
        // Another group may have a kind of that name.
        let is_it = json!({
            "properties": {"kind": {"const": kind}, "apiVersion": {"const": api::API_VERSION}},
            "required": ["kind", "apiVersion"],
        });
        cases.push(json!({"if": is_it, "then": {"$ref": format!("{REFERENCE}{kind}")}}));
    }
    let all = json!({"type": "object", "allOf": cases, "$defs": definitions});
    headed("EventBus, EventSource or Sensor", all)
}

fn headed(title: &str, schema: Value) -> Value {
    let mut headed = Map::new();
    headed.insert("$schema".to_owned(), DRAFT.into());
    headed.insert("title".to_owned(), format!("{title} of Argo Events").into());
    if let Value::Object(schema) = schema {
        headed.extend(schema);
    }
    headed.into()
}

fn object(registry: &Registry, kind: &str, make: Make) -> Value {
    let mut schema = make(registry);
    schema["properties"]["apiVersion"] = json!({"const": api::API_VERSION});
    schema["properties"]["kind"] = json!({"const": kind});
    tighten(&mut schema);
    schema
}

/// Refuses unknown fields wherever all that are known are listed, and drops notes of our own.
fn tighten(schema: &mut Value) {
    if let Value::Object(members) = schema {
        let elsewhere = [
            "additionalProperties",
            "allOf",
            "anyOf",
            "oneOf",
            "$ref",
            "x-kubernetes-preserve-unknown-fields",
        ];
        let is_complete = members.get("properties").is_some_and(Value::is_object)
            && !elsewhere
                .iter()
                .any(|keyword| members.contains_key(*keyword));
        if is_complete {
            members.insert("additionalProperties".to_owned(), false.into());
        }
        members.retain(|keyword, _| !keyword.starts_with("x-"));
    }
    each(schema, &mut tighten);
}

/// Renames references, so that definitions of several objects lie side by side.
fn prefix(schema: &mut Value, kind: &str) {
    if let Some(Value::String(reference)) = schema.get_mut("$ref")
        && let Some(name) = reference.strip_prefix(REFERENCE)
    {
        *reference = format!("{REFERENCE}{kind}.{name}");
    }
    each(schema, &mut |part| prefix(part, kind));
}

/// Visits the parts of a schema. Schemas of types are not deep.
fn each(schema: &mut Value, visit: &mut dyn FnMut(&mut Value)) {
    match schema {
        Value::Object(members) => members.values_mut().for_each(visit),
        Value::Array(items) => items.iter_mut().for_each(visit),
        _ => {}
    }
}

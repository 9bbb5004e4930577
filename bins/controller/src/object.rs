//! Reading objects of the API server, which are JSON here.

use serde_json::{Map, Value, json};

/// Returns `metadata.name`.
pub fn name(object: &Value) -> &str {
    object["metadata"]["name"].as_str().unwrap_or_default()
}

/// Returns `metadata.namespace`.
pub fn namespace(object: &Value) -> &str {
    object["metadata"]["namespace"].as_str().unwrap_or_default()
}

/// Returns `metadata.uid`.
pub fn uid(object: &Value) -> &str {
    object["metadata"]["uid"].as_str().unwrap_or_default()
}

/// Returns `metadata.generation`, if there is one.
pub fn generation(object: &Value) -> Option<i64> {
    object["metadata"]["generation"].as_i64()
}

/// Tells whether an object is being deleted.
pub fn is_deleting(object: &Value) -> bool {
    object["metadata"]["deletionTimestamp"].is_string()
}

/// Returns the value of an annotation.
pub fn annotation<'a>(object: &'a Value, key: &str) -> Option<&'a str> {
    object["metadata"]["annotations"][key].as_str()
}

/// Tells whether an object has a finalizer.
pub fn has_finalizer(object: &Value, finalizer: &str) -> bool {
    let finalizers = object["metadata"]["finalizers"].as_array();
    finalizers.is_some_and(|list| list.iter().any(|one| one == finalizer))
}

/// Tells whether a pod of a Deployment or a StatefulSet is ready that is made as asked for now.
///
/// The status does not say which pods are ready: one is new when more are ready than are old.
pub(crate) fn has_current_pods(workload: &Value) -> bool {
    let status = &workload["status"];
    let count = |field: &str| status[field].as_i64().unwrap_or(0);
    let is_observed = generation(workload)
        .is_some_and(|generation| status["observedGeneration"].as_i64() == Some(generation));
    let updated = count("updatedReplicas");
    let old = (count("replicas") - updated).max(0);
    is_observed && updated > 0 && count("readyReplicas") > old
}

/// Returns the name of the EventBus that an EventSource or a Sensor refers to.
pub fn bus_name(object: &Value) -> &str {
    match object["spec"]["eventBusName"].as_str() {
        None | Some("") => "default",
        Some(name) => name,
    }
}

/// Returns the kind of an object.
pub fn kind(object: &Value) -> &str {
    object["kind"].as_str().unwrap_or_default()
}

/// Whose a child is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ownership {
    /// The owner's.
    Ours,
    /// Nobody's, or that of an earlier object of the owner's kind and name, as after a restore.
    Adoptable,
    /// Somebody else's.
    Foreign,
}

/// Tells whose a child is.
pub fn ownership(child: &Value, owner: &Value) -> Ownership {
    let references = child["metadata"]["ownerReferences"].as_array();
    let controller = references
        .into_iter()
        .flatten()
        .find(|one| one["controller"] == true);
    match controller {
        None => Ownership::Adoptable,
        Some(one) if one["uid"] == uid(owner) => Ownership::Ours,
        Some(one) if one["kind"] == kind(owner) && one["name"] == name(owner) => {
            Ownership::Adoptable
        }
        Some(_) => Ownership::Foreign,
    }
}

/// Tells whether an object carries labels.
pub fn has_labels(object: &Value, labels: &Map<String, Value>) -> bool {
    labels
        .iter()
        .all(|(key, value)| object["metadata"]["labels"][key] == *value)
}

/// Returns the metadata of a child: name, labels and its owner.
pub(crate) fn child_metadata(owner: &Value, name: &str, labels: Map<String, Value>) -> Value {
    json!({
        "name": name,
        "namespace": namespace(owner),
        "labels": labels,
        "ownerReferences": [{
            "apiVersion": argo_events_core::api::API_VERSION,
            "kind": kind(owner),
            "name": self::name(owner),
            "uid": uid(owner),
            "controller": true,
            "blockOwnerDeletion": true,
        }],
    })
}

/// Returns the maps of texts laid over each other, the last one winning.
pub(crate) fn overlaid<const N: usize>(maps: [&Value; N]) -> Map<String, Value> {
    let members = maps.into_iter().filter_map(Value::as_object).flatten();
    members
        .map(|(key, value)| (key.clone(), value.clone()))
        .collect()
}

/// Copies members of one object into another, under their names, where they say anything.
pub(crate) fn copy(from: &Value, names: &[&str], into: &mut Value) {
    for name in names {
        if !is_empty(&from[name]) {
            into[*name] = from[name].clone();
        }
    }
}

/// Tells whether a value says nothing: null, or a list, an object or a text with nothing in it.
pub(crate) fn is_empty(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::String(text) => text.is_empty(),
        Value::Array(list) => list.is_empty(),
        Value::Object(members) => members.is_empty(),
        Value::Bool(_) | Value::Number(_) => false,
    }
}

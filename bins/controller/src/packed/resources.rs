//! Builds what runs a group: ConfigMaps with its objects, and one Deployment.

use super::{DIRECTORY_VARIABLE, Group};
use crate::{
    Settings, children, compare,
    mounts::{self, Mount, References},
    object,
    workload::resources as pods,
};
use serde_json::{Map, Value, json};

/// Folder of the objects' files.
const FOLDER: &str = "/etc/argo-events/packed";
/// Annotation of the pods: the hash of their objects, so that a change restarts them. ConfigMaps have
/// it, too: where it is another, the pods are not yet of these files.
const OBJECTS_HASH: &str = "events.argoproj.io/object-hash";
/// How much of a ConfigMap's 1 MiB is filled with objects.
pub(super) const FULL: usize = 900 * 1024;

/// Files by name.
pub(super) type Files = Map<String, Value>;

/// Returns the name of an object's file.
pub(super) fn file_name(object: &Value) -> String {
    format!("{}.json", object::name(object))
}

/// Builds the ConfigMaps: as few as hold the files.
pub(super) fn config_maps(group: &Group, bus: &Value, files: &Files) -> Vec<Value> {
    let mut filled = vec![Files::new()];
    let mut size = 0;
    for (name, text) in files {
        let length = name.len() + text.as_str().map_or(0, str::len);
        if size + length > FULL && size > 0 {
            filled.push(Files::new());
            size = 0;
        }
        size += length;
        let last = filled.last_mut().expect("there is one from the beginning");
        last.insert(name.clone(), text.clone());
    }
    let hash = hash(files);
    let maps = filled.into_iter().enumerate();
    maps.map(|(index, data)| config_map(group, bus, index, data, &hash))
        .collect()
}

fn config_map(group: &Group, bus: &Value, index: usize, data: Files, hash: &str) -> Value {
    let name = format!("{}-{index}", group.name());
    let mut metadata = metadata(group, bus, &name);
    metadata["annotations"][OBJECTS_HASH] = json!(hash);
    children::marked(json!({
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": metadata,
        "data": data,
    }))
}

fn hash(files: &Files) -> String {
    compare::hash(&Value::Object(files.clone()))
}

/// Returns the Deployment of a group once its pods are told to run an object as it is now: it and
/// the ConfigMap with the object were made of the same objects.
pub(crate) fn holder<'a>(
    group: &Group,
    children: &'a [Value],
    object: &Value,
) -> Option<&'a Value> {
    let deployment = children::find(children, "Deployment", &group.name())
        .filter(|found| !object::is_deleting(found))?;
    let pods = object::annotation(&deployment["spec"]["template"], OBJECTS_HASH)?;
    let (name, text) = (file_name(object), pods::bare(object).to_string());
    let is_held = children.iter().any(|child| {
        object::kind(child) == "ConfigMap"
            && child["data"][&name] == text
            && object::annotation(child, OBJECTS_HASH) == Some(pods)
    });
    is_held.then_some(deployment)
}

/// Builds the Deployment.
///
/// # Errors
/// What keeps the group from running, for people.
pub(super) fn deployment(
    group: &Group,
    bus: &Value,
    files: &Files,
    maps: &[Value],
    settings: &Settings,
) -> Result<Value, String> {
    let config = pods::bus_config(bus)?;
    let mut references = References::default();
    for text in files.values() {
        let object: Value = serde_json::from_str(text.as_str().unwrap_or_default())
            .map_err(|error| format!("a file of the group is no JSON: {error}"))?;
        references.extend(pods::references(&object["spec"], bus));
    }
    let mut mounts = mounts::all(&references, config);
    mounts.push(objects(maps));
    let mut variables = vec![json!({ "name": DIRECTORY_VARIABLE, "value": FOLDER })];
    let owner = json!({ "metadata": { "namespace": group.namespace } });
    variables.extend(pods::environment(&owner, config));
    let mut template = json!({});
    if !group.service_account.is_empty() {
        template["serviceAccountName"] = json!(group.service_account);
    }
    let pod = pods::pod(group.flavour(), &template, settings)
        .annotated(json!({ OBJECTS_HASH: hash(files) }))
        .running(variables, &mounts, false)
        .render(group.labels());
    Ok(children::marked(json!({
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": metadata(group, bus, &group.name()),
        "spec": {
            "replicas": 1,
            "selector": { "matchLabels": group.labels() },
            "template": pod,
        },
    })))
}

fn objects(maps: &[Value]) -> Mount {
    let sources: Vec<Value> = maps
        .iter()
        .map(|map| json!({ "configMap": { "name": object::name(map) } }))
        .collect();
    Mount {
        volume: json!({ "name": "packed-objects", "projected": { "sources": sources } }),
        path: FOLDER.to_owned(),
        read_only: true,
    }
}

/// Returns the metadata of a child. It goes with its EventBus at the latest, without which it is
/// nothing; no one object owns it.
fn metadata(group: &Group, bus: &Value, name: &str) -> Value {
    json!({
        "name": name,
        "namespace": group.namespace,
        "labels": group.labels(),
        "annotations": group.annotations(),
        "ownerReferences": [{
            "apiVersion": argo_events_core::api::API_VERSION,
            "kind": "EventBus",
            "name": object::name(bus),
            "uid": object::uid(bus),
            "controller": false,
            "blockOwnerDeletion": false,
        }],
    })
}

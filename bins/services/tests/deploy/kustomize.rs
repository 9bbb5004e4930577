//! Builds a folder as `kubectl kustomize` does, as far as these manifests use it: resources, a namespace, and
//! patches that add to a list.

use crate::objects::{deploy, read, texts};
use serde_json::Value;
use std::path::Path;

/// Kinds without a namespace.
const OF_THE_CLUSTER: &[&str] = &[
    "ClusterRole",
    "ClusterRoleBinding",
    "CustomResourceDefinition",
    "ValidatingWebhookConfiguration",
];

/// Builds a folder below `deploy`.
pub(crate) fn build(folder: &str) -> Vec<Value> {
    at(&deploy(folder))
}

fn at(folder: &Path) -> Vec<Value> {
    let kustomization = read(&folder.join("kustomization.yaml")).remove(0);
    only_known(&kustomization, folder);
    let resources = texts(&kustomization["resources"]).into_iter();
    let mut objects: Vec<Value> = resources
        .map(|name| folder.join(name))
        .flat_map(|path| {
            if path.is_dir() {
                at(&path)
            } else {
                read(&path)
            }
        })
        .collect();
    if let Some(namespace) = kustomization["namespace"].as_str() {
        move_to(namespace, &mut objects);
    }
    for patch in kustomization["patches"].as_array().into_iter().flatten() {
        apply(patch, &mut objects);
    }
    objects
}

/// What is not built here must not be used there.
fn only_known(kustomization: &Value, folder: &Path) {
    const KNOWN: &[&str] = &["apiVersion", "kind", "namespace", "patches", "resources"];
    for member in kustomization.as_object().unwrap().keys() {
        let is_known = KNOWN.contains(&member.as_str());
        assert!(is_known, "{}: {member} is not known", folder.display());
    }
}

fn move_to(namespace: &str, objects: &mut [Value]) {
    for object in objects {
        let kind = object["kind"].as_str().unwrap_or_default();
        if !OF_THE_CLUSTER.contains(&kind) {
            object["metadata"]["namespace"] = namespace.into();
        }
        let subjects = object.get_mut("subjects").and_then(Value::as_array_mut);
        for subject in subjects.into_iter().flatten() {
            subject["namespace"] = namespace.into();
        }
    }
}

fn apply(patch: &Value, objects: &mut [Value]) {
    let target = &patch["target"];
    let is_meant =
        |it: &&mut Value| it["kind"] == target["kind"] && it["metadata"]["name"] == target["name"];
    let object = objects.iter_mut().find(is_meant);
    let object = object.unwrap_or_else(|| panic!("{target} is not there to be patched"));
    let operations = argo_events::manifest::value_of(patch["patch"].as_str().unwrap()).unwrap();
    for operation in operations.as_array().unwrap() {
        let path = operation["path"].as_str().unwrap();
        let list = path.strip_suffix("/-").expect("patches add to lists");
        assert_eq!(operation["op"], "add");
        let list = object.pointer_mut(list).and_then(Value::as_array_mut);
        list.unwrap().push(operation["value"].clone());
    }
}

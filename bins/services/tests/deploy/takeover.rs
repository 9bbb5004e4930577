//! The objects of the reference's install become ours: a name that differs would leave both at work.

use crate::{
    kustomize,
    objects::{by_identity, identity},
};
use serde_json::json;

/// What an install of the reference consists of, beside the CRDs.
const CLUSTER: &[(&str, &str)] = &[
    ("ServiceAccount", "argo-events-sa"),
    ("ConfigMap", "argo-events-controller-config"),
    ("Deployment", "controller-manager"),
    ("ClusterRole", "argo-events-role"),
    ("ClusterRole", "argo-events-aggregate-to-admin"),
    ("ClusterRole", "argo-events-aggregate-to-edit"),
    ("ClusterRole", "argo-events-aggregate-to-view"),
    ("ClusterRoleBinding", "argo-events-binding"),
];
const NAMESPACE: &[(&str, &str)] = &[
    ("ServiceAccount", "argo-events-sa"),
    ("ConfigMap", "argo-events-controller-config"),
    ("Deployment", "controller-manager"),
    ("Role", "argo-events-role"),
    ("RoleBinding", "argo-events-role-binding"),
];
const WEBHOOK: &[(&str, &str)] = &[
    ("ServiceAccount", "argo-events-webhook-sa"),
    ("ClusterRole", "argo-events-webhook"),
    ("ClusterRoleBinding", "argo-events-webhook-binding"),
    ("Service", "events-webhook"),
    ("Deployment", "events-webhook"),
];

#[test]
fn every_object_of_the_reference_is_replaced_by_ours() {
    for (folder, names) in [
        ("cluster-install", CLUSTER),
        ("namespace-install", NAMESPACE),
        ("webhook", WEBHOOK),
    ] {
        let objects = kustomize::build(folder);
        for (kind, name) in names {
            let mut all = objects.iter().map(identity);
            let is_there = all.any(|(its, _, called)| (&*its, &*called) == (*kind, *name));
            assert!(is_there, "{folder} has no {kind} {name}");
        }
    }
}

#[test]
fn what_cannot_be_changed_is_as_the_reference_made_it() {
    let folders = ["cluster-install", "webhook"];
    let objects = folders.iter().flat_map(|it| kustomize::build(it)).collect();
    let objects = by_identity(objects);
    let find = |kind: &str, namespace: &str, name: &str| {
        &objects[&(kind.to_owned(), namespace.to_owned(), name.to_owned())]
    };
    for app in ["controller-manager", "events-webhook"] {
        let deployment = find("Deployment", "argo-events", app);
        assert_eq!(
            deployment["spec"]["selector"],
            json!({ "matchLabels": { "app": app } })
        );
    }
    for (binding, role) in [
        ("argo-events-binding", "argo-events-role"),
        ("argo-events-webhook-binding", "argo-events-webhook"),
    ] {
        let binding = find("ClusterRoleBinding", "", binding);
        assert_eq!(binding["roleRef"]["kind"], "ClusterRole");
        assert_eq!(binding["roleRef"]["name"], *role);
    }
}

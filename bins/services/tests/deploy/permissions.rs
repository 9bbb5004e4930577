//! The roles allow the calls that the programs make, and no others.
//!
//! The tables below are the calls, each with its reason. A call that is added to a program is added here, and
//! then to the roles; a permission that no call needs fails the test as one that is missing does.

use crate::{
    kustomize,
    objects::{of_kind, texts},
};
use serde_json::Value;
use std::collections::BTreeSet;

/// A permission: group, resource, the name it is limited to (empty for any), and verb.
type Permission = (String, String, String, String);

/// Calls about a resource: group, resource, name, verbs.
type Calls = (
    &'static str,
    &'static str,
    &'static str,
    &'static [&'static str],
);

/// What is done with the children of objects: they are watched, made, replaced and removed.
const CHILD: &[&str] = &["get", "list", "watch", "create", "update", "delete"];

/// Of the controller, where the objects are.
const CONTROLLER: &[Calls] = &[
    // Watched; a finalizer is added and removed by a patch.
    (
        "argoproj.io",
        "eventbus",
        "",
        &["get", "list", "watch", "patch"],
    ),
    (
        "argoproj.io",
        "eventsources",
        "",
        &["get", "list", "watch", "patch"],
    ),
    (
        "argoproj.io",
        "sensors",
        "",
        &["get", "list", "watch", "patch"],
    ),
    ("argoproj.io", "eventbus/status", "", &["patch"]),
    ("argoproj.io", "eventsources/status", "", &["patch"]),
    ("argoproj.io", "sensors/status", "", &["patch"]),
    // No call: whoever sets `blockOwnerDeletion` must be allowed to, where the cluster checks it.
    ("argoproj.io", "eventbus/finalizers", "", &["update"]),
    ("argoproj.io", "eventsources/finalizers", "", &["update"]),
    ("argoproj.io", "sensors/finalizers", "", &["update"]),
    ("apps", "deployments", "", CHILD),
    ("apps", "statefulsets", "", CHILD),
    ("", "configmaps", "", CHILD),
    ("", "services", "", CHILD),
    // Those of a bus, when it goes.
    ("", "persistentvolumeclaims", "", &["list", "delete"]),
    ("", "events", "", &["create"]),
];

/// Of the controller, where the buses are that it sets up.
const SECRETS: &[Calls] = &[("", "secrets", "", &["get", "create", "update"])];

/// Of the controller, in its own namespace: the election.
const ELECTION: &[Calls] = &[
    ("coordination.k8s.io", "leases", "", &["create"]),
    (
        "coordination.k8s.io",
        "leases",
        "argo-events-controller",
        &["get", "update"],
    ),
];

/// Of the webhook, in the cluster: it registers itself, as a part of its role, and looks buses up.
const WEBHOOK: &[Calls] = &[
    (
        "admissionregistration.k8s.io",
        "validatingwebhookconfigurations",
        "",
        &["create"],
    ),
    (
        "admissionregistration.k8s.io",
        "validatingwebhookconfigurations",
        "webhook.argo-events.argoproj.io",
        &["get", "update"],
    ),
    (
        "rbac.authorization.k8s.io",
        "clusterroles",
        "argo-events-webhook",
        &["get"],
    ),
    // No call, as above: the owners of its Secret and of its registration.
    (
        "rbac.authorization.k8s.io",
        "clusterroles/finalizers",
        "argo-events-webhook",
        &["update"],
    ),
    ("argoproj.io", "eventbus", "", &["get"]),
];

/// Of the webhook, in its own namespace: its certificate, as a part of its Deployment.
const CERTIFICATE: &[Calls] = &[
    ("", "secrets", "", &["create"]),
    ("", "secrets", "events-webhook-certs", &["get", "update"]),
    ("apps", "deployments", "events-webhook", &["get"]),
    (
        "apps",
        "deployments/finalizers",
        "events-webhook",
        &["update"],
    ),
];

fn permission(group: &str, resource: &str, name: &str, verb: &str) -> Permission {
    let [group, resource, name, verb] = [group, resource, name, verb].map(str::to_owned);
    (group, resource, name, verb)
}

fn permissions(tables: &[&[Calls]]) -> BTreeSet<Permission> {
    let mut all = BTreeSet::new();
    for (group, resource, name, verbs) in tables.iter().copied().flatten() {
        for verb in *verbs {
            all.insert(permission(group, resource, name, verb));
        }
    }
    all
}

/// Collects what the roles of some kind grant to a service account.
fn granted(objects: &[Value], account: &str, kinds: &[&str]) -> BTreeSet<Permission> {
    let mut granted = BTreeSet::new();
    let bindings = objects.iter().filter(|it| it["roleRef"].is_object());
    for binding in bindings.filter(|it| it["subjects"][0]["name"] == account) {
        let role = &binding["roleRef"];
        let is_meant =
            |it: &&Value| it["kind"] == role["kind"] && it["metadata"]["name"] == role["name"];
        let role = objects.iter().find(is_meant).unwrap();
        if kinds.contains(&role["kind"].as_str().unwrap()) {
            for rule in role["rules"].as_array().unwrap() {
                granted.extend(of_rule(rule));
            }
        }
    }
    granted
}

fn of_rule(rule: &Value) -> Vec<Permission> {
    let lists = ["apiGroups", "resources", "verbs"].map(|it| texts(&rule[it]));
    let [groups, resources, verbs] = lists;
    let mut names = texts(&rule["resourceNames"]);
    if names.is_empty() {
        names.push("");
    }
    let mut all = Vec::new();
    for group in groups {
        for resource in &resources {
            for name in &names {
                let made = verbs.iter();
                all.extend(made.map(|verb| permission(group, resource, name, verb)));
            }
        }
    }
    all
}

fn same(granted: BTreeSet<Permission>, tables: &[&[Calls]]) {
    let needed = permissions(tables);
    let missing: Vec<_> = needed.difference(&granted).collect();
    let unneeded: Vec<_> = granted.difference(&needed).collect();
    assert!(missing.is_empty(), "not granted: {missing:#?}");
    assert!(
        unneeded.is_empty(),
        "granted, but no call needs it: {unneeded:#?}"
    );
}

#[test]
fn the_controller_of_a_cluster_may_do_what_it_does_and_no_more() {
    let objects = kustomize::build("cluster-install");
    same(
        granted(&objects, "argo-events-sa", &["ClusterRole"]),
        &[CONTROLLER, SECRETS],
    );
    same(granted(&objects, "argo-events-sa", &["Role"]), &[ELECTION]);
}

#[test]
fn the_controller_of_a_namespace_needs_nothing_beyond_it() {
    let objects = kustomize::build("namespace-install");
    same(
        granted(&objects, "argo-events-sa", &["Role", "ClusterRole"]),
        &[CONTROLLER, SECRETS, ELECTION],
    );
    assert!(of_kind(&objects, "ClusterRole").is_empty());
    assert!(of_kind(&objects, "ClusterRoleBinding").is_empty());
}

#[test]
fn the_webhook_may_do_what_it_does_and_no_more() {
    let objects = kustomize::build("webhook");
    let account = "argo-events-webhook-sa";
    same(granted(&objects, account, &["ClusterRole"]), &[WEBHOOK]);
    same(granted(&objects, account, &["Role"]), &[CERTIFICATE]);
}

#[test]
fn no_role_grants_everything_of_something() {
    let folders = ["cluster-install", "namespace-install", "webhook", "pods"];
    for object in folders.iter().flat_map(|it| kustomize::build(it)) {
        for rule in object["rules"].as_array().into_iter().flatten() {
            let lists = ["apiGroups", "resources", "verbs"].map(|it| texts(&rule[it]));
            let name = &object["metadata"]["name"];
            assert!(!lists.concat().contains(&"*"), "{name}: {rule}");
        }
    }
}

#[test]
fn who_may_view_can_change_nothing() {
    let objects = kustomize::build("roles");
    let find = |name: &str| {
        let mut roles = of_kind(&objects, "ClusterRole").into_iter();
        roles.find(|it| it["metadata"]["name"] == name).unwrap()
    };
    for rule in find("argo-events-aggregate-to-view")["rules"]
        .as_array()
        .unwrap()
    {
        for verb in texts(&rule["verbs"]) {
            assert!(["get", "list", "watch"].contains(&verb), "{verb}");
        }
    }
    for name in ["edit", "admin"] {
        let role = find(&format!("argo-events-aggregate-to-{name}"));
        let label = format!("rbac.authorization.k8s.io/aggregate-to-{name}");
        assert_eq!(role["metadata"]["labels"][label], "true");
        for rule in role["rules"].as_array().unwrap() {
            let is_status = texts(&rule["resources"])
                .iter()
                .any(|it| it.ends_with("/status"));
            assert!(
                !is_status || texts(&rule["verbs"]) == ["get"],
                "only the controller writes a status"
            );
        }
    }
}

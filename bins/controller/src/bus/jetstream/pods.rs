//! Builds the StatefulSet: servers, each with a container that reloads its configuration and one
//! that serves metrics.

use super::{
    Names,
    resources::{
        CLIENT, CLUSTER, CONFIG_FOLDER, CONFIG_KEY, METRICS, MONITOR, PID_FILE, is_clustered,
    },
    servers,
};
use crate::{config::Version, object};
use serde_json::{Value, json};

/// File with the servers' configuration.
const CONFIG_FILE: &str = "nats-js.conf";
/// Annotation of pods that are restarted because servers form a cluster now, or no longer do:
/// no server learns that from a file while it runs.
const MODE: &str = "events.argoproj.io/cluster-mode";
/// Annotation of pods that are restarted because their certificates are new.
const CERTIFICATES: &str = "events.argoproj.io/certificates-renewed";

/// Builds the StatefulSet; `existing` is the one there is, `renewed` when certificates were made anew.
pub(super) fn stateful_set(
    bus: &Value,
    version: &Version,
    existing: Option<&Value>,
    renewed: Option<&str>,
) -> Value {
    let names = Names::of(object::name(bus));
    let labels = object::overlaid([&bus["metadata"]["labels"], &names.labels().into()]);
    let mut spec = json!({
        "replicas": servers(bus),
        "serviceName": names.service(),
        "podManagementPolicy": "Parallel",
        "selector": { "matchLabels": names.labels() },
        "template": pod(bus, version, annotations(bus, existing, renewed)),
    });
    if let Some(claim) = claim(bus) {
        spec["volumeClaimTemplates"] = json!([claim]);
    }
    json!({
        "apiVersion": "apps/v1",
        "kind": "StatefulSet",
        "metadata": object::child_metadata(bus, &names.stateful_set(), labels),
        "spec": spec,
    })
}

fn annotations(bus: &Value, existing: Option<&Value>, renewed: Option<&str>) -> Value {
    let mut annotations = json!({});
    if let Some(renewed) = renewed {
        annotations[CERTIFICATES] = json!(renewed);
    }
    let Some(spec) = existing.map(|existing| &existing["spec"]) else {
        return annotations;
    };
    let mode = &spec["template"]["metadata"]["annotations"][MODE];
    let was_clustered = spec["replicas"].as_i64().is_some_and(|count| count > 2);
    if was_clustered != is_clustered(bus) {
        let now = if is_clustered(bus) {
            "cluster"
        } else {
            "alone"
        };
        annotations[MODE] = json!(now);
    } else if mode.is_string() {
        annotations[MODE] = mode.clone();
    }
    annotations
}

fn pod(bus: &Value, version: &Version, annotations: Value) -> Value {
    let spec = &bus["spec"]["jetstream"];
    let names = Names::of(object::name(bus));
    let users = &spec["metadata"];
    let mut metadata =
        json!({ "labels": object::overlaid([&users["labels"], &names.labels().into()]) });
    let annotations = object::overlaid([&users["annotations"], &annotations]);
    if !annotations.is_empty() {
        metadata["annotations"] = annotations.into();
    }
    let mut pod = json!({
        "shareProcessNamespace": true,
        "terminationGracePeriodSeconds": 60,
        "containers": [server(bus, version), reloader(spec, version), exporter(spec, version)],
        "volumes": volumes(bus),
    });
    let customised = [
        "nodeSelector",
        "tolerations",
        "securityContext",
        "imagePullSecrets",
        "priorityClassName",
        "priority",
        "serviceAccountName",
        "affinity",
    ];
    object::copy(spec, &customised, &mut pod);
    json!({ "metadata": metadata, "spec": pod })
}

fn server(bus: &Value, version: &Version) -> Value {
    let spec = &bus["spec"]["jetstream"];
    let port = |name: &str, port: u16| json!({ "name": name, "containerPort": port });
    let mut mounts = shared_mounts();
    mounts.push(json!({ "name": data_volume(bus), "mountPath": "/data/jetstream" }));
    let stop = format!("-sl=ldm={PID_FILE}");
    let mut container = json!({
        "name": "main",
        "image": version.nats_image,
        "command": [version.start_command, "--config", format!("{CONFIG_FOLDER}/{CONFIG_FILE}")],
        "ports": [port("client", CLIENT), port("cluster", CLUSTER), port("monitor", MONITOR)],
        "env": environment(bus),
        "volumeMounts": mounts,
        "startupProbe": {
            "httpGet": { "path": "/healthz", "port": MONITOR },
            "failureThreshold": 30, "initialDelaySeconds": 10, "timeoutSeconds": 5,
        },
        "livenessProbe": {
            "httpGet": { "path": "/", "port": MONITOR },
            "initialDelaySeconds": 10, "periodSeconds": 30, "timeoutSeconds": 5,
        },
        "readinessProbe": {
            "httpGet": { "path": "/healthz", "port": MONITOR },
            "initialDelaySeconds": 10, "periodSeconds": 5, "timeoutSeconds": 5,
        },
        "lifecycle": { "preStop": { "exec": { "command": [version.start_command, stop] } } },
    });
    if !object::is_empty(&spec["startArgs"]) {
        container["args"] = spec["startArgs"].clone();
    }
    customised(container, &spec["containerTemplate"])
}

fn environment(bus: &Value) -> Value {
    let names = Names::of(object::name(bus));
    let field = |path: &str| json!({ "fieldRef": { "fieldPath": path } });
    let advertised = format!("$(POD_NAME).{}.$(POD_NAMESPACE).svc", names.service());
    let key = json!({ "secretKeyRef": { "name": names.server_secret(), "key": "encryption" } });
    json!([
        { "name": "POD_NAME", "valueFrom": field("metadata.name") },
        { "name": "SERVER_NAME", "value": "$(POD_NAME)" },
        { "name": "POD_NAMESPACE", "valueFrom": field("metadata.namespace") },
        { "name": "CLUSTER_ADVERTISE", "value": advertised },
        { "name": "JS_KEY", "valueFrom": key },
    ])
}

fn reloader(spec: &Value, version: &Version) -> Value {
    let config = format!("{CONFIG_FOLDER}/{CONFIG_FILE}");
    let container = json!({
        "name": "reloader",
        "image": version.config_reloader_image,
        "args": ["-pid", PID_FILE, "-config", config],
        "volumeMounts": shared_mounts(),
    });
    customised(container, &spec["reloaderContainerTemplate"])
}

fn exporter(spec: &Value, version: &Version) -> Value {
    let container = json!({
        "name": "metrics",
        "image": version.metrics_exporter_image,
        "ports": [{ "name": "metrics", "containerPort": METRICS }],
        "args": [
            "-connz",
            "-routez",
            "-subz",
            "-varz",
            "-prefix=nats",
            "-use_internal_server_id",
            "-jsz=all",
            format!("http://localhost:{MONITOR}"),
        ],
    });
    customised(container, &spec["metricsContainerTemplate"])
}

fn customised(mut container: Value, template: &Value) -> Value {
    let members = ["resources", "imagePullPolicy", "securityContext"];
    object::copy(template, &members, &mut container);
    container
}

fn shared_mounts() -> Vec<Value> {
    vec![
        json!({ "name": "config-volume", "mountPath": CONFIG_FOLDER }),
        json!({ "name": "pid", "mountPath": "/var/run/nats" }),
    ]
}

/// Keys of the Secret of the servers, and the files that they are.
const FILES: [(&str, &str); 7] = [
    ("auth", "auth.conf"),
    ("private-key", "server-key.pem"),
    ("cert", "server-cert.pem"),
    ("ca-cert", "ca-cert.pem"),
    ("cluster-private-key", "cluster-server-key.pem"),
    ("cluster-cert", "cluster-server-cert.pem"),
    ("cluster-ca-cert", "cluster-ca-cert.pem"),
];

fn volumes(bus: &Value) -> Vec<Value> {
    let names = Names::of(object::name(bus));
    let items = FILES.map(|(key, path)| json!({ "key": key, "path": path }));
    let config = json!([{ "key": CONFIG_KEY, "path": CONFIG_FILE }]);
    let sources = json!([
        { "configMap": { "name": names.config_map(), "items": config } },
        { "secret": { "name": names.server_secret(), "items": items } },
    ]);
    let mut volumes = vec![
        json!({ "name": "pid", "emptyDir": {} }),
        json!({ "name": "config-volume", "projected": { "sources": sources } }),
    ];
    if claim(bus).is_none() {
        volumes.push(json!({ "name": data_volume(bus), "emptyDir": {} }));
    }
    volumes
}

fn data_volume(bus: &Value) -> String {
    if bus["spec"]["jetstream"]["persistence"].is_object() {
        Names::of(object::name(bus)).volume()
    } else {
        "js-data".to_owned()
    }
}

/// Builds the claim for a volume of each server, if its data is to outlive it.
fn claim(bus: &Value) -> Option<Value> {
    let persistence = &bus["spec"]["jetstream"]["persistence"];
    if !persistence.is_object() {
        return None;
    }
    let or = |field: &str, default: &str| match &persistence[field] {
        value if object::is_empty(value) => json!(default),
        value => value.clone(),
    };
    let mut spec = json!({
        "volumeMode": "Filesystem",
        "accessModes": [or("accessMode", "ReadWriteOnce")],
        "resources": { "requests": { "storage": or("volumeSize", "20Gi") } },
    });
    object::copy(persistence, &["storageClassName"], &mut spec);
    let name = Names::of(object::name(bus)).volume();
    Some(json!({ "metadata": { "name": name }, "spec": spec }))
}

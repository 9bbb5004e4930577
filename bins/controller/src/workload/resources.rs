//! Builds what runs an EventSource or a Sensor: a Deployment, and a ConfigMap for large objects.

use super::Flavour;
use crate::{
    Settings, compare,
    mounts::{self, Mount, References},
    object,
};
use base64::{Engine as _, prelude::BASE64_STANDARD};
use serde_json::{Map, Value, json};

/// Annotation of an EventSource or a Sensor that says by what its pods elect a leader.
pub(crate) const LEADER_ELECTION: &str = "events.argoproj.io/leader-election";
/// Annotation of pods that read their object from a file: its hash, so that a change restarts them.
const OBJECT_HASH: &str = "events.argoproj.io/object-hash";
/// Largest value of a variable with an object; the kernel takes 128 KiB with its name.
const LARGEST_VARIABLE: usize = 120 * 1024;
/// Largest object at all; a ConfigMap holds 1 MiB.
const LARGEST_OBJECT: usize = 1000 * 1024;
/// Folder of the file with a large object.
const OBJECT_FOLDER: &str = "/etc/argo-events/object";
/// Name of that file.
const OBJECT_FILE: &str = "object.json";
/// Port of metrics and probes.
const PORT: u16 = 7777;
/// How long a stopping pod of a Service still answers, until everybody knows it is going.
const LINGER_SECONDS: u32 = 5;
/// How long a pod may take to stop: lingering, and 20 s of draining, and some more.
const GRACE_SECONDS: u32 = 40;
/// User that pods run as, unless their manifest says otherwise; the reference's controller's.
const USER: u32 = 9731;

/// What runs one object.
#[derive(Clone, Debug)]
pub(crate) struct Wanted {
    pub(crate) deployment: Value,
    /// The object, if it is too large for a variable.
    pub(crate) object: Option<Value>,
}

/// Builds what runs one object on a bus.
///
/// # Errors
/// What keeps it from running, for people.
pub(crate) fn wanted(
    flavour: &Flavour,
    owner: &Value,
    bus: &Value,
    settings: &Settings,
) -> Result<Wanted, String> {
    let config = bus_config(bus)?;
    let mut mounts = mounts::all(&references(&owner["spec"], bus), config);
    let carried = carried(flavour, owner)?;
    let (variable, annotations) = carried.told(flavour);
    mounts.extend(carried.mount());
    let mut variables = vec![variable];
    variables.extend(environment(owner, config));
    let serves = !service_ports(owner).is_empty();
    let template = pod(flavour, &owner["spec"]["template"], settings)
        .annotated(annotations)
        .running(variables, &mounts, serves)
        .render(system_labels(flavour, owner));
    Ok(Wanted {
        deployment: deployment(flavour, owner, template),
        object: carried.into_config_map(),
    })
}

/// Finds what a spec refers to, and what its bus does where pods read that themselves.
pub(crate) fn references(spec: &Value, bus: &Value) -> References {
    let mut references = References::of(spec);
    if bus["status"]["config"]["kafka"].is_object() {
        references.extend(References::of(&bus["spec"]));
    }
    references
}

/// Returns the configuration of a bus that pods can be connected to.
pub(crate) fn bus_config(bus: &Value) -> Result<&Value, String> {
    let config = &bus["status"]["config"];
    if config["jetstream"].is_object() || config["kafka"].is_object() {
        return Ok(config);
    }
    let name = object::name(bus);
    Err(if config["nats"].is_object() {
        format!("EventBus {name} is NATS Streaming, which is not supported; use jetstream or kafka")
    } else {
        format!("EventBus {name} is ready but has no configuration in its status")
    })
}

/// Returns the labels by which the children of an object are known, and its pods selected.
pub(crate) fn system_labels(flavour: &Flavour, owner: &Value) -> Map<String, Value> {
    let name = object::name(owner);
    let labels = json!({
        "controller": flavour.controller,
        flavour.name_label: name,
        "owner-name": name,
    });
    object::overlaid([&labels])
}

/// Returns the ports that an EventSource wants a Service for.
pub(crate) fn service_ports(owner: &Value) -> &[Value] {
    let ports = owner["spec"]["service"]["ports"].as_array();
    ports.map_or(&[], Vec::as_slice)
}

/// Returns how many pods are asked for; 0 pauses, less makes no sense and is 1.
pub(crate) fn replicas(owner: &Value) -> i64 {
    match owner["spec"]["replicas"].as_i64() {
        Some(count) if count >= 0 => count,
        _ => 1,
    }
}

/// How a pod gets its object.
enum Carried {
    Variable(String),
    File { config_map: Value, hash: String },
}

impl Carried {
    /// Returns the variable that says where the object is, and the annotations of the pod.
    fn told(&self, flavour: &Flavour) -> (Value, Value) {
        match self {
            Self::Variable(text) => (
                json!({ "name": flavour.variable, "value": text }),
                json!({}),
            ),
            Self::File { hash, .. } => {
                let variable = format!("{}_FILE", flavour.variable);
                let path = format!("{OBJECT_FOLDER}/{OBJECT_FILE}");
                let annotations = json!({ OBJECT_HASH: hash });
                (json!({ "name": variable, "value": path }), annotations)
            }
        }
    }

    fn mount(&self) -> Option<Mount> {
        match self {
            Self::Variable(_) => None,
            Self::File { config_map, .. } => Some(object_mount(object::name(config_map))),
        }
    }

    fn into_config_map(self) -> Option<Value> {
        match self {
            Self::Variable(_) => None,
            Self::File { config_map, .. } => Some(config_map),
        }
    }
}

fn carried(flavour: &Flavour, owner: &Value) -> Result<Carried, String> {
    let text = bare(owner).to_string();
    let encoded = BASE64_STANDARD.encode(&text);
    if encoded.len() <= LARGEST_VARIABLE {
        return Ok(Carried::Variable(encoded));
    }
    if text.len() > LARGEST_OBJECT {
        let kibibytes = text.len().div_ceil(1024);
        return Err(format!(
            "the spec is {kibibytes} KiB of JSON; a ConfigMap holds 1000 KiB: make several objects of it"
        ));
    }
    let name = object_name(flavour, owner);
    let mut config_map = json!({
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": object::child_metadata(owner, &name, system_labels(flavour, owner)),
    });
    let hash = compare::hash(&Value::from(text.as_str()));
    config_map["data"] = json!({ OBJECT_FILE: text });
    Ok(Carried::File { config_map, hash })
}

/// Returns the name of the ConfigMap with a large object.
pub(crate) fn object_name(flavour: &Flavour, owner: &Value) -> String {
    format!("{}-{}-object", object::name(owner), flavour.infix)
}

/// Returns what a pod needs to know of its object.
pub(crate) fn bare(owner: &Value) -> Value {
    json!({
        "metadata": { "name": object::name(owner), "namespace": object::namespace(owner) },
        "spec": owner["spec"],
    })
}

fn object_mount(config_map: &str) -> Mount {
    Mount {
        volume: json!({ "name": "object", "configMap": { "name": config_map } }),
        path: OBJECT_FOLDER.to_owned(),
        read_only: true,
    }
}

/// Returns the variables of every pod, behind the one with the object.
pub(crate) fn environment(owner: &Value, bus_config: &Value) -> Vec<Value> {
    let mut election = json!({ "name": "LEADER_ELECTION" });
    if let Some(by) = object::annotation(owner, LEADER_ELECTION).filter(|by| !by.is_empty()) {
        election["value"] = json!(by);
    }
    let field = json!({ "fieldRef": { "fieldPath": "metadata.name" } });
    vec![
        json!({ "name": "EVENTBUS_SUBJECT", "value": format!("eventbus-{}", object::namespace(owner)) }),
        json!({ "name": "POD_NAME", "valueFrom": field }),
        election,
        json!({ "name": "EVENTBUS_CONFIG", "value": BASE64_STANDARD.encode(bus_config.to_string()) }),
    ]
}

/// A pod in the making: what its manifest customises, and the container.
pub(crate) struct Pod<'a> {
    template: &'a Value,
    container: Value,
    volumes: Vec<Value>,
    annotations: Value,
}

/// Begins a pod with what does not depend on the object.
pub(crate) fn pod<'a>(flavour: &Flavour, template: &'a Value, settings: &Settings) -> Pod<'a> {
    let users = &template["container"];
    let mut container = json!({
        "name": "main",
        "image": settings.image,
        "imagePullPolicy": settings.image_pull_policy,
        "args": [flavour.argument],
        "ports": [{ "name": "metrics", "containerPort": PORT }],
        "livenessProbe": {
            "httpGet": { "path": "/healthz", "port": PORT },
            "initialDelaySeconds": 5, "periodSeconds": 10, "timeoutSeconds": 5, "failureThreshold": 6,
        },
        "readinessProbe": {
            "httpGet": { "path": "/readyz", "port": PORT },
            "periodSeconds": 5, "timeoutSeconds": 3, "failureThreshold": 3,
        },
    });
    let customised = ["resources", "imagePullPolicy", "securityContext", "envFrom"];
    object::copy(users, &customised, &mut container);
    if object::is_empty(&users["securityContext"]) {
        container["securityContext"] = confined(object::is_empty(&template["securityContext"]));
    }
    Pod {
        template,
        container,
        volumes: Vec::new(),
        annotations: json!({}),
    }
}

/// Least privileges; as which user is left to the pod's security context if there is one.
fn confined(user: bool) -> Value {
    let mut context = json!({
        "allowPrivilegeEscalation": false,
        "capabilities": { "drop": ["ALL"] },
        "readOnlyRootFilesystem": true,
    });
    if user {
        context["runAsNonRoot"] = json!(true);
        context["runAsUser"] = json!(USER);
        context["seccompProfile"] = json!({ "type": "RuntimeDefault" });
    }
    context
}

impl Pod<'_> {
    /// Adds annotations of the controller.
    pub(crate) fn annotated(mut self, annotations: Value) -> Self {
        self.annotations = annotations;
        self
    }

    /// Gives the container its variables and mounts; one that serves a Service stops with a pause.
    pub(crate) fn running(mut self, variables: Vec<Value>, mounts: &[Mount], serves: bool) -> Self {
        let users = &self.template["container"];
        let entries = mounts.iter().map(Mount::entry).collect();
        self.container["env"] = mounts::joined(&users["env"], variables, "name").into();
        self.container["volumeMounts"] =
            mounts::joined(&users["volumeMounts"], entries, "mountPath").into();
        if serves {
            let sleep = json!({ "sleep": { "seconds": LINGER_SECONDS } });
            self.container["lifecycle"] = json!({ "preStop": sleep });
        }
        let volumes = mounts.iter().map(|mount| mount.volume.clone()).collect();
        self.volumes = mounts::joined(&self.template["volumes"], volumes, "name");
        self
    }

    /// Renders the pod template; the labels of the system win.
    pub(crate) fn render(self, labels: Map<String, Value>) -> Value {
        let users = &self.template["metadata"];
        let labels = object::overlaid([&users["labels"], &labels.into()]);
        let mut metadata = json!({ "labels": labels });
        let annotations = object::overlaid([&users["annotations"], &self.annotations]);
        if !annotations.is_empty() {
            metadata["annotations"] = annotations.into();
        }
        let mut spec = json!({
            "containers": [self.container],
            "volumes": self.volumes,
            "terminationGracePeriodSeconds": GRACE_SECONDS,
        });
        let customised = [
            "serviceAccountName",
            "securityContext",
            "nodeSelector",
            "tolerations",
            "imagePullSecrets",
            "priorityClassName",
            "priority",
            "affinity",
        ];
        object::copy(self.template, &customised, &mut spec);
        json!({ "metadata": metadata, "spec": spec })
    }
}

fn deployment(flavour: &Flavour, owner: &Value, template: Value) -> Value {
    let system = system_labels(flavour, owner);
    let labels = object::overlaid([&owner["metadata"]["labels"], &system.clone().into()]);
    let base = generate_name(flavour, owner);
    let name = format!("{base}{}", suffix(owner));
    let mut deployment = json!({
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": object::child_metadata(owner, &name, labels),
        "spec": {
            "replicas": replicas(owner),
            "selector": { "matchLabels": system },
            "template": template,
        },
    });
    deployment["metadata"]["generateName"] = json!(base);
    object::copy(
        &owner["spec"],
        &["revisionHistoryLimit"],
        &mut deployment["spec"],
    );
    deployment
}

/// Returns what the name of the Deployment begins with, as the API server would cut it.
fn generate_name(flavour: &Flavour, owner: &Value) -> String {
    const LONGEST: usize = 58;
    let mut base = format!("{}-{}-", object::name(owner), flavour.infix);
    base.truncate(LONGEST);
    base
}

/// Returns the end of the Deployment's name, which looks random but is not: of two controllers that
/// create at once, or of one that does not know that it has created, only one succeeds.
fn suffix(owner: &Value) -> String {
    const LETTERS: &[u8] = b"bcdfghjklmnpqrstvwxz2456789";
    let hash = compare::hash(&json!(object::uid(owner)));
    let number = u64::from_str_radix(&hash[..12], 16).expect("twelve hexadecimal digits");
    let base = LETTERS.len() as u64;
    (0..5)
        .map(|place| LETTERS[(number / base.pow(place) % base) as usize] as char)
        .collect()
}

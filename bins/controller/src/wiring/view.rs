//! What a plan is made from: gathered from the cache, and read where nothing is watched.
//!
//! Secrets and volume claims are read when they are needed, so that the controller needs no right to
//! watch them and keeps no secrets in memory.

use super::{
    cache::Cache,
    key::{Key, ObjectKey},
};
use crate::{
    bus,
    cluster::{Cluster, Entry, Resource, Target},
    status::Condition,
    workload::Bus,
};
use argo_events::Error;
use serde_json::{Value, json};

/// What is known of the EventBus that something refers to.
pub(super) enum BusSeen {
    Absent,
    Unreadable(String),
    Found(Value),
}

impl BusSeen {
    /// Looks a bus up; one whose like cannot be read is not absent.
    pub(super) fn look_up(cache: &Cache, namespace: &str, name: &str) -> Self {
        let key = ObjectKey::new(Resource::EventBuses, namespace, name);
        match (cache.object(&key), cache.why_unknown(Resource::EventBuses)) {
            (Some(bus), _) => Self::Found(bus.value()),
            (None, Some(reason)) => Self::Unreadable(reason),
            (None, None) => Self::Absent,
        }
    }

    pub(super) fn as_bus(&self) -> Bus<'_> {
        match self {
            Self::Absent => Bus::Absent,
            Self::Unreadable(reason) => Bus::Unreadable(reason),
            Self::Found(bus) => Bus::Found(bus),
        }
    }
}

/// Why no plan can be made.
pub(super) struct Blind {
    pub(super) condition: Condition,
    /// What failed, if it was a call.
    pub(super) error: Option<Error>,
}

impl Blind {
    /// Says that something the plan depends on cannot be read.
    fn unread(reason: &'static str, message: String, error: Option<Error>) -> Self {
        Self {
            condition: Condition::no("Deployed", reason, message),
            error,
        }
    }
}

/// Checks that children can be seen at all: without, each would be taken for missing.
pub(super) fn children_are_known(cache: &Cache, resource: Resource) -> Result<(), Blind> {
    const OF_BUSES: &[(Resource, &str)] = &[
        (Resource::ConfigMaps, "JetStreamConfigMapFailed"),
        (Resource::Services, "JetStreamServiceFailed"),
        (Resource::StatefulSets, "JetStreamStatefulSetFailed"),
    ];
    const OF_SOURCES: &[(Resource, &str)] = &[
        (Resource::Deployments, "GetDeploymentFailed"),
        (Resource::Services, "GetServiceFailed"),
        (Resource::ConfigMaps, "GetDeploymentFailed"),
    ];
    const OF_SENSORS: &[(Resource, &str)] = &[
        (Resource::Deployments, "GetDeploymentFailed"),
        (Resource::ConfigMaps, "GetDeploymentFailed"),
    ];
    let needed = match resource {
        Resource::EventBuses => OF_BUSES,
        Resource::EventSources => OF_SOURCES,
        _ => OF_SENSORS,
    };
    for (resource, reason) in needed {
        if let Some(why) = cache.why_unknown(*resource) {
            let message = format!("{} cannot be read: {why}", resource.plural());
            return Err(Blind::unread(reason, message, None));
        }
    }
    Ok(())
}

/// Returns the children of an object or a group; `strays` are those that do not carry its labels.
pub(super) fn children(cache: &Cache, key: &Key, strays: &[Value]) -> Vec<Value> {
    let mut children = cache.children(key);
    for stray in strays {
        let is_same = |child: &Value| {
            child["kind"] == stray["kind"] && child["metadata"]["name"] == stray["metadata"]["name"]
        };
        children.retain(|child| !is_same(child));
        children.push(stray.clone());
    }
    children
}

/// Reads what belongs to a bus and is not watched; of one that exists elsewhere, nothing does.
pub(super) async fn unwatched(
    cluster: &Cluster,
    key: &ObjectKey,
    bus: &Value,
) -> Result<Vec<Value>, Blind> {
    let mut found = Vec::new();
    if !bus["spec"]["jetstream"].is_object() {
        return Ok(found);
    }
    let namespace = Some(key.namespace.as_str());
    for (kind, name) in bus::child_names(&key.name) {
        if kind != Resource::Secrets.kind() {
            continue;
        }
        let target = Target {
            resource: Resource::Secrets,
            namespace,
            name: &name,
        };
        let secret = cluster.get(target).await;
        found.extend(secret.map_err(|error| {
            let message = format!("the Secret {name} cannot be read: {error}");
            Blind::unread("JetStreamAuthSecretsFailed", message, Some(error))
        })?);
    }
    let selector = format!("controller=eventbus-controller,eventbus-name={}", key.name);
    let claims = cluster.list(Resource::VolumeClaims, namespace, &selector);
    found.extend(claims.await.map_err(|error| {
        let message = format!("the volume claims cannot be read: {error}");
        Blind::unread("JetStreamStatefulSetFailed", message, Some(error))
    })?);
    Ok(found)
}

/// Says of an object that uses a bus what the bus's plan asks: what it is, and which bus.
pub(super) fn user(entry: &Entry, resource: Resource) -> Value {
    json!({
        "apiVersion": resource.api_version(),
        "kind": resource.kind(),
        "metadata": { "name": entry.name, "namespace": entry.namespace, "uid": entry.uid },
        "spec": { "eventBusName": entry.bus },
    })
}

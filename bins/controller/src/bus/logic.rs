//! What to do about one EventBus.

use super::{FINALIZER, jetstream};
use crate::{
    Action, Condition, Finalizer, Note, Plan, Settings, check, children, object,
    workload::{Progress, settled, status as with_status},
};
use argo_events_core::Timestamp;
use serde_json::{Value, json};
use std::time::Duration;

/// What a plan for an EventBus is made from.
#[derive(Clone, Copy, Debug)]
pub struct Observed<'a> {
    /// The EventBus.
    pub bus: &'a Value,
    /// StatefulSets, Services, ConfigMaps, Secrets (with their values) and PersistentVolumeClaims of
    /// the namespace whose controller it is, or that carry its labels, or that have the names which
    /// [`child_names`] lists; others are left alone.
    pub children: &'a [Value],
    /// EventSources and Sensors of the namespace; only those that refer to this bus count.
    pub users: &'a [Value],
    /// The time.
    pub now: Timestamp,
}

/// When to look again whether a bus that is to be deleted is still used.
const LOOK_AGAIN: Duration = Duration::from_secs(15);
/// When to look again at certificates that grow old.
const DAILY: Duration = Duration::from_secs(24 * 60 * 60);

/// Compares what an EventBus asks for with what exists.
///
/// Passwords, keys and certificates that do not exist yet are made here, and only then.
pub fn plan(observed: &Observed<'_>, settings: &Settings) -> Plan {
    let bus = observed.bus;
    if object::is_deleting(bus) {
        return leave(observed);
    }
    let mut progress = Progress::new(&["Configured"]);
    let errors = check::errors(bus, settings);
    if !errors.is_empty() {
        let (reason, message) = ("InvalidSpec", check::message(&errors));
        progress.set(Condition::no("Configured", reason, &message));
        return end(progress, observed, None, Some((reason, message)));
    }
    progress.set(Condition::yes("Configured", "", ""));
    let spec = &bus["spec"];
    if spec["nats"].is_object() {
        return refuse(progress, observed);
    }
    if spec["jetstream"].is_object() {
        return set_up(progress, observed, settings);
    }
    match existing(bus) {
        Some(config) => {
            let message = "Skip deployment because of using exotic config.";
            progress.set(Condition::yes("Deployed", "Skipped", message));
            end(progress, observed, Some(config), None)
        }
        None => {
            let message = "none of jetstream, jetstreamExotic and kafka is given".to_owned();
            progress.set(Condition::no("Configured", "InvalidSpec", &message));
            end(progress, observed, None, Some(("InvalidSpec", message)))
        }
    }
}

/// Lists kind and name of what a managed bus of this name is made of.
pub fn child_names(bus: &str) -> Vec<(&'static str, String)> {
    let names = jetstream::Names::of(bus);
    vec![
        ("Secret", names.server_secret()),
        ("Secret", names.client_secret()),
        ("ConfigMap", names.config_map()),
        ("Service", names.service()),
        ("StatefulSet", names.stateful_set()),
    ]
}

/// Returns the configuration of a bus that exists, as pods read it.
fn existing(bus: &Value) -> Option<Value> {
    let spec = &bus["spec"];
    if spec["kafka"].is_object() {
        let mut kafka = spec["kafka"].clone();
        if object::is_empty(&kafka["topic"]) {
            kafka["topic"] = json!(format!("{}-{}", object::namespace(bus), object::name(bus)));
        }
        return Some(json!({ "kafka": kafka }));
    }
    let exotic = &spec["jetstreamExotic"];
    exotic
        .is_object()
        .then(|| json!({ "jetstream": exotic.clone() }))
}

/// What runs on NATS Streaming keeps running as it is: nothing of it is touched.
fn refuse(mut progress: Progress, observed: &Observed<'_>) -> Plan {
    let reason = "UnsupportedEventBus";
    let message = "NATS Streaming is not supported, its makers have ended it; what runs is left \
                   alone: make an EventBus of kind jetstream, and name it in `eventBusName`";
    progress.set(Condition::no("Deployed", reason, message));
    end(progress, observed, None, Some((reason, message.to_owned())))
}

fn set_up(mut progress: Progress, observed: &Observed<'_>, settings: &Settings) -> Plan {
    match jetstream::set_up(observed, settings) {
        Ok(done) => {
            progress.actions = done.actions;
            progress.look_again(DAILY);
            let message = "JetStream is deployed";
            progress.set(Condition::yes("Deployed", "Succeeded", message));
            let mut plan = end(progress, observed, Some(done.config), None);
            plan.notes.extend(done.notes);
            plan
        }
        Err(obstacle) => {
            let jetstream::Obstacle { reason, message } = obstacle;
            progress.set(Condition::no("Deployed", reason, &message));
            end(progress, observed, None, Some((reason, message)))
        }
    }
}

fn end(
    progress: Progress,
    observed: &Observed<'_>,
    config: Option<Value>,
    trouble: Option<(&'static str, String)>,
) -> Plan {
    let bus = observed.bus;
    let name = jetstream::Names::of(object::name(bus)).stateful_set();
    let servers = children::find(observed.children, "StatefulSet", &name);
    let mut status = with_status(&progress, bus, servers, observed.now);
    if let Some(config) = config {
        status["config"] = config;
    }
    settled(progress, bus, FINALIZER, status, trouble)
}

/// What to do about a bus that is being deleted: nothing while somebody uses it.
fn leave(observed: &Observed<'_>) -> Plan {
    let bus = observed.bus;
    if !object::has_finalizer(bus, FINALIZER) {
        return Plan::default();
    }
    let users = users(observed);
    if !users.is_empty() {
        return keep(&users);
    }
    let claims = children_to_delete(observed);
    Plan {
        finalizer: Some(Finalizer::Remove(FINALIZER)),
        actions: claims,
        ..Plan::default()
    }
}

/// Returns what refers to the bus, such as `Sensor orders`.
fn users(observed: &Observed<'_>) -> Vec<String> {
    let bus = observed.bus;
    let users = observed.users.iter().filter(|user| {
        object::namespace(user) == object::namespace(bus)
            && object::bus_name(user) == object::name(bus)
            && matches!(object::kind(user), "EventSource" | "Sensor")
    });
    users
        .map(|user| format!("{} {}", object::kind(user), object::name(user)))
        .collect()
}

fn keep(users: &[String]) -> Plan {
    const SHOWN: usize = 5;
    let mut message = format!(
        "cannot be deleted while it is used by {}",
        users[..users.len().min(SHOWN)].join(", ")
    );
    if users.len() > SHOWN {
        message = format!("{message} and {} more", users.len() - SHOWN);
    }
    Plan {
        notes: vec![Note {
            warning: true,
            reason: "EventBusInUse".to_owned(),
            message: message.clone(),
        }],
        error: Some(message),
        requeue: Some(LOOK_AGAIN),
        ..Plan::default()
    }
}

/// The volumes of a managed bus; everything else is collected with its owner.
fn children_to_delete(observed: &Observed<'_>) -> Vec<Action> {
    if !observed.bus["spec"]["jetstream"].is_object() {
        return Vec::new();
    }
    let labels = jetstream::Names::of(object::name(observed.bus)).labels();
    let claims = observed.children.iter().filter(|child| {
        object::kind(child) == "PersistentVolumeClaim"
            && object::has_labels(child, &labels)
            && !object::is_deleting(child)
    });
    claims
        .map(|claim| children::delete(claim, "DeletePersistentVolumeClaimFailed"))
        .collect()
}

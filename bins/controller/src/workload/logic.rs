//! What must hold before an object can run, and how far that went.

use super::{
    Bus, Flavour, Observed,
    resources::{self, Wanted},
};
use crate::{
    Action, Condition, Finalizer, Note, Plan,
    children::{self, Reasons},
    object::{self, Ownership},
    status,
};
use argo_events_core::Timestamp;
use serde_json::{Value, json};
use std::time::Duration;

/// Member of a status that counts the pods that are ready.
const READY_REPLICAS: &str = "readyReplicas";

/// When to look again at what only another object can mend; its change is watched as well.
const LOOK_AGAIN: Duration = Duration::from_secs(60);

/// How far an object has come: its conditions so far, and what is to be done.
#[derive(Debug)]
pub(crate) struct Progress {
    conditions: Vec<Condition>,
    pub(crate) actions: Vec<Action>,
    requeue: Option<Duration>,
}

impl Progress {
    /// Begins with nothing known.
    pub(crate) fn new(conditions: &[&'static str]) -> Self {
        let all = conditions.iter().copied().chain(["Deployed"]);
        Self {
            conditions: all.map(Condition::unknown).collect(),
            actions: Vec::new(),
            requeue: None,
        }
    }

    /// Says how one side of the object is.
    pub(crate) fn set(&mut self, condition: Condition) {
        self.conditions.retain(|known| known.kind != condition.kind);
        self.conditions.push(condition);
    }

    /// Looks again after a while though nothing changed.
    pub(crate) fn look_again(&mut self, after: Duration) {
        self.requeue = Some(after);
    }
}

/// Returns what to do about an object that is being deleted and has nothing to wait for.
pub(crate) fn left(object: &Value, finalizer: &'static str) -> Option<Plan> {
    object::is_deleting(object).then(|| Plan {
        finalizer: object::has_finalizer(object, finalizer).then_some(Finalizer::Remove(finalizer)),
        ..Plan::default()
    })
}

/// What keeps an object from running.
#[derive(Debug)]
pub(crate) struct Obstacle {
    reason: &'static str,
    message: String,
    look_again: bool,
}

/// Returns the EventBus if it can be used.
pub(crate) fn bus_of<'a>(observed: &Observed<'a>) -> Result<&'a Value, Obstacle> {
    bus_named(object::bus_name(observed.object), observed.bus)
}

/// Returns an EventBus if it can be used.
pub(crate) fn bus_named<'a>(name: &str, bus: Bus<'a>) -> Result<&'a Value, Obstacle> {
    let obstacle = |reason, message| Obstacle {
        reason,
        message,
        look_again: true,
    };
    match bus {
        Bus::Absent => Err(obstacle(
            "EventBusNotFound",
            format!("EventBus {name} not found."),
        )),
        Bus::Unreadable(why) => Err(obstacle(
            "GetEventBusFailed",
            format!("Failed to get EventBus {name}: {why}"),
        )),
        Bus::Found(bus) if !status::is_ready(bus) => Err(obstacle(
            "EventBusNotReady",
            format!("EventBus {name} not ready: {}.", why_not_ready(bus)),
        )),
        Bus::Found(bus) => Ok(bus),
    }
}

fn why_not_ready(bus: &Value) -> String {
    let conditions = bus["status"]["conditions"].as_array();
    let mut failing = conditions
        .into_iter()
        .flatten()
        .filter(|one| one["status"] != "True");
    let Some(first) = failing.next() else {
        return "it has no conditions yet".to_owned();
    };
    let text = |field: &str| first[field].as_str().unwrap_or_default();
    match text("reason") {
        "" => format!("{} is {}", text("type"), text("status")),
        reason => format!("{} is {}, {reason}", text("type"), text("status")),
    }
}

impl Obstacle {
    /// Tells whether the EventBus is there and only not ready yet.
    pub(crate) fn is_of_readiness(&self) -> bool {
        self.reason == "EventBusNotReady"
    }

    /// Returns what keeps it, for people.
    pub(crate) fn message(self) -> String {
        self.message
    }

    /// Says that the pods cannot be described.
    pub(crate) fn unbuildable(reason: &'static str, message: String) -> Self {
        Self {
            reason,
            message,
            look_again: false,
        }
    }
}

/// Ends a plan at something that keeps the object from running.
pub(crate) fn unfinished(
    mut progress: Progress,
    observed: &Observed<'_>,
    flavour: &Flavour,
    obstacle: Obstacle,
) -> Plan {
    if obstacle.look_again {
        progress.look_again(LOOK_AGAIN);
    }
    let condition = Condition::no("Deployed", obstacle.reason, &obstacle.message);
    progress.set(condition);
    let trouble = Some((obstacle.reason, obstacle.message));
    finish(progress, observed, flavour, trouble)
}

/// Makes the plan of an EventSource or a Sensor of what was found out.
pub(crate) fn finish(
    progress: Progress,
    observed: &Observed<'_>,
    flavour: &Flavour,
    trouble: Option<(&'static str, String)>,
) -> Plan {
    let own = || deployments(observed, flavour).first().copied();
    let wanted = status(
        &progress,
        observed.object,
        own().or(observed.packed_into),
        observed.now,
    );
    settled(
        progress,
        observed.object,
        flavour.controller,
        wanted,
        trouble,
    )
}

/// Returns an object's status: its conditions, and how many of its pods are ready.
pub(crate) fn status(
    progress: &Progress,
    object: &Value,
    pods: Option<&Value>,
    now: Timestamp,
) -> Value {
    let generation = object::generation(object);
    let mut status =
        status::with_conditions(&object["status"], &progress.conditions, generation, now);
    let ready = pods.and_then(|pods| pods["status"]["readyReplicas"].as_i64());
    match ready {
        Some(count) if count > 0 => status[READY_REPLICAS] = json!(count),
        _ => {
            let members = status.as_object_mut().expect("a status is an object");
            members.remove(READY_REPLICAS);
        }
    }
    status
}

/// Makes the plan of a status that is whole.
pub(crate) fn settled(
    progress: Progress,
    object: &Value,
    finalizer: &'static str,
    status: Value,
    trouble: Option<(&'static str, String)>,
) -> Plan {
    let changed = (status != object["status"]).then_some(status);
    let note = trouble.clone().map(|(reason, message)| Note {
        // What comes a moment later is no trouble.
        warning: reason != crate::packed::PENDING,
        reason: reason.to_owned(),
        message,
    });
    Plan {
        finalizer: (!object::has_finalizer(object, finalizer)).then_some(Finalizer::Add(finalizer)),
        actions: progress.actions,
        // What has been told already need not be told again.
        notes: note.filter(|_| changed.is_some()).into_iter().collect(),
        status: changed,
        error: trouble.map(|(_, message)| message),
        requeue: progress.requeue,
    }
}

/// Reasons of the Deployment.
const DEPLOYMENT: Reasons = Reasons {
    create: "CreateDeploymentFailed",
    update: "UpdateDeploymentFailed",
};

/// Sees to it that there is exactly one Deployment, as wanted, and the file of a large object.
pub(crate) fn settle_deployment(
    observed: &Observed<'_>,
    flavour: &Flavour,
    wanted: Wanted,
) -> Vec<Action> {
    let owner = observed.object;
    let mut actions = Vec::new();
    let name = resources::object_name(flavour, owner);
    let file = children::find(observed.children, "ConfigMap", &name);
    if let Some(object) = &wanted.object {
        actions.extend(children::ensure(object.clone(), file, owner, DEPLOYMENT));
    }
    let existing = deployments(observed, flavour);
    let mut deployment = wanted.deployment;
    if let Some(first) = existing.first() {
        object::copy(&first["metadata"], &["name"], &mut deployment["metadata"]);
    }
    let deployment = children::marked(deployment);
    actions.extend(children::ensure(
        deployment,
        existing.first().copied(),
        owner,
        DEPLOYMENT,
    ));
    let spare = existing.iter().skip(1).copied();
    let file = file.filter(|file| {
        wanted.object.is_none() && object::ownership(file, owner) == Ownership::Ours
    });
    actions.extend(
        spare
            .chain(file)
            .map(|one| children::delete(one, DEPLOYMENT.update)),
    );
    actions
}

/// Returns the Deployments of an object, the one to keep first: there may be two, since the
/// reference's creation is not repeatable.
pub(crate) fn deployments<'a>(observed: &Observed<'a>, flavour: &Flavour) -> Vec<&'a Value> {
    let labels = resources::system_labels(flavour, observed.object);
    let mut found: Vec<&Value> = observed
        .children
        .iter()
        .filter(|child| object::kind(child) == "Deployment" && !object::is_deleting(child))
        .filter(|child| match object::ownership(child, observed.object) {
            // Ours stays ours, should somebody have taken its labels away.
            Ownership::Ours => true,
            Ownership::Adoptable => object::has_labels(child, &labels),
            Ownership::Foreign => false,
        })
        .collect();
    found.sort_by_key(|child| {
        let is_ours = object::ownership(child, observed.object) == Ownership::Ours;
        let since = child["metadata"]["creationTimestamp"].as_str();
        (!is_ours, since, object::name(child))
    });
    found
}

//! What to do about one EventSource.

use super::resources;
use crate::{
    Action, Condition, Plan, Settings, check,
    children::{self, Reasons},
    object::{self, Ownership},
    packed,
    workload::{
        Observed, Obstacle, Progress, SOURCE, bus_of, finish, left, resources as pods,
        settle_deployment, unfinished,
    },
};

/// Reasons of the Service.
const SERVICE: Reasons = Reasons {
    create: "CreateServiceFailed",
    update: "RecreateServiceFailed",
};

/// Compares what an EventSource asks for with what exists.
pub fn plan(observed: &Observed<'_>, settings: &Settings) -> Plan {
    let source = observed.object;
    if let Some(plan) = left(source, super::FINALIZER) {
        return plan;
    }
    let mut progress = Progress::new(SOURCE.conditions);
    let errors = check::errors(source, settings);
    if !errors.is_empty() {
        let (reason, message) = ("InvalidEventSource", check::message(&errors));
        progress.set(Condition::no("SourcesProvided", reason, &message));
        return finish(progress, observed, &SOURCE, Some((reason, message)));
    }
    progress.set(Condition::yes("SourcesProvided", "", ""));
    match children(observed, settings) {
        Ok(actions) => {
            progress.actions = actions;
            progress.set(Condition::yes("Deployed", "", ""));
            finish(progress, observed, &SOURCE, None)
        }
        Err(obstacle) => unfinished(progress, observed, &SOURCE, obstacle),
    }
}

fn children(observed: &Observed<'_>, settings: &Settings) -> Result<Vec<Action>, Obstacle> {
    let bus = bus_of(observed)?;
    let source = observed.object;
    let mut actions = match packed::group_of(source, settings) {
        Some(group) => packed::move_in(observed, &SOURCE, &group)?,
        None => {
            let wanted = pods::wanted(&SOURCE, source, bus, settings)
                .map_err(|why| Obstacle::unbuildable("BuildDeploymentSpecFailed", why))?;
            settle_deployment(observed, &SOURCE, wanted)
        }
    };
    actions.extend(settle_service(observed, resources::service(source)));
    Ok(actions)
}

fn settle_service(observed: &Observed<'_>, wanted: Option<serde_json::Value>) -> Vec<Action> {
    let name = resources::service_name(observed.object);
    let found = children::find(observed.children, "Service", &name);
    match (wanted, found) {
        (Some(wanted), found) => children::ensure(wanted, found, observed.object, SERVICE),
        (None, Some(found))
            if object::ownership(found, observed.object) == Ownership::Ours
                && !object::is_deleting(found) =>
        {
            vec![children::delete(found, "DeleteServiceFailed")]
        }
        (None, _) => Vec::new(),
    }
}

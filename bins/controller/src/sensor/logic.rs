//! What to do about one Sensor.

use crate::{
    Action, Condition, Plan, Settings, check, packed,
    workload::{
        Observed, Obstacle, Progress, SENSOR, bus_of, finish, left, resources, settle_deployment,
        unfinished,
    },
};
use argo_events::manifest::Diagnostic;
use serde_json::Value;

/// Compares what a Sensor asks for with what exists.
pub fn plan(observed: &Observed<'_>, settings: &Settings) -> Plan {
    let sensor = observed.object;
    if let Some(plan) = left(sensor, super::FINALIZER) {
        return plan;
    }
    let mut progress = Progress::new(SENSOR.conditions);
    let bus = match bus_of(observed) {
        // Whether the Sensor is right shows without a configured bus, not without any.
        Err(obstacle) if !obstacle.is_of_readiness() => {
            return unfinished(progress, observed, &SENSOR, obstacle);
        }
        bus => bus,
    };
    if let Some((reason, message)) = examine(&check::errors(sensor, settings), &mut progress) {
        return finish(progress, observed, &SENSOR, Some((reason, message)));
    }
    match bus.and_then(|bus| children(observed, bus, settings)) {
        Ok(actions) => {
            progress.actions = actions;
            progress.set(Condition::yes("Deployed", "", ""));
            finish(progress, observed, &SENSOR, None)
        }
        Err(obstacle) => unfinished(progress, observed, &SENSOR, obstacle),
    }
}

/// Says which side of the Sensor is wrong; what is wrong with triggers is said when dependencies
/// are right, because they are about them.
fn examine(errors: &[Diagnostic], progress: &mut Progress) -> Option<(&'static str, String)> {
    let (of_dependencies, others): (Vec<_>, Vec<_>) = errors
        .iter()
        .partition(|error| check::is_about(error, "dependencies"));
    let sides = [
        (
            "DependenciesProvided",
            "InvalidDependencies",
            of_dependencies,
        ),
        ("TriggersProvided", "InvalidTriggers", others),
    ];
    for (kind, reason, errors) in sides {
        if !errors.is_empty() {
            let message = check::message(errors);
            progress.set(Condition::no(kind, reason, &message));
            return Some((reason, message));
        }
        progress.set(Condition::yes(kind, "", ""));
    }
    None
}

fn children(
    observed: &Observed<'_>,
    bus: &Value,
    settings: &Settings,
) -> Result<Vec<Action>, Obstacle> {
    if let Some(group) = packed::group_of(observed.object, settings) {
        return packed::move_in(observed, &SENSOR, &group);
    }
    let wanted = resources::wanted(&SENSOR, observed.object, bus, settings)
        .map_err(|why| Obstacle::unbuildable("BuildDeploymentSpecFailed", why))?;
    Ok(settle_deployment(observed, &SENSOR, wanted))
}

//! Compiles filters, conditions and parameters as a sensor does, for what that brings to light.
//!
//! What will run and what is checked is thereby the same. Nothing is started.

use super::Context;
use argo_events_core::{Problem, Problems, SystemClock, Trigger, api::Sensor};
use argo_events_expr::condition::Condition;
use argo_events_sensor::{
    runtime::{OwnTriggers, SensorBuild, SensorPlan},
    trigger::FunctionTrigger,
};
use std::sync::Arc;

/// Adds what a sensor would complain about, at places that nothing as grave was said of.
pub(super) fn validate(sensor: &Sensor, context: &Context<'_>, problems: &mut Problems) {
    let names: Vec<&str> = sensor
        .spec
        .dependencies
        .iter()
        .map(|one| one.name.as_str())
        .collect();
    if names.is_empty() || names.contains(&"") {
        return;
    }
    let sensor = with_conditions_that_parse(sensor, &names);
    let secrets = Arc::new(context.manifests.secrets.clone());
    let build = SensorBuild::new(context.registry.clone(), secrets, Arc::new(SystemClock));
    let found = match SensorPlan::compile(&sensor, &elsewhere(&sensor, context), build) {
        Ok(plan) => plan.warnings().clone(),
        Err(found) => found,
    };
    let is_new = |problem: &Problem| {
        let known = |earlier: &Problem| {
            earlier.path == problem.path && earlier.severity >= problem.severity
        };
        !problems.iter().any(known)
    };
    let new: Vec<_> = found.into_iter().filter(is_new).collect();
    problems.extend(new);
}

/// Replaces conditions that were complained about, so that what stands beside them is seen too.
fn with_conditions_that_parse(sensor: &Sensor, names: &[&str]) -> Sensor {
    let mut sensor = sensor.clone();
    let templates = sensor
        .spec
        .triggers
        .iter_mut()
        .filter_map(|one| one.template.as_mut());
    for template in templates {
        if Condition::parse(&template.conditions, names).is_err() {
            template.conditions.clear();
        }
    }
    sensor
}

/// Stands in for triggers of the program, and for kinds that this build knows but cannot run.
fn elsewhere(sensor: &Sensor, context: &Context<'_>) -> OwnTriggers {
    let nothing = || Arc::new(FunctionTrigger::new(|_| async { Ok(()) })) as Arc<dyn Trigger>;
    let own = context
        .checks
        .own_triggers
        .iter()
        .map(|name| (name.clone(), nothing()));
    let mut triggers: OwnTriggers = own.collect();
    for trigger in &sensor.spec.triggers {
        let chain = std::iter::successors(Some(trigger), |one| one.dlq_trigger.as_deref());
        for template in chain.filter_map(|one| one.template.as_ref()) {
            let kinds = context.registry.triggers().iter();
            let first = kinds
                .clone()
                .find(|known| template.kinds.contains_key(known.kind));
            if first.is_none_or(|first| !first.is_available()) {
                triggers
                    .entry(template.name.clone())
                    .or_insert_with(nothing);
            }
        }
    }
    triggers
}

//! Rows of the admission webhook: what may be done to an object.

use super::{REGISTRY, RULES, is_built};
use crate::{
    Outcome,
    exceptions::{
        Rule,
        admission::{NO_BUS_YET, NOTHING_NEW},
    },
};
use argo_events_controller::admission::{Operation, Question, judge};
use serde_json::Value;

/// Where the webhook differs on purpose: such things may be done.
const ALLOWED: [&Rule; 2] = [&NO_BUS_YET, &NOTHING_NEW];

/// Runs one vector.
pub(super) fn check(vector: &Value) -> Outcome {
    let input = &vector["in"];
    let operation = match input["operation"].as_str() {
        Some("UPDATE") => Operation::Update,
        Some("DELETE") => Operation::Delete,
        Some("CONNECT") => Operation::Connect,
        _ => Operation::Create,
    };
    if !is_built(input) {
        return Outcome::Waits("kinds that are not built yet");
    }
    let question = Question {
        operation,
        kind: input["kind"].as_str().unwrap_or_default(),
        object: &input["object"],
        old: &input["oldObject"],
        bus: bus(input),
    };
    let verdict = judge(&question, &REGISTRY);
    let wanted = vector["want"]["allowed"] == true;
    if verdict.is_allowed() == wanted {
        return Outcome::Passed;
    }
    let mut rules = RULES
        .iter()
        .copied()
        .chain(ALLOWED.map(|rule| (rule, true)));
    match rules.find(|(rule, gives)| *gives == verdict.is_allowed() && (rule.applies)(vector)) {
        Some((rule, _)) => Outcome::Differs(rule.name),
        None => Outcome::failed(
            vector["want"].to_string(),
            format!("allowed: {} {}", verdict.is_allowed(), verdict.message),
        ),
    }
}

/// Returns the EventBus that an object names, if it is there.
fn bus(input: &Value) -> Option<&Value> {
    let named = input["object"]["spec"]["eventBusName"].as_str();
    let name = named.filter(|name| !name.is_empty()).unwrap_or("default");
    let buses = input["existingBuses"].as_array()?;
    buses.iter().find(|bus| bus["metadata"]["name"] == name)
}

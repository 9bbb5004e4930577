//! Family `http-health`: what a port answers while events start, stop and share it.
//!
//! Each vector is a series of steps. Where a rule applies, what is required comes from a small model
//! of a port, written down here, and not from the recording.

use super::http::{
    client,
    compare::{self, agree},
    model::Model,
    rig::Rig,
};
use crate::{
    Outcome,
    exceptions::{Rule, http},
};
use serde_json::{Value, json};

/// The rules of this family; the first that applies is counted.
const RULES: [&Rule; 4] = [
    &http::PORT_FAULT,
    &http::SHARED_PLACE,
    &http::HEALTH_PLACE,
    &http::STOPPED_IS_GONE,
];

/// Runs one vector.
pub(super) fn check(vector: &Value) -> Outcome {
    let input = &vector["in"];
    let kinds = input["spec"].as_object().into_iter().flatten();
    if kinds.into_iter().any(|(kind, _)| kind != "webhook") {
        return Outcome::Waits("source kind not built yet");
    }
    let got = run(input);
    let recorded = vector["want"]["steps"]
        .as_array()
        .into_iter()
        .flatten()
        .map(recorded_step);
    let recorded = Value::Array(recorded.collect());
    if agree(&recorded, &got) {
        return Outcome::Passed;
    }
    let Some(rule) = RULES.into_iter().find(|rule| (rule.applies)(vector)) else {
        return Outcome::failed(recorded.to_string(), got.to_string());
    };
    let required = Value::Array(Model::new(input).run());
    if agree(&required, &got) {
        return rule.require(vector, Ok(()));
    }
    rule.require(vector, Err(format!("{got}, and not {required}")))
}

fn run(input: &Value) -> Value {
    let mut rig = Rig::new(input);
    let mut under_way = Vec::new();
    let mut steps = Vec::new();
    for step in input["steps"].as_array().into_iter().flatten() {
        let facts = if step["async"] == true {
            let (port, step) = (rig.port_of(step), step.clone());
            under_way.push(std::thread::spawn(move || client::exchange(port, &step)));
            // It must have arrived before the next step begins.
            rig.wait_for_an_event();
            json!({})
        } else if step["collectAsync"] == true {
            let exchange = under_way
                .pop()
                .and_then(|thread| thread.join().ok())
                .unwrap_or_default();
            facts_of(&mut rig, &exchange)
        } else {
            carry_out(&mut rig, step)
        };
        steps.push(facts);
    }
    Value::Array(steps)
}

fn carry_out(rig: &mut Rig, step: &Value) -> Value {
    if let Some(event) = step["start"].as_str() {
        return json!({"started": rig.start(event).is_ok()});
    }
    if let Some(event) = step["stop"].as_str() {
        rig.stop(event);
    } else if let Some(mode) = step["dispatch"].as_str() {
        rig.dispatch(mode);
    } else if step["occupyPort"].is_string() {
        rig.occupy(rig.port_of(&json!({"port": step["occupyPort"]})));
    } else if step["request"].is_object() || step["requests"].is_array() {
        let exchange = client::exchange(rig.port_of(step), step);
        return facts_of(rig, &exchange);
    }
    json!({})
}

fn facts_of(rig: &mut Rig, exchange: &client::Exchange) -> Value {
    let mut facts = compare::facts(exchange, &rig.take_events(), 0);
    facts["failed"] = Value::Null;
    facts
}

fn recorded_step(step: &Value) -> Value {
    if step["invalid"].is_string() || step["state"] == "failed" {
        return json!({"started": false});
    }
    if step["state"] == "active" {
        return json!({"started": true});
    }
    if !step["responses"].is_array() {
        return json!({});
    }
    let mut facts = compare::recorded(step);
    facts["failed"] = Value::Null;
    if step["end"] == "no tls" {
        facts["end"] = json!("no tls");
    }
    facts
}

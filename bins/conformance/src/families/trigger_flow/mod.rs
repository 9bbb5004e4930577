//! Family `trigger-flow`: retries, dead letters, rate limits and what is counted on the way.
//!
//! The sensor is compiled as always, but no bus is read: firings are made of the sets of events that
//! a vector hands over, and go through the policies. Triggers with `atLeastOnce` are waited for, one
//! at a time, the others are not. Compared are requests, subscriptions, counters, blocking times, and
//! the log lines that [`log`] keeps. `Sensor started.` is not among them: nothing is started here.

mod log;
mod model;
mod pace;
mod sensor;

use super::{
    events,
    trigger_http::{places::Places, recorder::Record},
    trigger_k8s::server::Server,
};
use crate::{
    Outcome,
    exceptions::{flow, sensor::TEMPLATE_BROKEN},
};
use argo_events::{BuiltinKinds as _, Registry};
use sensor::{Refused, Sensor};
use serde_json::{Value, json};
use std::sync::{Arc, LazyLock};

static REGISTRY: LazyLock<Registry> = LazyLock::new(Registry::builtin);

/// Runs one vector.
pub(super) fn check(vector: &Value) -> Outcome {
    if let Some(reason) = waits(&vector["in"]["spec"]) {
        return Outcome::Waits(reason);
    }
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .start_paused(true)
        .build();
    let ran = runtime.and_then(|runtime| runtime.block_on(run(vector)));
    match ran {
        Ok(outcome) => outcome,
        Err(error) => Outcome::failed("a runtime and servers", error.to_string()),
    }
}

async fn run(vector: &Value) -> std::io::Result<Outcome> {
    let record = Arc::new(Record::default());
    let places = Places::open(&record).await?;
    let input = places.fill(&vector["in"]);
    record.answer_with(&input["peer"]);
    let lines = log::Lines::default();
    let collecting = lines.collect();
    let server = Server::open(&Value::Null).await?;
    let mut sensor = match Sensor::compile(&input["spec"], &record, &server) {
        Ok(sensor) => sensor,
        Err(refused) => return Ok(refusal(vector, &refused)),
    };
    let _pace = pace::behind_the_sockets();
    let after = sensor.fire_all(&input).await;
    drop(collecting);
    let got = json!({
        "subscriptions": sensor.subscriptions(),
        "afterEachFiring": after,
        "requests": places.empty(record.take()),
        "calls": server.take(),
        "metrics": sensor.metrics(),
        "log": places.empty(lines.take()),
    });
    Ok(if vector["panic"] == true {
        failure(&got)
    } else {
        compare(vector, got)
    })
}

/// Judges a sensor that was refused before it started.
fn refusal(vector: &Value, refused: &Refused) -> Outcome {
    if vector["panic"] == true || vector["want"]["undecodable"].is_string() {
        return Outcome::Passed;
    }
    let broken = &TEMPLATE_BROKEN;
    let by_text = || {
        let named = refused
            .places
            .iter()
            .any(|place| place.contains("dependencies["));
        (named && (broken.applies)(vector)).then(|| broken.require(vector, Ok(())))
    };
    flow::refused(vector, &refused.places)
        .or_else(by_text)
        .unwrap_or_else(|| Outcome::failed(vector["want"].to_string(), refused.message.clone()))
}

/// Where the reference crashes, the attempt has to fail and to be counted.
fn failure(got: &Value) -> Outcome {
    let metrics = got["metrics"].as_object().into_iter().flatten();
    let mut failed = metrics.filter(|(name, _)| name.contains("action_failed_total"));
    match failed.next() {
        Some(_) => Outcome::Passed,
        None => Outcome::failed("a failure, or a sensor that is refused", got.to_string()),
    }
}

fn compare(vector: &Value, got: Value) -> Outcome {
    let is_sorted = vector["want"]["sorted"] == true;
    let wanted = ordered(reduced(&vector["want"]), is_sorted);
    let got = ordered(with_wanted_parts(&vector["want"], got), is_sorted);
    if wanted == got {
        return Outcome::Passed;
    }
    let Some(rule) = flow::performed(vector) else {
        return Outcome::failed(wanted.to_string(), differences(&wanted, &got));
    };
    let required = if rule.name == flow::FLOW_CREDIT.name {
        model::evenly_spaced(&vector["in"], &wanted)
    } else {
        model::run(&vector["in"], &wanted)
    };
    let required = ordered(required, is_sorted);
    let given = if required == got {
        Ok(())
    } else {
        Err(differences(&required, &got))
    };
    rule.require(vector, given)
}

/// Leaves what is compared of what a vector records.
fn reduced(want: &Value) -> Value {
    let lines = want["log"].as_array().into_iter().flatten();
    let metrics = want["metrics"].as_object().into_iter().flatten();
    // A counter that is there and one that is not are the same while nothing was counted.
    let counted = metrics.filter(|(_, value)| **value != 0);
    json!({
        "subscriptions": want["subscriptions"],
        "afterEachFiring": want["afterEachFiring"],
        "requests": want["requests"],
        "calls": want["calls"].as_array().cloned().unwrap_or_default(),
        "metrics": counted.map(|(name, value)| (name.clone(), value.clone())).collect::<serde_json::Map<_, _>>(),
        "log": lines.filter_map(log::recorded).collect::<Vec<_>>(),
    })
}

/// Leaves what a vector has too: times only where they were measured, requests without headers.
fn with_wanted_parts(want: &Value, mut got: Value) -> Value {
    let firings = got["afterEachFiring"].as_array_mut().into_iter().flatten();
    let wanted = want["afterEachFiring"].as_array().into_iter().flatten();
    for (firing, wanted) in firings.zip(wanted) {
        if let (Some(firing), Some(wanted)) = (firing.as_object_mut(), wanted.as_object()) {
            firing.retain(|name, _| name != "actionTook100ms" || wanted.contains_key(name));
        }
    }
    for request in got["requests"].as_array_mut().into_iter().flatten() {
        if let Some(request) = request.as_object_mut() {
            request.remove("headers");
        }
    }
    got
}

/// Sorts what happened at once.
fn ordered(mut results: Value, is_sorted: bool) -> Value {
    for part in ["requests", "log"].into_iter().filter(|_| is_sorted) {
        if let Some(list) = results[part].as_array_mut() {
            list.sort_by_key(Value::to_string);
        }
    }
    results
}

/// Lists the parts that differ.
fn differences(wanted: &Value, got: &Value) -> String {
    let parts = wanted.as_object().into_iter().flatten();
    let differing = parts.filter(|(name, value)| got[*name] != **value);
    let shown = differing.map(|(name, value)| format!("{name}: not {value} but {}", got[name]));
    shown.collect::<Vec<_>>().join("; ")
}

/// Says what a sensor needs that is not built yet.
fn waits(spec: &Value) -> Option<&'static str> {
    let list = |name: &str| spec[name].as_array().into_iter().flatten();
    if events::lacks_templates(spec) {
        return Some("templates: issue 4");
    }
    let chain =
        |trigger| std::iter::successors(Some(trigger), |one: &&Value| one.get("dlqTrigger"));
    let mut templates = list("triggers")
        .flat_map(chain)
        .map(|trigger| &trigger["template"]);
    templates
        .any(|template| kind(template).is_some_and(|kind| !kind.is_available()))
        .then_some("kinds of triggers that are not built yet")
}

/// Returns the kind that a template chooses.
fn kind(template: &Value) -> Option<&'static argo_events_core::registry::TriggerDescriptor> {
    let names = |known: &str| {
        let members = template.as_object().into_iter().flatten();
        let mut named = members.filter(|(name, _)| name.eq_ignore_ascii_case(known));
        named.any(|(_, config)| !config.is_null())
    };
    REGISTRY.triggers().iter().find(|known| names(known.kind))
}

//! Rules of EventBuses.

use super::{Context, names, spec};
use argo_events_core::{FieldPath, Problem, Problems, api::EventBus};
use serde_json::Value;

/// Kinds that the reference has.
const REFERENCE_KINDS: &[&str] = &["nats", "jetstream", "jetstreamExotic", "kafka"];

/// Checks an EventBus.
pub(super) fn validate(bus: &EventBus, context: &Context<'_>, problems: &mut Problems) {
    names::object(&bus.metadata, problems);
    let own = context
        .registry
        .buses()
        .iter()
        .map(|descriptor| descriptor.kind);
    if bus.spec.kinds.is_empty() {
        let known: Vec<_> = REFERENCE_KINDS.iter().copied().chain(own).collect();
        let help = format!("use one of: {}", known.join(", "));
        problems.push(Problem::error(spec(), "no kind of event bus is given").help(help));
    }
    for (kind, config) in &bus.spec.kinds {
        let path = spec().field(kind);
        match kind.as_str() {
            "nats" => nats(config, &path, problems),
            "jetstream" => jetstream(config, &path, problems),
            "jetstreamExotic" | "kafka" => require(config, &path, "url", problems),
            _ => {}
        }
        if let Ok(descriptor) = context.registry.bus(kind) {
            descriptor.validate(config, &path, problems);
        }
    }
}

fn require(config: &Value, path: &FieldPath, name: &str, problems: &mut Problems) {
    problems.require(path.field(name), config[name].as_str().unwrap_or_default());
}

/// NATS Streaming is either set up or there already.
fn nats(config: &Value, path: &FieldPath, problems: &mut Problems) {
    let (native, exotic) = (&config["native"], &config["exotic"]);
    let help = "`native` has the controller set a cluster up, `exotic` uses one that exists";
    match (native.is_null(), exotic.is_null()) {
        (true, true) => {
            problems.push(
                Problem::error(path.clone(), "neither `native` nor `exotic` is given").help(help),
            );
        }
        (false, false) => {
            problems.push(
                Problem::error(path.clone(), "both `native` and `exotic` are given").help(help),
            );
        }
        (true, false) => {
            let path = path.field("exotic");
            if exotic["clusterID"].is_null() {
                problems.error(path.field("clusterID"), "is required");
            }
            require(exotic, &path, "url", problems);
        }
        (false, true) => {}
    }
}

fn jetstream(config: &Value, path: &FieldPath, problems: &mut Problems) {
    if config["version"].as_str().unwrap_or_default().is_empty() {
        let problem = Problem::error(path.field("version"), "is required");
        problems.push(problem.help("for example \"latest\""));
    }
    if let Some(replicas) = config["replicas"].as_i64().filter(|&n| n == 2 || n < 1) {
        let message = format!("{replicas} servers cannot agree; use 1, or at least 3");
        problems.error(path.field("replicas"), message);
    }
}

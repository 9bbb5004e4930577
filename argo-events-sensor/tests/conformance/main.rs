//! Holds the triggers of this crate to the contract.

mod http;
mod log;

use argo_events_core::{Result, SecretSource, SystemClock, Trigger, registry::TriggerBuild};
use argo_events_testkit::trigger::{run, trials};
use serde_json::Value;
use std::{process::ExitCode, sync::Arc};

fn main() -> ExitCode {
    let mut all = trials("log", log::Log::default);
    all.extend(trials("http", http::Server::default));
    run(all)
}

/// Makes a trigger as a manifest would.
fn build(
    kind: &str,
    name: &str,
    config: &Value,
    secrets: Arc<dyn SecretSource>,
) -> Result<Arc<dyn Trigger>> {
    let descriptors = argo_events_sensor::trigger::descriptors();
    let descriptor = descriptors.iter().find(|known| known.kind == kind);
    let build = TriggerBuild::new("orders", name, secrets, Arc::new(SystemClock));
    descriptor
        .expect("the kind is built in")
        .build(config, &build)
}

//! Holds the sources of this crate to the contract.

mod calendar;
mod file;
mod generic;
#[cfg(feature = "resource")]
mod resource;
mod webhook;

use argo_events_core::{EventSource, Registry, Result};
use argo_events_testkit::source::{run, trials};
use serde_json::Value;
use std::{process::ExitCode, sync::Arc};

fn main() -> ExitCode {
    let mut all = trials("webhook", webhook::Requests::default);
    all.extend(trials("calendar", calendar::Calendar::default));
    all.extend(trials("file", || file::Folder::new(false)));
    all.extend(trials("file, polling", || file::Folder::new(true)));
    all.extend(trials("generic", generic::Service::default));
    #[cfg(feature = "resource")]
    all.extend(trials("resource", resource::Cluster::default));
    run(all)
}

/// Makes a source as a manifest would.
fn build(kind: &str, config: &Value) -> Result<Arc<dyn EventSource>> {
    let registry = argo_events_sources::register(Registry::default());
    registry.source(kind)?.build(config)
}

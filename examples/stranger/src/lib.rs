//! A source, a trigger and a bus of a crate that knows argo-events from outside only.

pub mod append;
pub mod lines;
pub mod shelf;

use append::AppendConfig;
use argo_events::{BuiltinKinds as _, Registry};
use argo_events_core::registry::{BusDescriptor, SourceDescriptor, TriggerDescriptor};
use lines::LinesConfig;
use shelf::ShelfConfig;

/// Returns the kinds of argo-events, and ours.
pub fn registry() -> Registry {
    Registry::builtin()
        .with(SourceDescriptor::of::<LinesConfig>())
        .with(TriggerDescriptor::of::<AppendConfig>())
        .with(BusDescriptor::of::<ShelfConfig>())
}

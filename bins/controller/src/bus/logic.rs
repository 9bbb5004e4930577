//! What to do about one EventBus.

use crate::{Plan, Settings};
use argo_events_core::Timestamp;
use serde_json::Value;

/// What a plan for an EventBus is made from.
#[derive(Clone, Copy, Debug)]
pub struct Observed<'a> {
    /// The EventBus.
    pub bus: &'a Value,
    /// StatefulSets, Services, ConfigMaps, Secrets (with their values) and PersistentVolumeClaims of
    /// the namespace whose controller it is, or that carry its labels, or that have the names which
    /// [`child_names`] lists; others are left alone.
    pub children: &'a [Value],
    /// EventSources and Sensors of the namespace; only those that refer to this bus count.
    pub users: &'a [Value],
    /// The time.
    pub now: Timestamp,
}

/// Compares what an EventBus asks for with what exists.
///
/// Passwords, keys and certificates that do not exist yet are made here, and only then.
pub fn plan(observed: &Observed<'_>, settings: &Settings) -> Plan {
    let _ = (observed, settings);
    Plan::default()
}

/// Lists kind and name of what a managed bus of this name is made of.
pub fn child_names(bus: &str) -> Vec<(&'static str, String)> {
    let _ = bus;
    Vec::new()
}

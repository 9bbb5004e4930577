//! What to do about one group.

use super::Group;
use crate::{
    Action, Plan, Settings,
    workload::{Bus, Flavour, Observed as Workload, Obstacle},
};
use argo_events_core::Timestamp;
use serde_json::Value;

/// What a plan for a group is made from.
#[derive(Clone, Copy, Debug)]
pub struct Observed<'a> {
    /// The group.
    pub group: &'a Group,
    /// Objects of the namespace and kind; only those that belong to the group count.
    pub objects: &'a [Value],
    /// The EventBus.
    pub bus: Bus<'a>,
    /// Deployments, ConfigMaps and Services of the namespace with the labels of the group.
    pub children: &'a [Value],
    /// The time.
    pub now: Timestamp,
}

/// Tells which group an EventSource or a Sensor belongs to, if it shares pods.
pub fn group_of(object: &Value, settings: &Settings) -> Option<Group> {
    let _ = (object, settings);
    None
}

pub(crate) fn move_in(_: &Workload<'_>, _: &Flavour, _: &Group) -> Result<Vec<Action>, Obstacle> {
    Ok(Vec::new())
}

/// Compares what the objects of a group ask for with what exists; the plan has no status.
pub fn plan(observed: &Observed<'_>, settings: &Settings) -> Plan {
    let _ = (observed, settings);
    Plan::default()
}

//! What EventSources and Sensors have in common: one Deployment that runs the object.
//!
//! `logic` goes through what must hold before there can be one, `resources` builds it.

mod logic;
pub(crate) mod resources;
#[cfg(test)]
mod tests;

use argo_events_core::Timestamp;
use serde_json::Value;

pub(crate) use logic::{
    Obstacle, Progress, bus_named, bus_of, deployments, finish, left, settle_deployment, settled,
    status, unfinished,
};

/// What is known of the EventBus that an object refers to.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Bus<'a> {
    /// There is none.
    Absent,
    /// It could not be read; with the reason.
    Unreadable(&'a str),
    /// There it is.
    Found(&'a Value),
}

/// What a plan for an EventSource or a Sensor is made from.
#[derive(Clone, Copy, Debug)]
pub struct Observed<'a> {
    /// The EventSource or the Sensor.
    pub object: &'a Value,
    /// The EventBus it refers to.
    pub bus: Bus<'a>,
    /// Deployments, Services and ConfigMaps of the namespace whose controller it is, or that carry
    /// its labels; others are left alone.
    pub children: &'a [Value],
    /// The Deployment of the group that it is packed into, once that is told to run it as it is.
    pub packed_into: Option<&'a Value>,
    /// The time.
    pub now: Timestamp,
}

/// What tells EventSources and Sensors apart.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Flavour {
    /// Value of the label `controller`, and the finalizer.
    pub(crate) controller: &'static str,
    /// Label with the object's name.
    pub(crate) name_label: &'static str,
    /// Middle of the children's names.
    pub(crate) infix: &'static str,
    /// Argument of the pods' program.
    pub(crate) argument: &'static str,
    /// Variable with the object.
    pub(crate) variable: &'static str,
    /// Conditions beside `Deployed`.
    pub(crate) conditions: &'static [&'static str],
}

/// EventSources.
pub(crate) const SOURCE: Flavour = Flavour {
    controller: "eventsource-controller",
    name_label: "eventsource-name",
    infix: "eventsource",
    argument: "eventsource-service",
    variable: "EVENTSOURCE_OBJECT",
    conditions: &["SourcesProvided"],
};

/// Sensors.
pub(crate) const SENSOR: Flavour = Flavour {
    controller: "sensor-controller",
    name_label: "sensor-name",
    infix: "sensor",
    argument: "sensor-service",
    variable: "SENSOR_OBJECT",
    conditions: &["DependenciesProvided", "TriggersProvided"],
};

//! What EventSources and Sensors have in common: one Deployment that runs the object.

use argo_events_core::Timestamp;
use serde_json::Value;

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
    /// The Deployment of the group that it is packed into, if it is and there is one.
    pub packed_into: Option<&'a Value>,
    /// The time.
    pub now: Timestamp,
}

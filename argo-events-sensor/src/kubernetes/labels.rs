//! Labels that say which trigger made an object, as the reference writes them.

#[cfg(any(feature = "k8s", feature = "argo-workflow"))]
use super::Object;

/// Names the sensor.
pub const SENSOR: &str = "events.argoproj.io/sensor";
/// Names the trigger.
pub const TRIGGER: &str = "events.argoproj.io/trigger";
/// Says when the trigger acted, in milliseconds since 1970.
pub const ACTION_TIMESTAMP: &str = "events.argoproj.io/action-timestamp";

/// Returns the three labels of an object that a trigger makes at a time in milliseconds.
pub fn of(sensor: &str, trigger: &str, milliseconds: i64) -> [(&'static str, String); 3] {
    [
        (SENSOR, sensor.to_owned()),
        (TRIGGER, trigger.to_owned()),
        (ACTION_TIMESTAMP, milliseconds.to_string()),
    ]
}

/// Tells whether the labels of an object are those of a sensor's trigger.
#[cfg(any(feature = "k8s", feature = "argo-workflow"))]
pub(crate) fn are_of(object: &Object, sensor: &str, trigger: &str) -> bool {
    let is = |label: &str, value: &str| {
        let found = object.labels().and_then(|labels| labels.get(label));
        found.and_then(serde_json::Value::as_str) == Some(value)
    };
    is(SENSOR, sensor) && is(TRIGGER, trigger)
}

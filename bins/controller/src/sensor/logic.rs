//! What to do about one Sensor.

use crate::{Plan, Settings, workload::Observed};

/// Compares what a Sensor asks for with what exists.
pub fn plan(observed: &Observed<'_>, settings: &Settings) -> Plan {
    let _ = (observed, settings);
    Plan::default()
}

//! What to do about one EventSource.

use crate::{Plan, Settings, workload::Observed};

/// Compares what a EventSource asks for with what exists.
pub fn plan(observed: &Observed<'_>, settings: &Settings) -> Plan {
    let _ = (observed, settings);
    Plan::default()
}

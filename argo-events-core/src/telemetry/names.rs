//! Names of metrics; those of the reference keep their names.
//!
//! The second half is what the reference does not show: what filters drop, what comes again, what
//! waits. Every name has a definition, which the text format and the documentation are made from.

use std::fmt;

/// How a metric's numbers are to be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Kind {
    /// Only grows.
    Counter,
    /// Goes up and down.
    Gauge,
    /// A count and a sum of observations, without quantiles.
    Summary,
}

impl fmt::Display for Kind {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Counter => "counter",
            Self::Gauge => "gauge",
            Self::Summary => "summary",
        })
    }
}

/// What is known about a metric.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Definition {
    /// Name as it is exposed.
    pub name: &'static str,
    /// How its numbers are to be read.
    pub kind: Kind,
    /// Labels of its series, beside the namespace.
    pub labels: &'static [&'static str],
    /// What it counts.
    pub help: &'static str,
}

/// Returns what is known about a metric; `None` for one that only a program of yours knows.
pub fn definition(name: &str) -> Option<&'static Definition> {
    ALL.iter().find(|definition| definition.name == name)
}

macro_rules! define {
    ($($constant:ident = $name:literal, $kind:ident, $labels:expr, $help:literal;)*) => {
        $(#[doc = concat!($help, ": `", $name, "`.")] pub const $constant: &str = $name;)*

        /// Every metric of this project.
        pub const ALL: &[Definition] = &[$(Definition {
            name: $name,
            kind: Kind::$kind,
            labels: $labels,
            help: $help,
        }),*];
    };
}

/// Labels of a source's event.
const EVENT: &[&str] = &["eventsource_name", "event_name"];
/// Labels of a sensor's trigger.
const TRIGGER: &[&str] = &["sensor_name", "trigger_name"];
/// Label of a sensor.
const SENSOR: &[&str] = &["sensor_name"];
/// Label of a bus.
const BUS: &[&str] = &["bus_name"];

define! {
    EVENT_SERVICES_RUNNING = "argo_events_event_service_running_total", Gauge, &["eventsource_name"],
        "Event services that run";
    EVENTS_SENT = "argo_events_events_sent_total", Counter, EVENT,
        "Events that the bus accepted";
    EVENTS_SENT_FAILED = "argo_events_events_sent_failed_total", Counter, EVENT,
        "Events that the bus did not accept, after all attempts";
    EVENTS_PROCESSING_FAILED = "argo_events_events_processing_failed_total", Counter, EVENT,
        "Events that were not processed, failures to send included";
    EVENT_PROCESSING_DURATION = "argo_events_event_processing_duration_milliseconds", Summary, EVENT,
        "Milliseconds from the receipt of an event to its acceptance by the bus";
    ACTION_TRIGGERED = "argo_events_action_triggered_total", Counter, TRIGGER,
        "Attempts of an action that succeeded";
    ACTION_FAILED = "argo_events_action_failed_total", Counter, TRIGGER,
        "Attempts of an action that failed";
    ACTION_RETRIES_FAILED = "argo_events_action_retries_failed_total", Counter, TRIGGER,
        "Actions given up after their last attempt";
    ACTION_DURATION = "argo_events_action_duration_milliseconds", Summary, TRIGGER,
        "Milliseconds that an attempt of an action took";
    BUILD_INFO = "build_info", Gauge, &["version", "commit"],
        "Constant 1, with the build in its labels";

    SOURCE_EVENTS_FILTERED = "argo_events_source_events_filtered_total", Counter, EVENT,
        "Events that a source's own filter refused";
    SOURCE_EVENTS_DUPLICATE = "argo_events_source_events_duplicate_total", Counter, EVENT,
        "Events that the bus had accepted before";
    SOURCE_EVENTS_REFUSED = "argo_events_source_events_refused_total", Counter, EVENT,
        "Input that can never become an event";
    SOURCE_RESTARTS = "argo_events_source_restarts_total", Counter, EVENT,
        "Times a source was started again after it had failed";
    SOURCE_IN_FLIGHT = "argo_events_source_events_in_flight", Gauge, EVENT,
        "Events handed to the bus that it has not accepted yet";

    SENSOR_EVENTS_RECEIVED = "argo_events_sensor_events_received_total", Counter, SENSOR,
        "Deliveries that a sensor took from the bus";
    SENSOR_EVENTS_FILTERED = "argo_events_sensor_events_filtered_total", Counter,
        &["sensor_name", "dependency_name"],
        "Events that a dependency's filters or transform refused";
    SENSOR_EVENTS_REJECTED = "argo_events_sensor_events_rejected_total", Counter,
        &["sensor_name", "trigger_name", "reason"],
        "Events that passed their filters but could not wait for others";
    SENSOR_EVENTS_EXPIRED = "argo_events_sensor_events_expired_total", Counter, TRIGGER,
        "Events that waited for others until their window ended";
    SENSOR_REDELIVERIES = "argo_events_sensor_redeliveries_total", Counter, SENSOR,
        "Deliveries that came again";
    SENSOR_READ_FAILURES = "argo_events_sensor_read_failures_total", Counter, SENSOR,
        "Messages of the bus that are no events, or could not be read";
    SENSOR_PENDING_EVENTS = "argo_events_sensor_pending_events", Gauge, TRIGGER,
        "Events that wait for others before a condition holds";
    SENSOR_OPEN_FIRINGS = "argo_events_sensor_open_firings", Gauge, TRIGGER,
        "Firings whose effect is not done yet";
    SENSOR_JOURNAL_DEPTH = "argo_events_sensor_journal_records", Gauge, TRIGGER,
        "Records of a trigger's journal since its last snapshot";
    SENSOR_JOURNAL_FAILURES = "argo_events_sensor_journal_failures_total", Counter, TRIGGER,
        "Times a trigger's journal could not be written";
    SENSOR_LAG = "argo_events_sensor_lag_milliseconds", Gauge, SENSOR,
        "Age of the delivery taken last, from its acceptance by the bus";
    SENSOR_CONDITIONS_RESET = "argo_events_sensor_conditions_reset_total", Counter, TRIGGER,
        "Times a condition was reset by its schedule";
    ACTION_DEAD_LETTERS = "argo_events_action_dead_letters_total", Counter, TRIGGER,
        "Firings handed to the trigger of last resort";
    ACTION_RATE_LIMITED = "argo_events_action_rate_limited_total", Counter, TRIGGER,
        "Actions that had to wait for the rate limit";

    BUS_RECONNECTS = "argo_events_bus_reconnects_total", Counter, BUS,
        "Times the connection to a bus was made again";
    BUS_EVENTS_KEPT = "argo_events_bus_events_kept", Gauge, BUS,
        "Events that a local bus keeps";
    BUS_BYTES_KEPT = "argo_events_bus_bytes_kept", Gauge, BUS,
        "Bytes of the events that a local bus keeps";
    BUS_LAG = "argo_events_bus_lag_events", Gauge, &["bus_name", "group"],
        "Events that a group of readers has not settled, those of others among them where it is far behind";
    BUS_SYNC_DURATION = "argo_events_bus_sync_duration_milliseconds", Summary, BUS,
        "Milliseconds that a local bus took to write events that came together, and to sync the disk";
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_distinct_and_well_formed() {
        let mut names: Vec<_> = ALL.iter().map(|definition| definition.name).collect();
        assert!(
            names
                .iter()
                .all(|name| name.bytes().all(|b| b.is_ascii_lowercase() || b == b'_'))
        );
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), ALL.len());
    }

    #[test]
    fn counters_of_our_own_end_in_total() {
        for definition in ALL
            .iter()
            .filter(|definition| definition.kind == Kind::Counter)
        {
            assert!(definition.name.ends_with("_total"), "{}", definition.name);
        }
    }
}

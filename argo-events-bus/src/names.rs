//! What the reference calls things on Kafka and STAN: topics, groups, keys.
//!
//! Names only; clients are elsewhere. What it calls things on JetStream is known to the sensor, which
//! takes them over. STAN is not spoken here, but a sensor that used it can be told what it read.

mod glob;

pub use glob::matches;

/// Returns the brokers of a list; blanks around them do not count.
///
/// ```
/// let brokers: Vec<_> = argo_events_bus::names::kafka_brokers("k1:9092, k2:9092").collect();
/// assert_eq!(brokers, ["k1:9092", "k2:9092"]);
/// ```
pub fn kafka_brokers(list: &str) -> impl Iterator<Item = &str> {
    list.split(',').map(str::trim)
}

/// Topics of a sensor: events, half-met conditions, actions.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KafkaTopics {
    /// Events of all event sources.
    pub event: String,
    /// Events of conditions that need others.
    pub trigger: String,
    /// Actions to do.
    pub action: String,
}

impl KafkaTopics {
    /// Returns the topics of a sensor on a bus.
    pub fn new(topic: &str, sensor: &str) -> Self {
        Self {
            event: topic.to_owned(),
            trigger: format!("{topic}-{sensor}-trigger"),
            action: format!("{topic}-{sensor}-action"),
        }
    }
}

/// Returns the consumer group of a sensor; a configured name wins unless it is empty.
pub fn kafka_group(configured: Option<&str>, namespace: &str, sensor: &str) -> String {
    match configured {
        Some(name) if !name.is_empty() => name.to_owned(),
        _ => format!("{namespace}-{sensor}"),
    }
}

/// Returns the key of an event's record.
pub fn kafka_key(source: &str, event: &str) -> String {
    format!("{source}.{event}")
}

/// Returns the queue group of a STAN client: all of its name before the last dash.
pub fn stan_group(client: &str) -> Option<&str> {
    client.rsplit_once('-').map(|(group, _)| group)
}

/// Returns the first dependency that an event belongs to on STAN, where names of sources and events
/// may be patterns. Dependencies are given as name, source and event.
pub fn stan_dependency<'a>(
    dependencies: impl IntoIterator<Item = (&'a str, &'a str, &'a str)>,
    source: &str,
    event: &str,
) -> Option<&'a str> {
    let mut dependencies = dependencies.into_iter();
    let found = dependencies
        .find(|(_, sources, events)| matches(sources, source) && matches(events, event));
    found.map(|(name, _, _)| name)
}

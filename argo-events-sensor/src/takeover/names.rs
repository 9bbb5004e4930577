//! What the reference calls things on a JetStream bus: subjects, consumers, a bucket and its keys.
//!
//! Names only. What lies under the keys is read by `state.rs`; which of it still counts is decided in
//! `inheritance.rs`.

use argo_events_core::{NamedConsumer, Subject, fingerprint};

/// Key of the table of dependencies, each with the hash of its definition.
pub const DEPENDENCIES: &str = "Deps";
/// Key of the list of triggers.
pub const TRIGGERS: &str = "Triggers";

/// Returns the subject on which events are published.
///
/// ```
/// use argo_events_core::Subject;
/// use argo_events_sensor::takeover::names;
///
/// assert_eq!(names::subject(&Subject::new("shop", "paid")), "default.shop.paid");
/// ```
pub fn subject(subject: &Subject) -> String {
    format!("default.{}.{}", subject.source, subject.event)
}

/// Returns the bucket of a sensor; namespaces are no part of it.
pub fn bucket(sensor: &str) -> &str {
    sensor
}

/// Returns the key of a trigger's condition, kept as it was written.
pub fn expression_key(trigger: &str) -> String {
    event_key(trigger, "Expression")
}

/// Returns the key of the event that waits for a trigger in the place of a dependency.
pub fn event_key(trigger: &str, dependency: &str) -> String {
    format!("{trigger}/{dependency}")
}

/// Returns the name of a trigger's consumer.
///
/// ```
/// use argo_events_sensor::takeover::names;
///
/// let name = names::durable("e2e-durable-consumer", "log-trigger-1", "test-dep-1");
/// assert_eq!(name, "group-1965289495");
/// ```
pub fn durable(sensor: &str, trigger: &str, dependency: &str) -> String {
    format!("group-{}", trigger_hash(sensor, trigger, dependency))
}

/// Returns the number in the name of a trigger's consumer.
pub fn trigger_hash(sensor: &str, trigger: &str, dependency: &str) -> u32 {
    fingerprint::fnv1a(&format!("{sensor}-{trigger}-{dependency}"))
}

/// Returns a trigger's consumers, one for each subject.
///
/// The dependencies come in the order in which the condition names them. Of several that share a
/// subject the last one gives the name.
pub fn consumers<'a>(
    sensor: &str,
    trigger: &str,
    dependencies: impl IntoIterator<Item = (&'a str, &'a Subject)>,
) -> Vec<NamedConsumer> {
    let mut consumers: Vec<NamedConsumer> = Vec::new();
    for (dependency, subject) in dependencies {
        let name = durable(sensor, trigger, dependency);
        match consumers.iter_mut().find(|known| known.subject == *subject) {
            Some(known) => known.name = name,
            None => consumers.push(NamedConsumer::new(name, subject.clone())),
        }
    }
    consumers
}

/// Tells whether a bucket may have this name.
pub fn is_bucket(name: &str) -> bool {
    let is_fit = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
    !name.is_empty() && name.bytes().all(is_fit)
}

/// Tells whether an entry of a bucket may have this key.
pub fn is_key(key: &str) -> bool {
    let is_fit =
        |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'/' | b'=' | b'.');
    !key.is_empty() && !key.starts_with('.') && !key.ends_with('.') && key.bytes().all(is_fit)
}

/// Returns the words of a condition, which are the names of its dependencies, in order of first use.
///
/// The reference's rough way of reading what an earlier version of the sensor left, which may name
/// dependencies that are gone.
pub fn named_in(condition: &str) -> Vec<&str> {
    let mut names = Vec::new();
    let between = |c: char| matches!(c, '&' | '|' | '(' | ')') || c.is_whitespace();
    for name in condition.split(between).filter(|name| !name.is_empty()) {
        if !names.contains(&name) {
            names.push(name);
        }
    }
    names
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_of_several_dependencies_on_a_subject_gives_the_name() {
        let (paid, sent) = (Subject::new("shop", "paid"), Subject::new("shop", "sent"));
        let found = consumers("s", "t", [("every", &paid), ("b", &sent), ("big", &paid)]);
        assert_eq!(
            found,
            [
                NamedConsumer::new(durable("s", "t", "big"), paid.clone()),
                NamedConsumer::new(durable("s", "t", "b"), sent.clone()),
            ]
        );
    }

    #[test]
    fn names_in_a_condition_come_in_order_of_first_use() {
        assert_eq!(named_in("( b-1&&a_2 )||b-1 || c.d"), ["b-1", "a_2", "c.d"]);
        assert!(named_in(" ").is_empty());
    }
}

//! Rules of names and of what is kept over a change of a sensor.

use super::Rule;
use serde_json::Value;
use std::collections::BTreeMap;

/// Blanks around the entries of a list of brokers.
pub const KAFKA_BROKERS_TRIMMED: Rule = Rule {
    name: "kafka: blanks in a list of brokers",
    reason: "the reference leaves a blank in front of a broker's name, which then cannot be resolved",
    required: "the same names without blanks around the brokers",
    applies: |vector| {
        let list = vector["in"]["bus"]["url"].as_str().unwrap_or_default();
        list.contains(char::is_whitespace)
    },
};

/// A change of a sensor costs no more than it has to.
pub const STATE_SURVIVES_CHANGES: Rule = Rule {
    name: "state: conditions or dependencies that were edited",
    reason: "the reference forgets what waits and deletes consumers with their backlog when a \
             condition's text or any member of a dependency changed, one blank included",
    required: "all that the reference keeps, and what still counts: events of dependencies whose \
               source and event are the same, and consumers of all subjects",
    applies: |vector| {
        let (old, new) = (
            &vector["in"]["oldDependencies"],
            &vector["in"]["newDependencies"],
        );
        by_name(old, &["name"]) != by_name(new, &["name"]) || has_other_conditions(vector)
    },
};

/// What an earlier version of a sensor left is no part of a condition that never saw it.
pub const STATE_LEFTOVERS: Rule = Rule {
    name: "state: what earlier versions left",
    reason: "the reference purges by the names in the stored text: entries under a condition that kept \
             nothing, or under a dependency that asked for other events, survive and count later",
    required: "all that the reference keeps but those, and what still counts",
    applies: |vector| {
        let triggers = vector["in"]["oldTriggers"].as_array().into_iter().flatten();
        let mut texts = triggers.filter_map(|it| it["template"]["conditions"].as_str());
        texts.any(keeps_nothing) || !moved_dependencies(vector).is_empty()
    },
};

/// Tells whether a condition as written keeps no events for others.
fn keeps_nothing(text: &str) -> bool {
    !text.is_empty() && !text.contains('&')
}

/// Lists dependencies that ask for other events than before.
fn moved_dependencies(vector: &Value) -> Vec<String> {
    let old = by_name(&vector["in"]["oldDependencies"], &["name"]);
    let new = by_name(&vector["in"]["newDependencies"], &["name"]);
    let place = |it: &Value| (it["eventSourceName"].clone(), it["eventName"].clone());
    let moved = new
        .iter()
        .filter(|(name, it)| old.get(*name).is_some_and(|was| place(was) != place(it)));
    moved.map(|(name, _)| name.clone()).collect()
}

/// Tells whether an entry that the reference keeps is one that an earlier version left.
pub(crate) fn is_leftover(vector: &Value, trigger: &str, dependency: &str) -> bool {
    let triggers = by_name(&vector["in"]["oldTriggers"], &["template", "name"]);
    let text = triggers
        .get(trigger)
        .and_then(|it| it["template"]["conditions"].as_str());
    text.is_some_and(keeps_nothing)
        || moved_dependencies(vector)
            .iter()
            .any(|moved| moved == dependency)
}

fn has_other_conditions(vector: &Value) -> bool {
    let path = ["template", "name"];
    let old = by_name(&vector["in"]["oldTriggers"], &path);
    let new = by_name(&vector["in"]["newTriggers"], &path);
    let text = |trigger: &Value| {
        let text = trigger["template"]["conditions"].as_str();
        text.unwrap_or_default().to_owned()
    };
    old.iter()
        .any(|(name, trigger)| new.get(name).map(|it| text(it)) != Some(text(trigger)))
}

fn by_name<'a>(list: &'a Value, path: &[&str]) -> BTreeMap<String, &'a Value> {
    let entries = list.as_array().into_iter().flatten();
    let name = |entry: &Value| {
        let name = path.iter().fold(entry, |at, step| &at[*step]);
        name.as_str().unwrap_or_default().to_owned()
    };
    entries.map(|entry| (name(entry), entry)).collect()
}

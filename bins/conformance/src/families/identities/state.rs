//! The bucket of a sensor on JetStream: what is written at start, and what a change leaves of it.
//!
//! Ours deletes nothing there. It is compared by what counts afterwards: entries of half-met
//! conditions that the sensor as it is now goes on with, and consumers.

use super::{dependencies, text};
use crate::{
    Outcome,
    exceptions::identities::{STATE_LEFTOVERS, STATE_SURVIVES_CHANGES, is_leftover},
};
use argo_events_bus::memory::MemoryStore;
use argo_events_core::{Event, StateStore, Timestamp, api::Dependency};
use argo_events_expr::condition::Condition;
use argo_events_sensor::{
    resolver::ResetSchedule,
    takeover::{Heir, HeirTrigger, Inheritance, StoredEvent, names, specification},
};
use serde_json::{Map, Value, json};
use std::{collections::BTreeSet, sync::Arc};

/// Returns what a sensor writes when it starts.
pub(super) fn start(input: &Value) -> Value {
    let written = specification(
        &dependencies(&input["dependencies"]),
        triggers(&input["triggers"]),
    );
    let entry =
        |(key, value): (String, bytes::Bytes)| (key, json!(String::from_utf8_lossy(&value)));
    let entries: Map<String, Value> = written.into_iter().map(entry).collect();
    json!({"entries": entries})
}

fn triggers(list: &Value) -> Vec<(&str, &str)> {
    let triggers = list
        .as_array()
        .into_iter()
        .flatten()
        .map(|it| &it["template"]);
    triggers
        .map(|it| (text(it, "name"), text(it, "conditions")))
        .collect()
}

/// What of a bucket counts after a change.
#[derive(Debug, Default, PartialEq, Eq)]
struct Kept {
    entries: BTreeSet<String>,
    consumers: BTreeSet<String>,
}

/// Compares what counts after a change.
pub(super) fn change(vector: &Value) -> Outcome {
    let input = &vector["in"];
    let after = dependencies(&input["newDependencies"]);
    let called: Vec<_> = after.iter().map(|it| it.name.as_str()).collect();
    let parse = |(name, text)| Some((name, Condition::parse(text, &called).ok()?));
    let triggers: Vec<_> = triggers(&input["newTriggers"])
        .into_iter()
        .filter_map(parse)
        .collect();
    let heir = Heir {
        sensor: text(input, "sensor"),
        dependencies: &after,
        now: Timestamp::EPOCH,
    };
    let inheritance = match inherited(input, &heir, &triggers) {
        Ok(inheritance) => inheritance,
        Err(error) => return Outcome::failed("no error", error.to_string()),
    };
    let wanted = wanted(vector, &heir, &triggers);
    let got = got(&inheritance, &heir, &triggers);
    if wanted == got {
        return Outcome::Passed;
    }
    let (left, counting): (BTreeSet<_>, BTreeSet<_>) =
        wanted.entries.iter().partition(|key| is_left(vector, key));
    let keeps_all = counting.iter().all(|key| got.entries.contains(*key))
        && wanted.consumers.is_subset(&got.consumers);
    let given = if keeps_all && left.iter().all(|key| !got.entries.contains(*key)) {
        Ok(())
    } else {
        Err(format!("{got:?} instead of {wanted:?}"))
    };
    let rule = if left.is_empty() {
        STATE_SURVIVES_CHANGES
    } else {
        STATE_LEFTOVERS
    };
    rule.require(vector, given)
}

fn is_left(vector: &Value, key: &str) -> bool {
    key.split_once('/')
        .is_some_and(|(trigger, dependency)| is_leftover(vector, trigger, dependency))
}

/// Fills a bucket as the old sensor left it, and reads it as the new one.
fn inherited(
    input: &Value,
    heir: &Heir<'_>,
    called: &[(&str, Condition)],
) -> argo_events_core::Result<Inheritance> {
    let before = dependencies(&input["oldDependencies"]);
    let resets = ResetSchedule::default();
    let runtime = tokio::runtime::Builder::new_current_thread().build();
    runtime
        .expect("a thread can have a runtime")
        .block_on(async {
            let bucket = MemoryStore::default();
            for (key, value) in specification(&before, triggers(&input["oldTriggers"])) {
                bucket.put(&key, value, None).await?;
            }
            for key in saved(input) {
                let stored = event(&before, key);
                bucket.put(key, stored.encode(), None).await?;
            }
            let triggers = called.iter().map(|(name, condition)| HeirTrigger {
                name,
                condition,
                resets: &resets,
            });
            heir.read(&bucket, triggers).await
        })
}

fn saved(input: &Value) -> impl Iterator<Item = &str> {
    let keys = input["savedKeys"].as_array().into_iter().flatten();
    keys.filter_map(Value::as_str)
}

/// Makes an event as the dependency named in a key got it then.
fn event(before: &[Dependency], key: &str) -> StoredEvent {
    let dependency = before
        .iter()
        .find(|it| key.ends_with(&format!("/{}", it.name)));
    let (source, subject) = dependency.map_or(("gone", "gone"), |it| {
        (it.event_source_name.as_str(), it.event_name.as_str())
    });
    let event = Event::builder("1", source, subject)
        .event_type("webhook")
        .data("{}");
    StoredEvent::new(0, Arc::new(event.build()), Timestamp::EPOCH, 1)
}

/// Entries that mean something: of triggers that keep events, and of dependencies they name.
fn meaningful<'a>(
    heir: &'a Heir<'_>,
    triggers: &'a [(&str, Condition)],
) -> impl Iterator<Item = (String, String)> + 'a {
    triggers.iter().flat_map(move |(trigger, condition)| {
        let stateful = condition
            .dependencies()
            .iter()
            .filter(|_| condition.is_stateful());
        stateful.map(move |&at| {
            let dependency = &heir.dependencies[at].name;
            (
                names::event_key(trigger, dependency),
                names::durable(heir.sensor, trigger, dependency),
            )
        })
    })
}

/// Returns what of the meaningful the reference goes on with.
fn wanted(vector: &Value, heir: &Heir<'_>, triggers: &[(&str, Condition)]) -> Kept {
    let listed = |name: &str, entry: &str| {
        let list = vector["want"][name].as_array();
        list.into_iter().flatten().any(|listed| listed == entry)
    };
    let mut kept = Kept::default();
    for (key, durable) in meaningful(heir, triggers) {
        if listed("remainingKeys", &key) && saved(&vector["in"]).any(|saved| saved == key) {
            kept.entries.insert(key);
        }
        if !listed("deletedConsumers", &format!("default/{durable}")) {
            kept.consumers.insert(durable);
        }
    }
    kept
}

/// Returns what of the meaningful ours goes on with.
fn got(inheritance: &Inheritance, heir: &Heir<'_>, triggers: &[(&str, Condition)]) -> Kept {
    let meaningful: Vec<_> = meaningful(heir, triggers).collect();
    let mut kept = Kept::default();
    for ((trigger, condition), inherited) in triggers.iter().zip(&inheritance.triggers) {
        for stored in &inherited.stored {
            let at = condition.dependencies()[usize::from(stored.dependency)];
            kept.entries
                .insert(names::event_key(trigger, &heir.dependencies[at].name));
        }
        let consumers = inherited.backlog.iter().map(|it| it.name.clone());
        kept.consumers
            .extend(consumers.filter(|name| meaningful.iter().any(|(_, known)| known == name)));
    }
    kept
}

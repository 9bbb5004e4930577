//! Writes what waits here as the reference would have, so that it may take the sensor back.
//!
//! Events first, then the tables that say what they mean: if it ends in between, the reference judges
//! by the old tables. Consumers are moved on by the bus, see [`argo_events_core::Predecessor::forward`].

use super::{
    hash::dependency_hash,
    names,
    state::{self, Definitions, StoredEvent},
};
use crate::runtime::SensorPlan;
use argo_events_core::{Result, StateStore, api::Dependency};
use bytes::Bytes;

/// Returns what the reference writes about a sensor when it starts: keys and values.
///
/// Triggers are given by their names and conditions as written.
pub fn specification<'a>(
    dependencies: &[Dependency],
    triggers: impl IntoIterator<Item = (&'a str, &'a str)>,
) -> Vec<(String, Bytes)> {
    let hash = |it: &Dependency| (it.name.clone(), dependency_hash(it));
    let definitions: Definitions = dependencies.iter().map(hash).collect();
    let (triggers, conditions): (Vec<_>, Vec<_>) = triggers.into_iter().unzip();
    let mut entries = vec![
        (names::DEPENDENCIES.to_owned(), definitions.encode()),
        (
            names::TRIGGERS.to_owned(),
            state::encode_triggers(triggers.iter().copied()),
        ),
    ];
    let expressions = triggers.iter().zip(conditions).map(|(trigger, condition)| {
        let condition = Bytes::copy_from_slice(condition.as_bytes());
        (names::expression_key(trigger), condition)
    });
    entries.extend(expressions);
    entries
}

/// Writes a sensor's half-met conditions and what it is made of into the reference's bucket.
///
/// `waiting` says for each trigger of the plan which events wait. Whatever else the bucket keeps for its
/// triggers, or for those it had when the reference ran last, is deleted.
///
/// # Errors
/// Those of the store; `Conflict` if somebody else writes at the same time. Calling it again is safe.
pub async fn export(
    bucket: &dyn StateStore,
    plan: &SensorPlan,
    waiting: &[Vec<StoredEvent>],
) -> Result<()> {
    let triggers = plan.triggers.iter();
    let conditions =
        triggers.map(|it| (it.shape.trigger.as_str(), it.template.conditions.as_str()));
    let tables = specification(&plan.specs, conditions);
    let events = entries_of(plan, waiting);
    let mut owners = state::read_triggers(bucket).await?;
    owners.extend(plan.triggers.iter().map(|it| it.shape.trigger.clone()));
    for key in bucket.keys("").await? {
        let is_wanted = |(wanted, _): &(String, Bytes)| *wanted == key;
        let is_old = |owner: &String| {
            key.strip_prefix(owner.as_str())
                .is_some_and(|rest| rest.starts_with('/'))
        };
        if owners.iter().any(is_old) && !events.iter().chain(&tables).any(is_wanted) {
            delete(bucket, &key).await?;
        }
    }
    for (key, value) in events.into_iter().chain(tables) {
        put(bucket, &key, value).await?;
    }
    Ok(())
}

/// Returns the entries of events that wait. The latest of a dependency is the one that is kept.
fn entries_of(plan: &SensorPlan, waiting: &[Vec<StoredEvent>]) -> Vec<(String, Bytes)> {
    let mut entries = Vec::new();
    for (trigger, waiting) in plan.triggers.iter().zip(waiting) {
        for (place, name) in (0..).zip(&trigger.shape.dependencies) {
            let of_place = waiting.iter().filter(|stored| stored.dependency == place);
            if let Some(stored) = of_place.max_by_key(|stored| stored.sequence) {
                let key = names::event_key(&trigger.shape.trigger, name);
                entries.push((key, stored.encode()));
            }
        }
    }
    entries
}

async fn put(bucket: &dyn StateStore, key: &str, value: Bytes) -> Result<()> {
    let found = bucket.get(key).await?;
    if found.as_ref().is_some_and(|found| found.value == value) {
        return Ok(());
    }
    let version = found.map(|found| found.version);
    bucket.put(key, value, version).await.map(drop)
}

async fn delete(bucket: &dyn StateStore, key: &str) -> Result<()> {
    match bucket.get(key).await? {
        Some(found) => bucket.delete(key, found.version).await,
        None => Ok(()),
    }
}

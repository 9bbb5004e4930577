//! What a sensor of the reference left that still counts for the sensor as it is now.
//!
//! Nothing is lost by a change that does not matter: blanks in a condition, the order of dependencies,
//! a hash that another version computes otherwise. A changed dependency costs the event that waited
//! for it only if that does not fit any more. What is not taken over is said, and stays in the bucket.

use super::{
    kept::Earlier,
    names,
    state::{self, Definitions, StoredEvent},
};
use crate::{resolver::ResetSchedule, runtime::SensorPlan};
use argo_events_core::{NamedConsumer, Result, StateStore, Subject, Timestamp, api::Dependency};
use argo_events_expr::condition::Condition;

/// What a sensor inherits.
#[derive(Clone, Debug, Default, PartialEq)]
#[non_exhaustive]
pub struct Inheritance {
    /// What each of its triggers inherits, in the order of the manifest.
    pub triggers: Vec<InheritedTrigger>,
    /// What could not be read of the sensor as a whole.
    pub warnings: Vec<String>,
}

/// What a trigger inherits.
#[derive(Clone, Debug, Default, PartialEq)]
#[non_exhaustive]
pub struct InheritedTrigger {
    /// The trigger's consumers by the reference's rules: to go on with, or to be moved on for its return.
    pub consumers: Vec<NamedConsumer>,
    /// Consumers that may hold what the trigger has not seen yet. Mostly the same; names differ
    /// where the condition names dependencies of one subject in another order than before.
    pub backlog: Vec<NamedConsumer>,
    /// Events that wait, in stream order.
    pub stored: Vec<StoredEvent>,
    /// What was found and does not count, and why.
    pub warnings: Vec<String>,
}

/// A sensor as far as it matters for what it inherits.
#[derive(Clone, Copy, Debug)]
pub struct Heir<'a> {
    /// Name of the sensor.
    pub sensor: &'a str,
    /// Its dependencies.
    pub dependencies: &'a [Dependency],
    /// The time, against which resets count as missed.
    pub now: Timestamp,
}

/// A trigger of the sensor.
#[derive(Clone, Copy, Debug)]
pub struct HeirTrigger<'a> {
    /// Its name.
    pub name: &'a str,
    /// Its condition over the sensor's dependencies.
    pub condition: &'a Condition,
    /// When it forgets what waits.
    pub resets: &'a ResetSchedule,
}

impl Inheritance {
    /// Reads what the reference left in a sensor's bucket. Changes nothing.
    ///
    /// # Errors
    /// Those of the store.
    ///
    /// # Cancel safety
    /// Dropping the future leaves everything as it is.
    pub async fn read(bucket: &dyn StateStore, plan: &SensorPlan) -> Result<Self> {
        let heir = Heir {
            sensor: &plan.name,
            dependencies: &plan.specs,
            now: plan.build.clock.now(),
        };
        let triggers = plan.triggers.iter().map(|trigger| HeirTrigger {
            name: &trigger.shape.trigger,
            condition: &trigger.condition,
            resets: &trigger.resets,
        });
        let triggers: Vec<_> = triggers.collect();
        heir.read(bucket, triggers).await
    }
}

impl Heir<'_> {
    /// Reads what the reference left for triggers of this sensor.
    ///
    /// # Errors
    /// Those of the store.
    pub async fn read<'t>(
        &self,
        bucket: &dyn StateStore,
        triggers: impl IntoIterator<Item = HeirTrigger<'t>>,
    ) -> Result<Inheritance> {
        let mut inheritance = Inheritance::default();
        let definitions = Definitions::read(bucket, &mut inheritance.warnings).await?;
        let earlier = Earlier::new(&definitions, self.dependencies);
        for trigger in triggers {
            let inherited = self.trigger(bucket, &earlier, trigger).await?;
            inheritance.triggers.push(inherited);
        }
        Ok(inheritance)
    }

    /// Returns a trigger's consumers by the reference's rules.
    pub fn consumers(&self, trigger: HeirTrigger<'_>) -> Vec<NamedConsumer> {
        let subjects = self.subjects();
        let named = trigger.condition.dependencies().iter();
        let named = named.map(|&at| (self.dependencies[at].name.as_str(), &subjects[at]));
        names::consumers(self.sensor, trigger.name, named)
    }

    fn subjects(&self) -> Vec<Subject> {
        let subject = |it: &Dependency| Subject::new(&it.event_source_name, &it.event_name);
        self.dependencies.iter().map(subject).collect()
    }

    async fn trigger(
        &self,
        bucket: &dyn StateStore,
        earlier: &Earlier<'_>,
        trigger: HeirTrigger<'_>,
    ) -> Result<InheritedTrigger> {
        let consumers = self.consumers(trigger);
        let expression = state::read_expression(bucket, trigger.name).await?;
        let mut inherited = InheritedTrigger {
            backlog: self.backlog(trigger, &consumers, expression.as_deref()),
            consumers,
            ..InheritedTrigger::default()
        };
        for (place, &at) in (0..).zip(trigger.condition.dependencies()) {
            let dependency = &self.dependencies[at];
            let key = names::event_key(trigger.name, &dependency.name);
            // `Expression` as the name of a dependency shares its key with the condition.
            if !names::is_key(&key) || key == names::expression_key(trigger.name) {
                continue;
            }
            let Some(kept) = bucket.get(&key).await? else {
                continue;
            };
            let counts = StoredEvent::decode(place, &kept.value)
                .map_err(|reason| format!("it cannot be read: {reason}"))
                .and_then(|stored| {
                    self.judge(earlier, trigger, expression.as_deref(), dependency, stored)
                });
            match counts {
                Ok(stored) => inherited.stored.push(stored),
                Err(reason) => inherited.warnings.push(format!(
                    "the event kept as {key:?} is not taken over: {reason}"
                )),
            }
        }
        inherited.stored.sort_by_key(|stored| stored.sequence);
        Ok(inherited)
    }

    /// Returns the consumers that the trigger had, and those it would have where it had none.
    fn backlog(
        &self,
        trigger: HeirTrigger<'_>,
        consumers: &[NamedConsumer],
        expression: Option<&str>,
    ) -> Vec<NamedConsumer> {
        let subjects = self.subjects();
        let place = |name: &str| self.dependencies.iter().position(|it| it.name == name);
        let places: Vec<usize> = match expression {
            None => Vec::new(),
            Some("") => (0..self.dependencies.len()).collect(),
            Some(text) => names::named_in(text)
                .into_iter()
                .filter_map(place)
                .collect(),
        };
        let named = places
            .iter()
            .map(|&at| (self.dependencies[at].name.as_str(), &subjects[at]));
        let mut backlog = names::consumers(self.sensor, trigger.name, named);
        backlog.retain(|had| consumers.iter().any(|has| has.subject == had.subject));
        for consumer in consumers {
            if !backlog.iter().any(|had| had.subject == consumer.subject) {
                backlog.push(consumer.clone());
            }
        }
        backlog
    }

    fn judge(
        &self,
        earlier: &Earlier<'_>,
        trigger: HeirTrigger<'_>,
        expression: Option<&str>,
        dependency: &Dependency,
        stored: StoredEvent,
    ) -> Result<StoredEvent, String> {
        if !trigger.condition.is_stateful() {
            return Err("the trigger's conditions keep no events now".to_owned());
        }
        if expression.is_some_and(|text| !text.is_empty() && !text.contains('&')) {
            return Err(
                "the last conditions of the trigger kept no events; it was left by earlier ones"
                    .to_owned(),
            );
        }
        if let Some(tick) = trigger.resets.previous(self.now)
            && stored.arrived_at < tick
        {
            return Err(format!("the conditions were reset at {tick}"));
        }
        let event = earlier.judge(dependency, stored.event)?;
        Ok(StoredEvent { event, ..stored })
    }
}

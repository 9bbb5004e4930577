//! Group `sequence`: events one after another, and what fires.
//!
//! The records of the Kafka bus (`want.kafka`) are not looked at here: they are the bus's business.

use crate::Outcome;
use argo_events_core::{Arrival, DependencyResolver, Event, Firing, Timestamp, resolver::Shape};
use argo_events_expr::condition::Condition;
use argo_events_sensor::resolver::LatestWins;
use serde_json::{Value, json};
use std::sync::Arc;

pub(super) fn check(vector: &Value, condition: &Condition, names: &[&str]) -> Outcome {
    if vector["want"]["expression"] != condition.expression() {
        return Outcome::compare(
            &vector["want"]["expression"],
            &json!(condition.expression()),
        );
    }
    let dependencies = condition.dependencies();
    let shape = Shape {
        sensor: "sensor".to_owned(),
        trigger: "tr".to_owned(),
        dependencies: dependencies
            .iter()
            .map(|index| names[*index].to_owned())
            .collect(),
    };
    let mut run = Run {
        vector,
        dependencies,
        names,
        resolver: LatestWins::new(Arc::new(shape), condition.clone()),
    };
    let events = vector["in"]["events"].as_array().into_iter().flatten();
    let got: Vec<Value> = events.map(|event| run.observe(event)).collect();
    let wanted: Vec<Value> = vector["want"]["jetstream"]
        .as_array()
        .into_iter()
        .flatten()
        .map(count_saved)
        .collect();
    Outcome::compare(wanted, got)
}

/// A trigger that takes a vector's events.
struct Run<'a> {
    vector: &'a Value,
    dependencies: &'a [usize],
    names: &'a [&'a str],
    resolver: LatestWins,
}

impl Run<'_> {
    /// Takes one event, in every role that it has for the trigger.
    fn observe(&mut self, event: &Value) -> Value {
        let (id, source, subject) = (
            text(&event["id"]),
            text(&event["source"]),
            text(&event["subject"]),
        );
        let places = self.places(source, subject);
        let made = Arc::new(Event::builder(id, source, subject).build());
        let mut firings = Vec::new();
        for place in &places {
            if !self.is_rejected(*place, id) {
                let at = Timestamp::EPOCH;
                let arrival = Arrival {
                    dependency: *place,
                    event: &made,
                    at,
                };
                self.resolver.observe(arrival, &mut firings);
            }
        }
        let fired: Vec<Value> = firings.iter().map(event_map).collect();
        let mut got = json!({"fired": fired, "saved": self.resolver.pending()});
        if places.is_empty() {
            got["unknown"] = format!(
                "incoming event source and event not associated with any dependencies, \
                 event source={source}, event={subject}"
            )
            .into();
        }
        firings
            .iter()
            .for_each(|firing| self.resolver.commit(firing));
        got
    }

    /// Returns the places of the dependencies that listen to an event, in order of first use.
    fn places(&self, source: &str, subject: &str) -> Vec<u16> {
        let listens = |index: usize| {
            let dependency = &self.vector["in"]["dependencies"][index];
            dependency["eventSourceName"] == source && dependency["eventName"] == subject
        };
        (0..)
            .zip(self.dependencies)
            .filter(|(_, index)| listens(**index))
            .map(|(at, _)| at)
            .collect()
    }

    fn is_rejected(&self, place: u16, id: &str) -> bool {
        let name = self.names[self.dependencies[usize::from(place)]];
        let rejected = self.vector["in"]["rejectedByFilter"].as_array();
        rejected
            .into_iter()
            .flatten()
            .any(|pair| text(pair) == format!("{name}/{id}"))
    }
}

fn event_map(firing: &Firing) -> Value {
    firing
        .events()
        .map(|(name, event)| (name.to_owned(), json!(event.id())))
        .collect()
}

/// Counts the keys that are left, since ours are laid out otherwise; which ones shows when they fire.
fn count_saved(step: &Value) -> Value {
    let mut step = step.clone();
    step["saved"] = step["saved"].as_array().map_or(0, Vec::len).into();
    step
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

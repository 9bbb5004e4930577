//! Rules of triggers' policies: delivery modes, dead letters, rate limits, sensors that are refused.

use super::Rule;
use crate::Outcome;
use serde_json::{Value, json};

/// Retries and dead letters work in every delivery mode.
pub const FLOW_MODES: Rule = Rule {
    name: "flow: failures without atLeastOnce",
    reason: "the reference starts the action and forgets it, so that retryStrategy and dlqTrigger have no effect",
    required: "attempts, dead letter, counters and log as with atLeastOnce",
    applies: |vector| triggers(vector).any(|trigger| trigger["atLeastOnce"] != true),
};

/// A dead letter is waited for, as its trigger is.
pub const FLOW_DEAD_LETTER: Rule = Rule {
    name: "flow: dead letters without atLeastOnce",
    reason: "the reference does not wait for them, does not retry them and loses them at its end",
    required: "attempts, counters and log as with atLeastOnce, before the event is acknowledged",
    applies: |vector| {
        let mut letters = triggers(vector).map(|trigger| &trigger["dlqTrigger"]);
        letters.any(|letter| letter.is_object() && letter["atLeastOnce"] != true)
    },
};

/// Idle time earns nothing.
pub const FLOW_CREDIT: Rule = Rule {
    name: "flow: rate limits after idle time",
    reason: "the reference lets up to ten attempts go at once after a pause",
    required: "attempts that are evenly spaced",
    applies: |vector| {
        let pauses = |fire: &Value| fire["afterMs"].as_u64().is_some_and(|pause| pause > 0);
        let is_limited = |trigger: &Value| trigger["rateLimit"].is_object();
        triggers(vector).any(is_limited) && list(&vector["in"]["fire"]).any(pauses)
    },
};

/// Counters carry the name that the manifest gives.
pub const FLOW_NAME: Rule = Rule {
    name: "flow: a name taken from events",
    reason: "the reference counts durations under the edited name, which makes series without bound",
    required: "the manifest's name in counters, and in the log but for the request's line",
    applies: |vector| {
        let names = |parameter: &Value| parameter["dest"] == "name";
        triggers(vector).any(|trigger| list(&trigger["parameters"]).any(names))
    },
};

/// A condition that cannot be read, or names what is not there.
pub const FLOW_CONDITION: Rule = Rule {
    name: "flow: a condition that is wrong",
    reason: "the reference starts the sensor without that trigger and logs a line",
    required: "the sensor is refused, with the place of the condition",
    applies: |vector| {
        let dependencies = &vector["in"]["spec"]["dependencies"];
        let names: Vec<&str> = list(dependencies)
            .filter_map(|one| one["name"].as_str())
            .collect();
        let is_wrong = |text: &str| {
            let text = text.trim();
            let depth = text
                .matches('(')
                .count()
                .abs_diff(text.matches(')').count());
            let mut named = super::names_in(text);
            text.is_empty()
                || depth > 0
                || text.ends_with(['&', '|'])
                || named.any(|name| !names.contains(&name))
        };
        triggers(vector).any(|trigger| {
            let conditions = trigger["template"]["conditions"]
                .as_str()
                .unwrap_or_default();
            let alone = json!({ "in": { "conditions": conditions, "dependencies": dependencies } });
            let mut rules = CONDITION_RULES.iter();
            !conditions.is_empty() && is_wrong(conditions)
                || rules.any(|rule| (rule.applies)(&alone))
        })
    },
};

/// Rules about conditions alone.
const CONDITION_RULES: [&Rule; 3] = [
    &super::CONDITION_CONSTANT,
    &super::CONDITION_COLLIDING,
    &super::CONDITION_RESERVED,
];

/// A trigger of no kind, or one that could never be made.
pub const FLOW_UNMADE: Rule = Rule {
    name: "flow: a trigger that cannot be made",
    reason: "the reference fails each attempt instead",
    required: "the sensor is refused, with the place of the template",
    applies: |vector| {
        let is_empty = |value: &Value| value.as_object().is_some_and(serde_json::Map::is_empty);
        let names_no_kind = |template: &Value| {
            let members = template.as_object().into_iter().flatten();
            let mut configs = members.filter(|(name, config)| {
                let is_kind = KINDS.iter().any(|kind| name.eq_ignore_ascii_case(kind));
                is_kind && !config.is_null()
            });
            configs.next().is_none()
        };
        triggers(vector).any(|trigger| {
            let template = &trigger["template"];
            names_no_kind(template) || is_empty(&template["http"]["tls"])
        })
    },
};

/// A rate limit that would never let anything pass.
pub const FLOW_LIMIT: Rule = Rule {
    name: "flow: a rate limit that is not positive",
    reason: "the reference takes it for none, or crashes",
    required: "the sensor is refused, with the place of the limit",
    applies: |vector| {
        triggers(vector).any(|trigger| {
            let limit = &trigger["rateLimit"];
            limit.is_object() && limit["requestsPerUnit"].as_i64().unwrap_or(0) <= 0
        })
    },
};

/// Kinds of the reference, listed apart from ours so that one lost there is noticed here.
const KINDS: [&str; 14] = [
    "k8s",
    "argoWorkflow",
    "http",
    "awsLambda",
    "azureEventHubs",
    "azureServiceBus",
    "kafka",
    "pulsar",
    "nats",
    "slack",
    "openWhisk",
    "custom",
    "log",
    "email",
];

/// Finds the rule about a sensor that ran and gave something else.
pub(crate) fn performed(vector: &Value) -> Option<&'static Rule> {
    let rules = [&FLOW_CREDIT, &FLOW_NAME, &FLOW_DEAD_LETTER, &FLOW_MODES];
    rules.into_iter().find(|rule| (rule.applies)(vector))
}

/// Tells whether a sensor was refused for what a rule says, at one of these places.
pub(crate) fn refused(vector: &Value, places: &[String]) -> Option<Outcome> {
    let rules = [
        (&FLOW_CONDITION, "conditions"),
        (&FLOW_LIMIT, "rateLimit"),
        (&FLOW_UNMADE, "template"),
    ];
    let (rule, place) = rules.into_iter().find(|(rule, _)| (rule.applies)(vector))?;
    let is_named = places.iter().any(|path| path.contains(place));
    let given = if is_named {
        Ok(())
    } else {
        Err(places.join(", "))
    };
    Some(rule.require(vector, given))
}

fn triggers(vector: &Value) -> impl Iterator<Item = &Value> {
    list(&vector["in"]["spec"]["triggers"])
}

fn list(value: &Value) -> impl Iterator<Item = &Value> {
    value.as_array().into_iter().flatten()
}

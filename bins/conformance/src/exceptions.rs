//! Where the reference is broken and this project differs on purpose.
//!
//! Each rule is a predicate over a vector's input, never over its id and never over our output,
//! with the reason and with what is required instead.

pub mod admission;
pub mod argoworkflow;
pub mod flow;
pub mod http;
pub mod identities;
pub mod k8s;
pub mod reconcile;
pub mod scripts;
pub mod sensor;
pub mod sources;
pub mod validate;

use crate::Outcome;
use argo_events_expr::sjson;
use jiff::{Span, Timestamp, tz::TimeZone};
use serde_json::Value;

/// A difference on purpose.
#[derive(Clone, Copy, Debug)]
pub struct Rule {
    /// Family and subject in a few words; the report counts under it.
    pub name: &'static str,
    /// Why the reference is not followed.
    pub reason: &'static str,
    /// What is required instead; the family checks it.
    pub required: &'static str,
    /// Says whether the rule is about a vector, by its input alone.
    pub applies: fn(&Value) -> bool,
}

impl Rule {
    /// Counts a vector under the rule if the rule is about it and what is required was given.
    #[must_use]
    pub fn require(&self, vector: &Value, given: Result<(), String>) -> Outcome {
        match given {
            Ok(()) if (self.applies)(vector) => Outcome::Differs(self.name),
            Ok(()) => Outcome::failed("what the vector records", "what another rule requires"),
            Err(got) => Outcome::failed(self.required, got),
        }
    }
}

/// A zone with nothing after it ends the reference's process.
pub const CRON_ONLY_ZONE: Rule = Rule {
    name: "cron: a zone and nothing else",
    reason: "the reference cuts the text at a blank that is not there and crashes",
    required: "an error",
    applies: |vector| {
        let spec = vector["spec"].as_str().unwrap_or_default();
        (spec.starts_with("TZ=") || spec.starts_with("CRON_TZ=")) && !spec.contains(' ')
    },
};

/// The reference's search for earlier times is thrown forward by some repeated clocks.
pub const CRON_REPEATED_CLOCK: Rule = Rule {
    name: "cron: earlier times across a repeated clock",
    reason: "where a repeated clock is taken as its second time, the reference's backward search \
             jumps forward: it never ends, or finds a time that is not earlier or not named",
    required: "the latest earlier time whose clock the schedule names",
    applies: |vector| {
        vector["parser"] == "conditionsReset" && meets_a_repeated_clock(vector).unwrap_or(false)
    },
};

/// How far back three searches of five years each can go.
const CRON_YEARS_BACK: i64 = 15;

/// Says whether the schedule's zone has a repeated clock before the start that Go's `time.Date`
/// takes as its second time.
fn meets_a_repeated_clock(vector: &Value) -> Option<bool> {
    let spec = vector["spec"].as_str()?;
    let prefix = spec
        .strip_prefix("CRON_TZ=")
        .or_else(|| spec.strip_prefix("TZ="));
    let name = match prefix {
        Some(prefixed) => prefixed.split_once(' ')?.0,
        None => vector["tz"].as_str()?,
    };
    let zone = TimeZone::get(name).ok()?;
    let start: Timestamp = vector["start"].as_str()?.parse().ok()?;
    let earliest = start
        .checked_sub(Span::new().hours(CRON_YEARS_BACK * 366 * 24))
        .ok()?;
    let offset = |second: i64| {
        Some(i64::from(
            zone.to_offset(Timestamp::from_second(second).ok()?)
                .seconds(),
        ))
    };
    let changes = zone.preceding(start).map(|change| change.timestamp());
    for change in changes
        .take_while(|change| *change > earliest)
        .map(Timestamp::as_second)
    {
        let (before, after) = (offset(change - 1)?, offset(change)?);
        let repeated = change + after + (before - after) / 2;
        let guess = repeated - offset(repeated)?;
        if after < before && offset(guess)? == after {
            return Some(true);
        }
    }
    Some(false)
}

/// A condition that names no dependency makes a trigger that never subscribes to anything.
pub const CONDITION_CONSTANT: Rule = Rule {
    name: "conditions: no dependency is named",
    reason: "the reference computes a constant, starts the trigger and never subscribes",
    required: "an error",
    applies: |vector| {
        let text = condition_text(vector);
        let word = |word: &str| names_in(&text).any(|name| name == word);
        // A dot in a name is a field of something, and a name in quotes a text.
        text.contains(['=', '<', '>', '!', '.', '"', '\''])
            || CONSTANT_WORDS.into_iter().any(word)
            || names_in(&text).all(is_number)
    },
};

/// Names that differ only in `-` and `_` collide.
pub const CONDITION_COLLIDING: Rule = Rule {
    name: "conditions: names that differ only in - and _",
    reason: "the reference lets the later dependency take the references to both",
    required: "an error",
    applies: |vector| {
        let key = |name: &str| name.replace('-', "_");
        let text = vector["in"]["conditions"].as_str().unwrap_or_default();
        let names = dependency_names(vector);
        let collides = |one: &&str| {
            names
                .iter()
                .any(|other| one != other && key(one) == key(other))
        };
        let keys: Vec<String> = names
            .iter()
            .filter(|name| collides(name))
            .map(|name| key(name))
            .collect();
        names_in(text).any(|name| keys.contains(&key(name)))
    },
};

/// Some names are words of the languages that the reference evaluates conditions with.
pub const CONDITION_RESERVED: Rule = Rule {
    name: "conditions: names that are words of an expression language",
    reason: "the reference evaluates conditions as programs, in which these names mean other things",
    required: "what the condition says, each name being the dependency",
    applies: |vector| {
        let names = dependency_names(vector);
        let reserved = |name: &str| names.contains(&name) && RESERVED_WORDS.contains(&name);
        names_in(&condition_text(vector)).any(reserved)
    },
};

/// Constants, and operators that give one.
const CONSTANT_WORDS: [&str; 9] = [
    "true",
    "false",
    "in",
    "IN",
    "not",
    "contains",
    "matches",
    "startsWith",
    "endsWith",
];

const RESERVED_WORDS: &[&str] = &[
    "IN",
    "abs",
    "all",
    "and",
    "any",
    "ceil",
    "concat",
    "contains",
    "count",
    "date",
    "duration",
    "endsWith",
    "false",
    "filter",
    "find",
    "findIndex",
    "findLast",
    "findLastIndex",
    "first",
    "flatten",
    "float",
    "floor",
    "fromBase64",
    "fromJSON",
    "fromPairs",
    "get",
    "groupBy",
    "hasPrefix",
    "hasSuffix",
    "in",
    "indexOf",
    "int",
    "join",
    "keys",
    "last",
    "lastIndexOf",
    "len",
    "let",
    "lower",
    "map",
    "matches",
    "max",
    "mean",
    "median",
    "min",
    "nil",
    "none",
    "not",
    "now",
    "one",
    "or",
    "reduce",
    "repeat",
    "replace",
    "reverse",
    "round",
    "sort",
    "sortBy",
    "split",
    "splitAfter",
    "startsWith",
    "string",
    "sum",
    "take",
    "toBase64",
    "toJSON",
    "toPairs",
    "trim",
    "trimPrefix",
    "trimSuffix",
    "true",
    "type",
    "upper",
    "values",
];

/// Returns the condition's text, or the default one's.
fn condition_text(vector: &Value) -> String {
    match vector["in"]["conditions"].as_str() {
        None | Some("") => dependency_names(vector).join("&&"),
        Some(text) => text.to_owned(),
    }
}

fn dependency_names(vector: &Value) -> Vec<&str> {
    let dependencies = vector["in"]["dependencies"].as_array();
    dependencies
        .into_iter()
        .flatten()
        .filter_map(|one| one["name"].as_str())
        .collect()
}

/// Returns what looks like a name in a condition.
fn names_in(text: &str) -> impl Iterator<Item = &str> {
    let between = |c: char| !c.is_alphanumeric() && c != '-' && c != '_';
    text.split(between).filter(|name| !name.is_empty())
}

fn is_number(name: &str) -> bool {
    name.starts_with(|first: char| first.is_ascii_digit())
}

/// A message that is only `null` gives the reference no event, and its consumer crashes on it.
pub const CLOUDEVENT_NULL: Rule = Rule {
    name: "cloudevent: a message that is null",
    reason: "the reference reads it as no event at all, and then crashes",
    required: "an error",
    applies: |vector| vector["in"]["bytes"] == "null",
};

/// The reference takes upper-case JSON types for text when it reads and for JSON when it writes.
pub const CLOUDEVENT_UPPER_CASE_JSON: Rule = Rule {
    name: "cloudevent: text under an upper-case JSON type",
    reason: "the reference cannot write an event again that it has read",
    required: "the event survives being written and read",
    applies: |vector| {
        let bytes = vector["in"]["bytes"].as_str().unwrap_or_default();
        bytes.contains(r#""datacontenttype":"APPLICATION/JSON""#)
    },
};

/// An index far beyond an array's end fills memory in the reference.
pub const SJSON_PADDING: Rule = Rule {
    name: "sjson: an index far beyond the end",
    reason: "the reference writes as many nulls as the index says, without a limit",
    required: "an error",
    applies: |vector| {
        let path = vector["path"].as_str().unwrap_or_default();
        let index = |part: &str| {
            part.parse::<u64>()
                .is_ok_and(|index| index > sjson::MAX_PADDING as u64)
        };
        path.split('.').any(index)
    },
};

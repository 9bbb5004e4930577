//! Where the reference is broken and this project differs on purpose.
//!
//! Each rule is a predicate over a vector's input, never over its id and never over our output,
//! with the reason and with what is required instead.

use crate::Outcome;
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

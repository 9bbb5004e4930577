//! The reference's back-off: steps, a pause that grows by a factor, and jitter.
//!
//! The pause before the next attempt is `d + random(0..1) · jitter · d`, then `d` is multiplied by
//! the factor unless that is 0. What a manifest states is kept as it is written, since a part that
//! cannot be read is a mistake of its trigger alone: see [`Backoff::read`].

use crate::{Error, ErrorKind, FieldPath, Problem, Problems, Result};
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Serialize};
use std::{borrow::Cow, time::Duration};

/// How often to try, and how long to pause between attempts, as manifests write it.
///
/// ```
/// use argo_events_core::Backoff;
/// use std::time::Duration;
///
/// let backoff: Backoff = serde_json::from_str(r#"{"duration":"2s","factor":2,"jitter":0,"steps":3}"#)?;
/// let pauses: Vec<_> = backoff.pauses(|| 0.0).collect();
/// assert_eq!(pauses, [Duration::from_secs(2), Duration::from_secs(4)]);
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Backoff {
    /// Pause after the first failed attempt; 1 s if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub duration: Option<Pause>,
    /// What the pause is multiplied by after each attempt; 1 if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub factor: Option<Amount>,
    /// How much of the pause is added at random; 1 if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub jitter: Option<Amount>,
    /// Attempts in all; 5 if absent or not positive.
    #[serde(default, skip_serializing_if = "is_unset")]
    pub steps: Option<i32>,
}

/// A pause as it is written: a Go duration, or an integer of nanoseconds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(
    untagged,
    expecting = "expected a duration such as \"90s\" or an integer of nanoseconds"
)]
pub enum Pause {
    /// Nanoseconds.
    Nanos(i64),
    /// Text such as `1m30s`, not read yet.
    Text(String),
}

/// A factor as it is written: a number; anything else can be written, but not used.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Amount(serde_json::Value);

/// Pause after the first failed attempt.
pub const DURATION: Duration = Duration::from_secs(1);
/// Attempts in all.
pub const STEPS: u32 = 5;

/// A back-off whose parts were read.
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub struct Schedule {
    /// Pause after the first failed attempt, in nanoseconds; one that is not positive does not wait.
    pub first: i64,
    /// What the pause is multiplied by after each attempt, unless it is 0.
    pub factor: f64,
    /// How much of the pause is added at random, if it is positive.
    pub jitter: f64,
    /// Attempts in all.
    pub attempts: u32,
}

impl Default for Schedule {
    fn default() -> Self {
        let first = i64::try_from(DURATION.as_nanos()).unwrap_or(i64::MAX);
        Self {
            first,
            factor: 1.0,
            jitter: 1.0,
            attempts: STEPS,
        }
    }
}

impl Backoff {
    /// Returns how many attempts there are in all.
    pub fn attempts(&self) -> u32 {
        self.steps
            .and_then(|steps| u32::try_from(steps).ok())
            .filter(|&n| n > 0)
            .unwrap_or(STEPS)
    }

    /// Reads every part.
    ///
    /// # Errors
    /// `ConfigInvalid`, permanent, naming the part that cannot be read.
    pub fn read(&self) -> Result<Schedule> {
        let usual = Schedule::default();
        let amount = |amount: &Option<Amount>, usual, name| match amount {
            Some(amount) => amount
                .number()
                .ok_or_else(|| invalid(name, &amount.0.to_string())),
            None => Ok(usual),
        };
        let first = match &self.duration {
            Some(Pause::Nanos(nanos)) => *nanos,
            Some(Pause::Text(text)) => argo_events_expr::duration::parse(text)
                .map_err(|error| invalid("duration", &error))?,
            None => usual.first,
        };
        let factor = amount(&self.factor, usual.factor, "factor")?;
        let jitter = amount(&self.jitter, usual.jitter, "jitter")?;
        Ok(Schedule {
            first,
            factor,
            jitter,
            attempts: self.attempts(),
        })
    }

    /// Reports a part that cannot be read.
    pub fn validate(&self, path: &FieldPath, problems: &mut Problems) {
        if let Err(error) = self.read() {
            let place = path.field(error.context("field").unwrap_or_default());
            let help = "write a duration such as 500ms, and numbers without quotes";
            problems.push(Problem::error(place, error.message()).help(help));
        }
    }

    /// Iterates over the pauses between attempts; `random` gives numbers from 0 up to 1.
    ///
    /// A back-off that cannot be read pauses as an empty one.
    pub fn pauses(&self, random: impl FnMut() -> f64) -> impl Iterator<Item = Duration> {
        let unread = Schedule {
            attempts: self.attempts(),
            ..Schedule::default()
        };
        self.read().unwrap_or(unread).pauses(random)
    }
}

impl Schedule {
    /// Iterates over the pauses between attempts; `random` gives numbers from 0 up to 1.
    pub fn pauses(self, mut random: impl FnMut() -> f64) -> impl Iterator<Item = Duration> {
        self.nanos().map(move |nanos| {
            let added = if self.jitter > 0.0 {
                random() * self.jitter * nanos as f64
            } else {
                0.0
            };
            let seconds = (nanos as f64 + added) / 1e9;
            let endless = if seconds > 0.0 {
                Duration::MAX
            } else {
                Duration::ZERO
            };
            Duration::try_from_secs_f64(seconds).unwrap_or(endless)
        })
    }

    /// Iterates over the pauses without jitter, in nanoseconds; they may be negative.
    #[expect(
        clippy::cast_possible_truncation,
        reason = "the reference cuts fractions too"
    )]
    pub fn nanos(self) -> impl Iterator<Item = i64> {
        let mut next = self.first;
        (1..self.attempts).map(move |_| {
            let nanos = next;
            if self.factor != 0.0 {
                next = (next as f64 * self.factor) as i64;
            }
            nanos
        })
    }
}

impl Amount {
    fn number(&self) -> Option<f64> {
        self.0.as_f64()
    }
}

impl From<f64> for Amount {
    fn from(number: f64) -> Self {
        Self(number.into())
    }
}

impl From<Duration> for Pause {
    fn from(pause: Duration) -> Self {
        Self::Nanos(i64::try_from(pause.as_nanos()).unwrap_or(i64::MAX))
    }
}

fn is_unset(steps: &Option<i32>) -> bool {
    steps.is_none_or(|steps| steps == 0)
}

fn invalid(field: &'static str, reason: &dyn std::fmt::Display) -> Error {
    let message = match field {
        "duration" => reason.to_string(),
        field => format!("invalid {field}: {reason} is not a number"),
    };
    Error::permanent(ErrorKind::ConfigInvalid, message).with("field", field)
}

impl JsonSchema for Pause {
    fn schema_name() -> Cow<'static, str> {
        "Pause".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "description": "a duration such as \"90s\", or an integer of nanoseconds",
            "x-kubernetes-int-or-string": true,
        })
    }
}

impl JsonSchema for Amount {
    fn schema_name() -> Cow<'static, str> {
        "Amount".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "description": "a number", "x-kubernetes-preserve-unknown-fields": true })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pauses(text: &str) -> Vec<Duration> {
        serde_json::from_str::<Backoff>(text)
            .unwrap()
            .pauses(|| 0.5)
            .collect()
    }

    #[test]
    fn jitter_adds_a_part_of_the_pause_and_does_not_grow_with_it() {
        let pauses = pauses(r#"{"duration":"1s","factor":2,"jitter":1,"steps":3}"#);
        assert_eq!(pauses, [1.5, 3.0].map(Duration::from_secs_f64));
    }

    #[test]
    fn steps_are_attempts_and_five_unless_positive() {
        assert_eq!(pauses(r#"{"jitter":0,"steps":1}"#), []);
        assert_eq!(
            pauses(r#"{"jitter":0,"steps":-2}"#),
            [Duration::from_secs(1); 4]
        );
    }

    #[test]
    fn a_negative_pause_or_jitter_does_not_wait() {
        assert_eq!(pauses(r#"{"duration":"-5s","steps":2}"#), [Duration::ZERO]);
        assert_eq!(
            pauses(r#"{"duration":"1s","jitter":-0.5,"steps":2}"#),
            [Duration::from_secs(1)]
        );
    }

    #[test]
    fn a_part_that_cannot_be_read_survives_decoding_and_is_named() {
        for (text, field) in [
            (r#"{"duration":"5"}"#, "duration"),
            (r#"{"factor":"2"}"#, "factor"),
            (r#"{"jitter":true}"#, "jitter"),
        ] {
            let backoff: Backoff = serde_json::from_str(text).unwrap();
            assert_eq!(serde_json::to_string(&backoff).unwrap(), text);
            assert_eq!(backoff.read().unwrap_err().context("field"), Some(field));
        }
        assert!(serde_json::from_str::<Backoff>(r#"{"duration":1.5}"#).is_err());
    }

    #[test]
    fn a_pause_beyond_all_measure_is_the_longest_there_is() {
        assert_eq!(
            pauses(r#"{"duration":"9000h","factor":1e300,"steps":4}"#).len(),
            3
        );
    }
}

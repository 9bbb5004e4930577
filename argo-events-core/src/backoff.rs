//! The reference's back-off: steps, a pause that grows by a factor, and jitter.
//!
//! Semantics: `duration` is a Go duration or an integer of nanoseconds; the pause before the next
//! attempt is `d + random(0..1) · jitter · d`, then `d` is multiplied by the factor unless that is 0.

use crate::api::GoDuration;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::time::Duration;

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
    pub duration: Option<GoDuration>,
    /// What the pause is multiplied by after each attempt; 1 if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub factor: Option<f64>,
    /// How much of the pause is added at random; 1 if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub jitter: Option<f64>,
    /// Attempts in all; 5 if absent or not positive.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub steps: Option<i32>,
}

/// Pause after the first failed attempt.
pub const DURATION: Duration = Duration::from_secs(1);
/// Attempts in all.
pub const STEPS: u32 = 5;

impl Backoff {
    /// Returns how many attempts there are in all.
    pub fn attempts(&self) -> u32 {
        self.steps.and_then(|steps| u32::try_from(steps).ok()).filter(|&n| n > 0).unwrap_or(STEPS)
    }

    /// Iterates over the pauses between attempts; `random` gives numbers from 0 up to 1.
    pub fn pauses(&self, mut random: impl FnMut() -> f64) -> impl Iterator<Item = Duration> {
        let first = self.duration.map_or(DURATION, |duration| duration.to_std());
        let (factor, jitter) = (self.factor.unwrap_or(1.0), self.jitter.unwrap_or(1.0));
        let mut seconds = first.as_secs_f64();
        (1..self.attempts()).map(move |_| {
            let pause = seconds + random() * jitter * seconds;
            if factor != 0.0 {
                seconds *= factor;
            }
            Duration::try_from_secs_f64(pause).unwrap_or(if pause > 0.0 { Duration::MAX } else { Duration::ZERO })
        })
    }
}

//! A point in time as nanoseconds since the Unix epoch.
//!
//! Small, ordered and cheap to compare, since every delivery carries one. Calendars and zones are
//! the business of `argo_events_expr::cron`.

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::{
    fmt,
    ops::{Add, Sub},
    str::FromStr,
    time::{Duration, SystemTime},
};

/// A point in time, to the nanosecond, from 1677 to 2262.
///
/// Serialises as RFC 3339 in UTC with as many fractional digits as needed.
///
/// ```
/// use argo_events_core::Timestamp;
/// use std::time::Duration;
///
/// let at: Timestamp = "2026-03-04T05:06:07.5Z".parse()?;
/// assert_eq!((at + Duration::from_millis(500)).to_string(), "2026-03-04T05:06:08Z");
/// # Ok::<(), argo_events_core::Error>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp(i64);

impl Timestamp {
    /// The Unix epoch.
    pub const EPOCH: Self = Self(0);
    /// The last point in time that can be expressed.
    pub const MAX: Self = Self(i64::MAX);

    /// Makes a timestamp from nanoseconds since the Unix epoch.
    pub const fn from_nanos(nanos: i64) -> Self {
        Self(nanos)
    }

    /// Makes a timestamp from milliseconds since the Unix epoch; saturates.
    pub const fn from_millis(millis: i64) -> Self {
        Self(millis.saturating_mul(1_000_000))
    }

    /// Returns nanoseconds since the Unix epoch.
    pub const fn as_nanos(self) -> i64 {
        self.0
    }

    /// Returns whole milliseconds since the Unix epoch, rounded down.
    pub const fn as_millis(self) -> i64 {
        self.0.div_euclid(1_000_000)
    }

    /// Returns how long ago `earlier` was; zero if it was not earlier.
    pub fn since(self, earlier: Self) -> Duration {
        Duration::from_nanos(u64::try_from(self.0.saturating_sub(earlier.0)).unwrap_or(0))
    }

    /// Returns the same second without its fraction, as the reference prints event times.
    #[must_use]
    pub const fn truncated_to_seconds(self) -> Self {
        Self(self.0 - self.0.rem_euclid(1_000_000_000))
    }
}

impl Add<Duration> for Timestamp {
    type Output = Self;

    fn add(self, duration: Duration) -> Self {
        Self(
            self.0
                .saturating_add(i64::try_from(duration.as_nanos()).unwrap_or(i64::MAX)),
        )
    }
}

impl Sub<Duration> for Timestamp {
    type Output = Self;

    fn sub(self, duration: Duration) -> Self {
        Self(
            self.0
                .saturating_sub(i64::try_from(duration.as_nanos()).unwrap_or(i64::MAX)),
        )
    }
}

impl From<SystemTime> for Timestamp {
    fn from(time: SystemTime) -> Self {
        match time.duration_since(SystemTime::UNIX_EPOCH) {
            Ok(after) => Self::EPOCH + after,
            Err(before) => Self::EPOCH - before.duration(),
        }
    }
}

impl From<Timestamp> for SystemTime {
    fn from(time: Timestamp) -> Self {
        match u64::try_from(time.0) {
            Ok(nanos) => Self::UNIX_EPOCH + Duration::from_nanos(nanos),
            Err(_) => Self::UNIX_EPOCH - Duration::from_nanos(time.0.unsigned_abs()),
        }
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let time = jiff::Timestamp::from_nanosecond(i128::from(self.0))
            .expect("every i64 of nanoseconds lies within jiff's range");
        write!(formatter, "{time}")
    }
}

impl FromStr for Timestamp {
    type Err = crate::Error;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let invalid = |reason: String| {
            crate::Error::permanent(crate::ErrorKind::PayloadInvalid, reason).with("time", text)
        };
        let time: jiff::Timestamp = text
            .parse()
            .map_err(|error| invalid(format!("not an RFC 3339 time: {error}")))?;
        i64::try_from(time.as_nanosecond())
            .map(Self)
            .map_err(|_| invalid("time lies outside the years 1677 to 2262".to_owned()))
    }
}

impl Serialize for Timestamp {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Timestamp {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

//! Lengths of time.

use crate::duration;
use std::fmt;

/// A length of time in nanoseconds; prints as `1h2m3.5s`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Duration(pub i64);

impl Duration {
    /// The shortest one, about minus 292 years.
    pub const MIN: Self = Self(i64::MIN);
    /// The longest one, about 292 years.
    pub const MAX: Self = Self(i64::MAX);

    /// Reads a duration such as `1h15m30.5s`.
    ///
    /// # Errors
    /// When the text is malformed or does not fit into 64 bits.
    pub fn parse(text: &str) -> Result<Self, duration::Error> {
        duration::parse(text).map(Self)
    }

    /// Makes a duration of whole seconds, wrapping around as Go's multiplication does.
    #[must_use]
    pub fn from_seconds(seconds: i64) -> Self {
        Self(seconds.wrapping_mul(duration::SECOND))
    }

    /// Returns the nanoseconds.
    #[must_use]
    pub fn nanoseconds(self) -> i64 {
        self.0
    }

    /// Returns the whole microseconds.
    #[must_use]
    pub fn microseconds(self) -> i64 {
        self.0 / duration::MICROSECOND
    }

    /// Returns the whole milliseconds.
    #[must_use]
    pub fn milliseconds(self) -> i64 {
        self.0 / duration::MILLISECOND
    }

    /// Returns the seconds with their fraction.
    #[must_use]
    pub fn seconds(self) -> f64 {
        self.in_units_of(duration::SECOND)
    }

    /// Returns the minutes with their fraction.
    #[must_use]
    pub fn minutes(self) -> f64 {
        self.in_units_of(duration::MINUTE)
    }

    /// Returns the hours with their fraction.
    #[must_use]
    pub fn hours(self) -> f64 {
        self.in_units_of(duration::HOUR)
    }

    fn in_units_of(self, unit: i64) -> f64 {
        (self.0 / unit) as f64 + (self.0 % unit) as f64 / unit as f64
    }

    /// Returns the duration without its sign; the shortest one becomes the longest.
    #[must_use]
    pub fn abs(self) -> Self {
        Self(self.0.saturating_abs())
    }

    /// Rounds towards zero to a multiple of a unit; units below one leave everything as it is.
    #[must_use]
    pub fn truncate(self, unit: Self) -> Self {
        if unit.0 <= 0 {
            return self;
        }
        Self(self.0 - self.0 % unit.0)
    }

    /// Rounds to the nearest multiple of a unit, halves away from zero.
    ///
    /// What does not fit becomes the shortest or the longest duration.
    #[must_use]
    pub fn round(self, unit: Self) -> Self {
        if unit.0 <= 0 {
            return self;
        }
        let remainder = self.0 % unit.0;
        let towards_zero = self.0 - remainder;
        if less_than_half(remainder.abs(), unit.0) {
            return Self(towards_zero);
        }
        Self(towards_zero.saturating_add(unit.0 * self.0.signum()))
    }
}

/// Tells whether `part` is less than half of `whole`; neither is negative.
pub(super) fn less_than_half(part: i64, whole: i64) -> bool {
    part.unsigned_abs() * 2 < whole.unsigned_abs()
}

impl fmt::Display for Duration {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&duration::format(self.0))
    }
}

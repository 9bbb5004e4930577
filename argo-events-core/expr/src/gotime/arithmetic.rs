//! Sums, differences, comparisons and rounding of times.

use super::{
    span::{Duration, less_than_half},
    time::{Time, WallClock},
};
use std::cmp::Ordering;

const SECOND: i64 = 1_000_000_000;

impl Time {
    /// Returns the time a duration later; past the ends of time it stays there.
    #[must_use]
    pub fn add(&self, duration: Duration) -> Self {
        let nanoseconds = i64::from(self.nanoseconds) + duration.0 % SECOND;
        let seconds = duration.0 / SECOND + nanoseconds.div_euclid(SECOND);
        let mut sum = self.add_seconds(seconds);
        sum.nanoseconds = u32::try_from(nanoseconds.rem_euclid(SECOND))
            .expect("a second has less than 2^32 nanoseconds");
        sum
    }

    pub(super) fn add_seconds(&self, seconds: i64) -> Self {
        let sum = self.seconds.saturating_add(seconds);
        Self {
            // Go ends one second short of the smallest number.
            seconds: if self.seconds.checked_add(seconds).is_none() {
                sum.max(-i64::MAX)
            } else {
                sum
            },
            nanoseconds: self.nanoseconds,
            location: self.location.clone(),
        }
    }

    /// Returns the time so many years, months and days later, days out of range carried over.
    #[must_use]
    pub fn add_date(&self, years: i64, months: i64, days: i64) -> Self {
        let clock = self.wall_clock();
        let later = WallClock {
            year: clock.year.wrapping_add(years),
            month: clock.month.wrapping_add(months),
            day: clock.day.wrapping_add(days),
            ..clock
        };
        Self::date(later, self.location.clone())
    }

    /// Returns the duration since another time, at most the longest one either way.
    #[must_use]
    pub fn since(&self, other: &Self) -> Duration {
        let seconds = i128::from(self.seconds) - i128::from(other.seconds);
        let nanoseconds = i128::from(self.nanoseconds) - i128::from(other.nanoseconds);
        let difference = seconds * i128::from(SECOND) + nanoseconds;
        let limit = if difference < 0 { i64::MIN } else { i64::MAX };
        Duration(i64::try_from(difference).unwrap_or(limit))
    }

    /// Orders by the instant, wherever the clocks are.
    #[must_use]
    pub fn compare(&self, other: &Self) -> Ordering {
        (self.seconds, self.nanoseconds).cmp(&(other.seconds, other.nanoseconds))
    }

    /// Rounds down to a multiple of a duration since the year 1.
    #[must_use]
    pub fn truncate(&self, unit: Duration) -> Self {
        if unit.0 <= 0 {
            return self.clone();
        }
        self.add(Duration(-self.remainder(unit)))
    }

    /// Rounds to the nearest multiple of a duration since the year 1, halves up.
    #[must_use]
    pub fn round(&self, unit: Duration) -> Self {
        if unit.0 <= 0 {
            return self.clone();
        }
        let remainder = self.remainder(unit);
        if less_than_half(remainder, unit.0) {
            return self.add(Duration(-remainder));
        }
        self.add(Duration(unit.0 - remainder))
    }

    fn remainder(&self, unit: Duration) -> i64 {
        let since_year_1 =
            i128::from(self.seconds) * i128::from(SECOND) + i128::from(self.nanoseconds);
        let remainder = since_year_1.rem_euclid(i128::from(unit.0));
        i64::try_from(remainder).expect("less than the unit, which fits")
    }
}

//! Fires at a fixed distance.

use crate::duration;
use jiff::{SignedDuration, Timestamp};

/// A fixed distance between two times, as a Go duration.
///
/// Nothing is rounded when it is read; what is below a second, zero or negative is accepted here
/// and makes no sense as a schedule, so whoever reads manifests refuses it.
///
/// ```
/// use argo_events_expr::cron::Interval;
///
/// let interval = Interval::parse("90s")?;
/// let next = interval.next("2026-03-04T05:06:07.5Z".parse()?);
/// assert_eq!(next, Some("2026-03-04T05:07:37Z".parse()?));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Interval {
    nanoseconds: i64,
}

impl Interval {
    /// Reads an interval such as `10s` or `1h30m`.
    ///
    /// # Errors
    /// When the text is no Go duration.
    pub fn parse(text: &str) -> Result<Self, duration::Error> {
        duration::parse(text).map(|nanoseconds| Self { nanoseconds })
    }

    /// Returns the distance in nanoseconds.
    #[must_use]
    pub fn nanoseconds(self) -> i64 {
        self.nanoseconds
    }

    /// Returns the time one interval after the second that `after` lies in, or nothing where time
    /// ends.
    #[must_use]
    pub fn next(self, after: Timestamp) -> Option<Timestamp> {
        let fraction = after.as_nanosecond().rem_euclid(1_000_000_000);
        let second = Timestamp::from_nanosecond(after.as_nanosecond() - fraction).ok()?;
        second
            .checked_add(SignedDuration::from_nanos(self.nanoseconds))
            .ok()
    }
}

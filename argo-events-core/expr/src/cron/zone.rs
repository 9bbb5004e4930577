//! Time zones by name, and wall clocks turned into instants as Go's `time.Date` does.
//!
//! Instants are seconds since the Unix epoch. Zones are looked up in the system's database, or in
//! the one compiled in where the system has none.

use super::Error;
use jiff::{
    Timestamp,
    civil::DateTime,
    tz::{Offset, TimeZone},
};

/// A time zone.
///
/// A wall clock that occurs twice is taken the way Go takes it: the offset in force when the wall
/// clock is read as UTC is tried first, and if the instant found lies under another offset, that
/// one is used. West of Greenwich this is the first occurrence, elsewhere usually the second.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Zone(TimeZone);

impl Zone {
    /// The name that stands for the default zone.
    pub(super) const LOCAL: &str = "Local";

    /// Returns UTC.
    #[must_use]
    pub fn utc() -> Self {
        Self(TimeZone::UTC)
    }

    /// Looks up a zone by its exact IANA name; the empty name and `Local` are UTC.
    ///
    /// The process's own zone is never used: what a manifest means must not depend on it.
    ///
    /// # Errors
    /// When there is no such zone.
    pub fn load(name: &str) -> Result<Self, Error> {
        if matches!(name, "" | "UTC" | Self::LOCAL) {
            return Ok(Self::utc());
        }
        let unknown = || Error::Zone {
            name: name.to_owned(),
        };
        let zone = TimeZone::get(name).map_err(|_| unknown())?;
        // The lookup ignores case, which neither Go nor a file system does.
        if zone.iana_name() != Some(name) || zone.is_unknown() {
            return Err(unknown());
        }
        Ok(Self(zone))
    }

    /// Returns the zone's name.
    #[must_use]
    pub fn name(&self) -> &str {
        self.0.iana_name().unwrap_or("UTC")
    }

    /// Returns the offset from UTC at an instant, in seconds east of Greenwich.
    #[must_use]
    pub fn offset(&self, at: Timestamp) -> i32 {
        self.0.to_offset(at).seconds()
    }

    /// Returns what clocks show at an instant.
    pub(super) fn clock_at(&self, at: Timestamp) -> DateTime {
        self.0.to_datetime(at)
    }

    /// Returns what clocks show at a second, or nothing where time ends.
    pub(super) fn clock(&self, second: i64) -> Option<DateTime> {
        Timestamp::from_second(second)
            .ok()
            .map(|at| self.clock_at(at))
    }

    /// Returns the instant at which clocks show this, or nothing where time ends.
    pub(super) fn instant(&self, clock: DateTime) -> Option<i64> {
        let as_utc = Offset::UTC.to_timestamp(clock).ok()?;
        let guess = as_utc.as_second() - i64::from(self.offset(as_utc));
        let offset = self.offset(Timestamp::from_second(guess).ok()?);
        Some(as_utc.as_second() - i64::from(offset))
    }

    /// Returns the last second, up to this one, at which clocks were changed.
    pub(super) fn change_before(&self, second: i64) -> Option<i64> {
        let after = Timestamp::from_second(second.checked_add(1)?).ok()?;
        self.0
            .preceding(after)
            .next()
            .map(|change| change.timestamp().as_second())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;

    fn instant(zone: &str, clock: DateTime) -> String {
        let second = Zone::load(zone).unwrap().instant(clock).unwrap();
        Timestamp::from_second(second).unwrap().to_string()
    }

    #[test]
    fn names_are_exact() {
        for name in [
            "utc",
            "america/new_york",
            "../etc",
            "+05:00",
            "Europe/London ",
            "Etc/Unknown",
        ] {
            assert_eq!(
                Zone::load(name),
                Err(Error::Zone {
                    name: name.to_owned()
                })
            );
        }
        assert_eq!(Zone::load("US/Pacific").unwrap().name(), "US/Pacific");
        assert_eq!(Zone::load("").unwrap().name(), "UTC");
    }

    #[test]
    fn a_repeated_clock_is_the_first_one_in_the_west_and_the_second_in_the_east() {
        let repeated = date(2024, 11, 3).at(1, 30, 0, 0);
        assert_eq!(
            instant("America/New_York", repeated),
            "2024-11-03T05:30:00Z"
        );
        let repeated = date(2024, 10, 27).at(2, 30, 0, 0);
        assert_eq!(instant("Europe/Berlin", repeated), "2024-10-27T01:30:00Z");
    }

    #[test]
    fn a_skipped_clock_is_read_with_one_of_the_offsets_around_it() {
        let skipped = date(2024, 3, 10).at(2, 30, 0, 0);
        assert_eq!(instant("America/New_York", skipped), "2024-03-10T06:30:00Z");
    }
}

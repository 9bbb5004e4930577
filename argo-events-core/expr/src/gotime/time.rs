//! Instants and what clocks show at them.

use super::{
    calendar::{self, DAY, Date, UNIX_TO_ABSOLUTE, UNIX_TO_INTERNAL},
    location::{Location, Zone},
    names::{Month, Weekday},
};

/// Nanoseconds in a second.
const SECOND: i64 = 1_000_000_000;

/// An instant, to the nanosecond, and the place whose clocks show it.
///
/// The default is the zero time of Go, the first of January of the year 1 in UTC. Seconds are
/// counted from there in 64 bits and wrap around where Go's do.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Time {
    /// Seconds since the year 1.
    pub(super) seconds: i64,
    pub(super) nanoseconds: u32,
    pub(super) location: Location,
}

/// What a calendar and a clock show, or should show.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct WallClock {
    /// The year.
    pub year: i64,
    /// The month, 1 is January.
    pub month: i64,
    /// The day of the month.
    pub day: i64,
    /// The hour.
    pub hour: i64,
    /// The minute.
    pub minute: i64,
    /// The second.
    pub second: i64,
    /// The nanosecond.
    pub nanosecond: i64,
}

impl Time {
    /// Returns the time so many seconds and nanoseconds after 1970, shown as `Local`.
    #[must_use]
    pub fn unix(seconds: i64, nanoseconds: i64) -> Self {
        let seconds = seconds.wrapping_add(nanoseconds.div_euclid(SECOND));
        Self {
            seconds: seconds.wrapping_add(UNIX_TO_INTERNAL),
            nanoseconds: u32::try_from(nanoseconds.rem_euclid(SECOND))
                .expect("a second has less than 2^32 nanoseconds"),
            location: Location::Local,
        }
    }

    /// Returns the time at which clocks of a place show this, values out of range carried over.
    ///
    /// The 32nd of October is the first of November. A clock that is skipped or shown twice is
    /// read with one of the two offsets around it, the one Go picks.
    #[must_use]
    pub fn date(clock: WallClock, location: Location) -> Self {
        let (year, month) = carry(clock.year, clock.month.wrapping_sub(1), 12);
        let (second, nanosecond) = carry(clock.second, clock.nanosecond, SECOND);
        let (minute, second) = carry(clock.minute, second, 60);
        let (hour, minute) = carry(clock.hour, minute, 60);
        let (day, hour) = carry(clock.day, hour, 24);
        let month = u8::try_from(month + 1).expect("carried into a year");
        let days = calendar::days(year, month, day);
        let shown = (days.wrapping_mul(DAY as u64) as i64)
            .wrapping_add(hour * 3_600 + minute * 60 + second)
            .wrapping_sub(UNIX_TO_ABSOLUTE);
        let guess = shown.wrapping_sub(location.offset(shown));
        let seconds = shown.wrapping_sub(location.offset(guess));
        Self::unix(seconds, nanosecond).within(location)
    }

    /// Returns the same instant as clocks of another place show it.
    #[must_use]
    pub fn within(mut self, location: Location) -> Self {
        self.location = location;
        self
    }

    /// Returns the same instant as clocks of UTC show it.
    #[must_use]
    pub fn utc(self) -> Self {
        self.within(Location::Utc)
    }

    /// Returns the same instant as clocks of the process's own zone show it.
    #[must_use]
    pub fn local(self) -> Self {
        self.within(Location::Local)
    }

    /// Returns the place whose clocks show the time.
    #[must_use]
    pub fn location(&self) -> &Location {
        &self.location
    }

    /// Returns what those clocks follow at this time.
    #[must_use]
    pub fn zone(&self) -> Zone {
        self.location.zone(self.unix_seconds())
    }

    /// Tells whether this is the first instant of the year 1 in UTC.
    #[must_use]
    pub fn is_zero(&self) -> bool {
        self.seconds == 0 && self.nanoseconds == 0
    }

    /// Returns the whole seconds since 1970.
    #[must_use]
    pub fn unix_seconds(&self) -> i64 {
        self.seconds.wrapping_sub(UNIX_TO_INTERNAL)
    }

    /// Returns the whole milliseconds since 1970.
    #[must_use]
    pub fn unix_milliseconds(&self) -> i64 {
        let part = i64::from(self.nanoseconds / 1_000_000);
        self.unix_seconds().wrapping_mul(1_000).wrapping_add(part)
    }

    /// Returns the whole microseconds since 1970.
    #[must_use]
    pub fn unix_microseconds(&self) -> i64 {
        let part = i64::from(self.nanoseconds / 1_000);
        self.unix_seconds()
            .wrapping_mul(1_000_000)
            .wrapping_add(part)
    }

    /// Returns the nanoseconds since 1970, wrapped around outside of the years 1678 to 2262.
    #[must_use]
    pub fn unix_nanoseconds(&self) -> i64 {
        self.unix_seconds()
            .wrapping_mul(SECOND)
            .wrapping_add(i64::from(self.nanoseconds))
    }

    /// Returns the year.
    #[must_use]
    pub fn year(&self) -> i64 {
        self.calendar_date().year
    }

    /// Returns the month.
    #[must_use]
    pub fn month(&self) -> Month {
        Month(self.calendar_date().month.into())
    }

    /// Returns the day of the month.
    #[must_use]
    pub fn day(&self) -> i64 {
        self.calendar_date().day.into()
    }

    /// Returns the day of the year, from 1 on.
    #[must_use]
    pub fn year_day(&self) -> i64 {
        self.calendar_date().day_of_year.into()
    }

    /// Returns the day of the week.
    #[must_use]
    pub fn weekday(&self) -> Weekday {
        Weekday(calendar::weekday(self.shown() / DAY as u64).into())
    }

    /// Returns the year and the number of the week by ISO 8601.
    #[must_use]
    pub fn iso_week(&self) -> (i64, i64) {
        let days = self.shown() / DAY as u64;
        // The week belongs to the year of its Thursday.
        let since_monday = i64::from((calendar::weekday(days) + 6) % 7);
        let thursday = calendar::date(days.wrapping_add_signed(3 - since_monday));
        let week = (thursday.day_of_year - 1) / 7 + 1;
        (thursday.year, week.into())
    }

    /// Returns the hour.
    #[must_use]
    pub fn hour(&self) -> i64 {
        self.second_of_day() / 3_600
    }

    /// Returns the minute.
    #[must_use]
    pub fn minute(&self) -> i64 {
        self.second_of_day() / 60 % 60
    }

    /// Returns the second.
    #[must_use]
    pub fn second(&self) -> i64 {
        self.second_of_day() % 60
    }

    /// Returns the nanosecond within the second.
    #[must_use]
    pub fn nanosecond(&self) -> i64 {
        self.nanoseconds.into()
    }

    /// Returns all that a calendar and a clock show.
    #[must_use]
    pub fn wall_clock(&self) -> WallClock {
        let (date, second_of_day) = self.shown_date();
        WallClock {
            year: date.year,
            month: date.month.into(),
            day: date.day.into(),
            hour: second_of_day / 3_600,
            minute: second_of_day / 60 % 60,
            second: second_of_day % 60,
            nanosecond: self.nanoseconds.into(),
        }
    }

    pub(super) fn calendar_date(&self) -> Date {
        calendar::date(self.shown() / DAY as u64)
    }

    /// Returns the date and the second of the day that clocks show.
    pub(super) fn shown_date(&self) -> (Date, i64) {
        let shown = self.shown();
        let date = calendar::date(shown / DAY as u64);
        (date, (shown % DAY as u64) as i64)
    }

    fn second_of_day(&self) -> i64 {
        (self.shown() % DAY as u64) as i64
    }

    /// Returns the seconds that clocks show, from the absolute epoch on.
    fn shown(&self) -> u64 {
        let unix = self.unix_seconds();
        unix.wrapping_add(self.location.offset(unix))
            .wrapping_add(UNIX_TO_ABSOLUTE) as u64
    }
}

/// Brings `low` into the range from 0 to `base` and carries the rest into `high`.
fn carry(high: i64, low: i64, base: i64) -> (i64, i64) {
    (
        high.wrapping_add(low.div_euclid(base)),
        low.rem_euclid(base),
    )
}

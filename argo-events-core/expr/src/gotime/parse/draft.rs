//! Holds what has been read of a time until all of it has.

use super::signed;
use crate::gotime::{
    calendar::{days_in, is_leap},
    error::ParseError,
    location::Location,
    time::{Time, WallClock},
};

/// The days before each month of a year without a leap day, and of the whole year.
const DAYS_BEFORE: [i64; 13] = [0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334, 365];
/// The day of the year that only leap years call the 29th of February.
const LEAP_DAY: i64 = 60;
/// Go marks an offset that was not read with this one, so it cannot be read.
const NO_OFFSET: i64 = -1;

/// Half of a day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Half {
    Morning,
    Afternoon,
}

/// The parts of a time read so far.
#[derive(Debug, Default)]
pub(super) struct Draft<'a> {
    layout: &'a [u8],
    value: &'a [u8],
    pub(super) rest: &'a [u8],
    pub(super) year: i64,
    pub(super) month: Option<i64>,
    pub(super) day: Option<i64>,
    pub(super) year_day: Option<i64>,
    pub(super) hour: i64,
    pub(super) minute: i64,
    pub(super) second: i64,
    pub(super) nanosecond: i64,
    pub(super) half: Option<Half>,
    pub(super) zulu: bool,
    pub(super) offset: Option<i64>,
    pub(super) zone_name: &'a [u8],
}

impl<'a> Draft<'a> {
    pub(super) fn new(layout: &'a [u8], value: &'a [u8]) -> Self {
        Self {
            layout,
            value,
            ..Self::default()
        }
    }

    pub(super) fn error(
        &self,
        layout_element: &[u8],
        value_element: &[u8],
        message: impl Into<String>,
    ) -> ParseError {
        ParseError {
            layout: self.layout.to_vec(),
            value: self.value.to_vec(),
            layout_element: layout_element.to_vec(),
            value_element: value_element.to_vec(),
            message: message.into(),
        }
    }

    /// Makes the time, shown at a place unless the text had a zone.
    pub(super) fn finish(self, default: &Location, local: &Location) -> Result<Time, ParseError> {
        let clock = self.wall_clock()?;
        if self.zulu {
            return Ok(Time::date(clock, Location::Utc));
        }
        let name = String::from_utf8_lossy(self.zone_name);
        if let Some(offset) = self.offset.filter(|offset| *offset != NO_OFFSET) {
            let time = Time::date(clock, Location::Utc).add_seconds(-offset);
            let zone = local.zone(time.unix_seconds());
            let is_local = zone.offset == offset && (name.is_empty() || zone.name == name);
            return Ok(time.within(if is_local {
                local.clone()
            } else {
                Location::fixed(name, offset)
            }));
        }
        if name.is_empty() {
            return Ok(Time::date(clock, default.clone()));
        }
        let time = Time::date(clock, Location::Utc);
        if let Some(offset) = local.offset_of(&name, time.unix_seconds()) {
            return Ok(time.add_seconds(-offset).within(local.clone()));
        }
        // Nobody knows the zone, but it keeps its name.
        let hours = self.zone_name.strip_prefix(b"GMT").unwrap_or_default();
        let hours = signed(hours).unwrap_or(0);
        Ok(time.within(Location::fixed(name, hours * 3_600)))
    }

    fn wall_clock(&self) -> Result<WallClock, ParseError> {
        let (month, day) = match self.year_day {
            Some(year_day) => self.date_of(year_day)?,
            None => (self.month.unwrap_or(1), self.day.unwrap_or(1)),
        };
        let longest = u8::try_from(month).map_or(0, |month| days_in(month, self.year));
        if day < 1 || day > i64::from(longest) {
            return Err(self.error(b"", self.rest, ": day out of range"));
        }
        let hour = match self.half {
            Some(Half::Afternoon) if self.hour < 12 => self.hour + 12,
            Some(Half::Morning) if self.hour == 12 => 0,
            _ => self.hour,
        };
        Ok(WallClock {
            year: self.year,
            month,
            day,
            hour,
            minute: self.minute,
            second: self.second,
            nanosecond: self.nanosecond,
        })
    }

    /// Returns the month and the day of a day of the year; those read already must be the same.
    fn date_of(&self, year_day: i64) -> Result<(i64, i64), ParseError> {
        let wrong = |what: &str| self.error(b"", self.rest, format!(": day-of-year {what}"));
        let leap = is_leap(self.year);
        let (month, day) = if leap && year_day == LEAP_DAY {
            (2, 29)
        } else {
            let common = year_day - i64::from(leap && year_day > LEAP_DAY);
            if !(1..=365).contains(&common) {
                return Err(wrong("out of range"));
            }
            let month = DAYS_BEFORE.partition_point(|before| *before < common);
            (month as i64, common - DAYS_BEFORE[month - 1])
        };
        if self.month.is_some_and(|read| read != month) {
            return Err(wrong("does not match month"));
        }
        if self.day.is_some_and(|read| read != day) {
            return Err(wrong("does not match day"));
        }
        Ok((month, day))
    }
}

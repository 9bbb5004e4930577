//! Places whose clocks show a time.

use super::calendar::DAY;
use jiff::{Timestamp, tz::TimeZone};
use std::{error, fmt, sync::Arc};

/// Seconds after which the calendar and its days of the week repeat.
const CYCLE: i64 = 146_097 * DAY;
/// The first second of the year 2400, where years that the zone database does not reach are shown.
const STAND_IN: i64 = 13_569_465_600;
/// How many changes of the clocks are looked at when a zone is looked up by abbreviation.
const MAX_CHANGES: usize = 1_000;

/// A place whose clocks show a time.
#[derive(Clone, Debug, Default, PartialEq)]
#[non_exhaustive]
pub enum Location {
    /// Universal time.
    #[default]
    Utc,
    /// The process's own zone, which is UTC whatever the machine thinks.
    Local,
    /// Clocks that never change, as made up for a text that gives an offset.
    Fixed(Arc<Zone>),
    /// A place in the database of time zones.
    Named(TimeZone),
}

/// What clocks of a place follow at an instant.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Zone {
    /// The abbreviation, such as `CET`; may be empty.
    pub name: String,
    /// Seconds east of UTC.
    pub offset: i64,
    /// Whether it is daylight saving time.
    pub daylight_saving: bool,
}

/// Says that there is no place of this name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnknownLocation {
    /// The name looked for.
    pub name: String,
}

impl fmt::Display for UnknownLocation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.name.contains("..") || self.name.starts_with(['/', '\\']) {
            return f.write_str("time: invalid location name");
        }
        write!(f, "unknown time zone {}", self.name)
    }
}

impl error::Error for UnknownLocation {}

impl Location {
    /// Looks up a place by its exact name in the time zone database.
    ///
    /// The empty name is UTC, and `Local` is the process's own zone.
    ///
    /// # Errors
    /// When there is no such place.
    pub fn load(name: &str) -> Result<Self, UnknownLocation> {
        match name {
            "" | "UTC" => return Ok(Self::Utc),
            "Local" => return Ok(Self::Local),
            _ => {}
        }
        match TimeZone::get(name) {
            // The lookup ignores case, which neither Go nor a file system does.
            Ok(zone) if zone.iana_name() == Some(name) && !zone.is_unknown() => {
                Ok(Self::Named(zone))
            }
            _ => Err(UnknownLocation {
                name: name.to_owned(),
            }),
        }
    }

    /// Makes a place whose clocks are always so many seconds east of UTC.
    #[must_use]
    pub fn fixed(name: impl Into<String>, offset: i64) -> Self {
        Self::Fixed(Arc::new(Zone {
            name: name.into(),
            offset,
            daylight_saving: false,
        }))
    }

    /// Returns the place's name.
    #[must_use]
    pub fn name(&self) -> &str {
        match self {
            Self::Utc => "UTC",
            Self::Local => "Local",
            Self::Fixed(zone) => &zone.name,
            Self::Named(zone) => zone.iana_name().unwrap_or_default(),
        }
    }

    /// Returns what the clocks follow at an instant, given in seconds since 1970.
    #[must_use]
    pub fn zone(&self, second: i64) -> Zone {
        match self {
            Self::Utc | Self::Local => Zone {
                name: "UTC".to_owned(),
                ..Zone::default()
            },
            Self::Fixed(zone) => Zone::clone(zone),
            Self::Named(zone) => {
                let info = zone.to_offset_info(timestamp(second));
                Zone {
                    name: info.abbreviation().to_owned(),
                    offset: i64::from(info.offset().seconds()),
                    daylight_saving: info.dst().is_dst(),
                }
            }
        }
    }

    /// Returns the offset from UTC at an instant, in seconds east.
    #[must_use]
    pub fn offset(&self, second: i64) -> i64 {
        match self {
            Self::Utc | Self::Local => 0,
            Self::Fixed(zone) => zone.offset,
            Self::Named(zone) => i64::from(zone.to_offset(timestamp(second)).seconds()),
        }
    }

    /// Returns the offset that an abbreviation stands for here, preferring one that is in force
    /// when clocks show this second.
    pub(super) fn offset_of(&self, abbreviation: &str, clock: i64) -> Option<i64> {
        match self {
            Self::Utc | Self::Local => (abbreviation == "UTC").then_some(0),
            Self::Fixed(zone) => (abbreviation == zone.name).then_some(zone.offset),
            Self::Named(zone) => {
                let offsets = offsets_of(zone, abbreviation);
                let in_force = offsets.iter().find_map(|offset| {
                    let info = zone.to_offset_info(timestamp(clock.wrapping_sub(*offset)));
                    let same = info.abbreviation() == abbreviation;
                    same.then(|| i64::from(info.offset().seconds()))
                });
                in_force.or(offsets.first().copied())
            }
        }
    }
}

impl fmt::Display for Location {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// Lists the offsets that an abbreviation has ever stood for in a zone, oldest first.
fn offsets_of(zone: &TimeZone, abbreviation: &str) -> Vec<i64> {
    let mut offsets = Vec::new();
    let mut add = |name: &str, offset: i32| {
        if name == abbreviation && !offsets.contains(&i64::from(offset)) {
            offsets.push(i64::from(offset));
        }
    };
    let first = zone.to_offset_info(Timestamp::MIN);
    add(first.abbreviation(), first.offset().seconds());
    for change in zone.following(Timestamp::MIN).take(MAX_CHANGES) {
        add(change.abbreviation(), change.offset().seconds());
    }
    offsets
}

/// Returns an instant at which clocks follow the same rules as at this one.
fn timestamp(second: i64) -> Timestamp {
    Timestamp::from_second(second).unwrap_or_else(|_| {
        if second < 0 {
            return Timestamp::MIN;
        }
        let stand_in = STAND_IN + (second - STAND_IN).rem_euclid(CYCLE);
        Timestamp::from_second(stand_in).expect("the years 2400 to 2799 are in range")
    })
}

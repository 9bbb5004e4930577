//! Walks from an instant to the nearest one that a schedule names.
//!
//! From month to second, each field that does not match is moved until it does; when a move
//! carries into a larger field, the walk starts over. Clock changes make the order and size of the
//! moves visible, so they are the reference's.

use super::{Schedule, Zone};
use jiff::{
    Timestamp,
    civil::{DateTime, Time},
};

/// How many years the walk goes before it gives up.
const YEARS: i16 = 5;
/// More moves than a walk of [`YEARS`] can have; a bound should a zone be stranger than any known.
const MOVES: usize = 100_000;

const MINUTE: i64 = 60;
const HOUR: i64 = 60 * MINUTE;

/// Where a walk goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Direction {
    Forward,
    Backward,
}

/// A place on the way: an instant and what clocks show then.
#[derive(Clone, Copy, Debug)]
struct Place {
    second: i64,
    clock: DateTime,
}

impl Place {
    fn at(zone: &Zone, second: i64) -> Option<Self> {
        Some(Self {
            second,
            clock: zone.clock(second)?,
        })
    }

    fn of(zone: &Zone, clock: DateTime) -> Option<Self> {
        Self::at(zone, zone.instant(clock)?)
    }
}

impl Schedule {
    /// Returns the nearest time that the schedule names, excluding the second of `from` itself.
    pub(super) fn walk(&self, direction: Direction, from: Timestamp) -> Option<Timestamp> {
        if [self.minutes, self.hours, self.months]
            .iter()
            .any(|bits| bits.is_empty())
        {
            return None;
        }
        let second = from.as_nanosecond().div_euclid(1_000_000_000);
        let whole = from.as_nanosecond().rem_euclid(1_000_000_000) == 0;
        let second = i64::try_from(second).ok()?;
        let second = match direction {
            Direction::Forward => second + 1,
            Direction::Backward if whole => second - 1,
            Direction::Backward => second,
        };
        let place = Place::at(&self.zone, second)?;
        let walk = Walk {
            schedule: self,
            place,
            rounded: false,
            moves: 0,
        };
        let found = match direction {
            Direction::Forward => walk.forward(),
            Direction::Backward => walk.backward(),
        }?;
        Timestamp::from_second(found).ok()
    }

    /// Says whether clocks show a time that the schedule names.
    pub(super) fn matches_clock(&self, clock: DateTime) -> bool {
        self.months.contains(clock.month())
            && self.matches_day(clock)
            && self.hours.contains(clock.hour())
            && self.minutes.contains(clock.minute())
            && clock.second() == 0
            && clock.subsec_nanosecond() == 0
    }

    /// Matches either day field, or both if one of them is a star.
    fn matches_day(&self, clock: DateTime) -> bool {
        let weekday = clock.weekday().to_sunday_zero_offset();
        let (month_day, week_day) = (
            self.days_of_month.contains(clock.day()),
            self.days_of_week.contains(weekday),
        );
        if self.days_of_month.is_star() || self.days_of_week.is_star() {
            month_day && week_day
        } else {
            month_day || week_day
        }
    }
}

/// A walk under way.
#[derive(Debug)]
struct Walk<'a> {
    schedule: &'a Schedule,
    place: Place,
    /// Whether the smaller fields were set to their start, which happens once.
    rounded: bool,
    moves: usize,
}

impl Walk<'_> {
    fn forward(mut self) -> Option<i64> {
        let last_year = self.place.clock.year().checked_add(YEARS)?;
        while self.place.clock.year() <= last_year {
            let settled = self.forward_month()?
                && self.forward_day()?
                && self.forward_hour()?
                && self.forward_minute()?
                && self.forward_second()?;
            if settled {
                return Some(self.place.second);
            }
        }
        None
    }

    /// Moves to a month that matches; says whether the year stayed the same.
    fn forward_month(&mut self) -> Option<bool> {
        while !self.schedule.months.contains(self.place.clock.month()) {
            let first = self.place.clock.date().first_of_month();
            self.round_to(first.to_datetime(Time::midnight()))?;
            let clock = self.place.clock;
            let next = match clock.month() {
                12 => clock.with().year(clock.year() + 1).month(1),
                month => clock.with().month(month + 1),
            };
            self.move_to(Place::of(self.zone(), next.build().ok()?)?)?;
            if self.place.clock.month() == 1 {
                return Some(false);
            }
        }
        Some(true)
    }

    /// Moves to a day that matches; says whether the month stayed the same.
    fn forward_day(&mut self) -> Option<bool> {
        while !self.schedule.matches_day(self.place.clock) {
            self.round_to(self.place.clock.date().to_datetime(Time::midnight()))?;
            let tomorrow = self.place.clock.date().tomorrow().ok()?;
            self.move_to(Place::of(
                self.zone(),
                tomorrow.to_datetime(self.place.clock.time()),
            )?)?;
            // Where midnight does not exist, this gets as near to it as whole hours can.
            match i64::from(self.place.clock.hour()) {
                0 => {}
                hour @ 13.. => self.move_by((24 - hour) * HOUR)?,
                hour => self.move_by(-hour * HOUR)?,
            }
            if self.place.clock.day() == 1 {
                return Some(false);
            }
        }
        Some(true)
    }

    /// Moves to an hour that matches; says whether midnight was not passed.
    fn forward_hour(&mut self) -> Option<bool> {
        while !self.schedule.hours.contains(self.place.clock.hour()) {
            let clock = self.place.clock;
            self.round_to(clock.date().at(clock.hour(), 0, 0, 0))?;
            self.move_by(HOUR)?;
            if self.place.clock.hour() == 0 {
                return Some(false);
            }
        }
        Some(true)
    }

    /// Moves to a minute that matches; says whether the hour stayed the same.
    fn forward_minute(&mut self) -> Option<bool> {
        while !self.schedule.minutes.contains(self.place.clock.minute()) {
            if !self.rounded {
                self.rounded = true;
                self.move_by(-self.place.second.rem_euclid(MINUTE))?;
            }
            self.move_by(MINUTE)?;
            if self.place.clock.minute() == 0 {
                return Some(false);
            }
        }
        Some(true)
    }

    /// Moves to the start of a minute; says whether it was the start already.
    ///
    /// Before zones were agreed on, offsets had seconds, so this is about clocks, not instants.
    fn forward_second(&mut self) -> Option<bool> {
        match i64::from(self.place.clock.second()) {
            0 => Some(true),
            second => {
                self.rounded = true;
                self.move_by(MINUTE - second)?;
                Some(false)
            }
        }
    }
}

impl Walk<'_> {
    fn backward(mut self) -> Option<i64> {
        let first_year = self.place.clock.year().checked_sub(YEARS)?;
        while self.place.clock.year() >= first_year {
            let settled = self.backward_month()?
                && self.backward_day()?
                && self.backward_hour()?
                && self.backward_minute()?
                && self.backward_second()?;
            if settled {
                return Some(self.place.second);
            }
        }
        None
    }

    /// Moves to a month that matches; says whether the year stayed the same.
    fn backward_month(&mut self) -> Option<bool> {
        while !self.schedule.months.contains(self.place.clock.month()) {
            let year = self.place.clock.year();
            let first = self.place.clock.date().first_of_month();
            self.move_before(first.to_datetime(Time::midnight()))?;
            if self.place.clock.year() != year {
                return Some(false);
            }
        }
        Some(true)
    }

    /// Moves to a day that matches; says whether the month stayed the same.
    fn backward_day(&mut self) -> Option<bool> {
        while !self.schedule.matches_day(self.place.clock) {
            let month = self.place.clock.month();
            self.move_before(self.place.clock.date().to_datetime(Time::midnight()))?;
            if self.place.clock.month() != month {
                return Some(false);
            }
        }
        Some(true)
    }

    /// Moves to an hour that matches; says whether the day stayed the same.
    fn backward_hour(&mut self) -> Option<bool> {
        while !self.schedule.hours.contains(self.place.clock.hour()) {
            let clock = self.place.clock;
            self.move_before(clock.date().at(clock.hour(), 0, 0, 0))?;
            if self.place.clock.date() != clock.date() {
                return Some(false);
            }
        }
        Some(true)
    }

    /// Moves to a minute that matches; says whether the hour stayed the same.
    fn backward_minute(&mut self) -> Option<bool> {
        while !self.schedule.minutes.contains(self.place.clock.minute()) {
            let clock = self.place.clock;
            self.move_before(clock.date().at(clock.hour(), clock.minute(), 0, 0))?;
            if self.place.clock.hour() != clock.hour() {
                return Some(false);
            }
        }
        Some(true)
    }

    /// Moves to the start of the minute.
    fn backward_second(&mut self) -> Option<bool> {
        self.move_by(-i64::from(self.place.clock.second()))?;
        Some(true)
    }

    /// Moves to the last second before clocks showed this.
    ///
    /// Clocks that show it twice, or never, can make it lie ahead: the reference goes there and
    /// never comes back. This goes back by the clock in force, up to where it was put on.
    fn move_before(&mut self, clock: DateTime) -> Option<()> {
        let second = self.place.second;
        let mut start = self.zone().instant(clock)?;
        if start > second {
            start = second - self.place.clock.duration_since(clock).as_secs();
            start = start.max(self.zone().change_before(second).unwrap_or(start));
        }
        self.move_to(Place::at(self.zone(), start - 1)?)
    }
}

/// Moves that both directions share.
impl Walk<'_> {
    fn zone(&self) -> &Zone {
        &self.schedule.zone
    }

    /// Sets the smaller fields to their start, once.
    fn round_to(&mut self, clock: DateTime) -> Option<()> {
        if !self.rounded {
            self.rounded = true;
            self.place = Place::of(self.zone(), clock)?;
        }
        Some(())
    }

    fn move_by(&mut self, seconds: i64) -> Option<()> {
        self.move_to(Place::at(self.zone(), self.place.second + seconds)?)
    }

    fn move_to(&mut self, place: Place) -> Option<()> {
        self.moves += 1;
        self.place = place;
        (self.moves <= MOVES).then_some(())
    }
}

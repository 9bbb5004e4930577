//! The times that a calendar names, one after the other.

use super::{CalendarConfig, ExclusionDates};
use argo_events_core::{Error, ErrorKind, Result};
use argo_events_expr::cron::{Interval, Schedule, Zone};
use jiff::{Timestamp, tz::TimeZone};

/// The shortest interval: below it the reference fires without end.
const SHORTEST_INTERVAL: i64 = 1_000_000_000;
/// How many excluded times are passed over in search of one that is not.
const MOST_EXCLUDED: usize = 1_000_000;

/// A time from which every schedule that names a time finds one; no leap day is near.
const SOME_TIME: Timestamp = Timestamp::UNIX_EPOCH;

/// The times that a calendar names.
#[derive(Clone, Debug)]
pub struct Ticks {
    rhythm: Rhythm,
    excluded: ExclusionDates,
    zone: TimeZone,
}

#[derive(Clone, Debug)]
enum Rhythm {
    Schedule(Box<Schedule>),
    Interval(Interval),
}

impl Ticks {
    /// Reads schedule or interval, zone and excluded days of a configuration.
    ///
    /// # Errors
    /// `ConfigInvalid`, permanent; the context `field` names the member that is wrong.
    ///
    /// ```
    /// use argo_events_sources::calendar::{CalendarConfig, Ticks};
    ///
    /// let ticks = Ticks::of(&CalendarConfig { schedule: "30 9 * * *".into(), ..Default::default() })?;
    /// let next = ticks.next("2026-03-04T10:00:00Z".parse().unwrap()).unwrap();
    /// assert_eq!(ticks.event_time(next), "2026-03-05 09:30:00 +0000 UTC");
    /// # Ok::<(), argo_events_core::Error>(())
    /// ```
    pub fn of(config: &CalendarConfig) -> Result<Self> {
        let zone = Zone::load(&config.timezone).map_err(|error| wrong("timezone", &error))?;
        let excluded = ExclusionDates::parse(&config.exclusion_dates)
            .map_err(|error| wrong("exclusionDates", &error.message()))?;
        let rhythm = rhythm(config, &zone)?;
        // A zone within the schedule decides when it fires, not how times are shown.
        let zone = TimeZone::get(zone.name()).unwrap_or(TimeZone::UTC);
        let ticks = Self {
            rhythm,
            excluded,
            zone,
        };
        match ticks.next(SOME_TIME) {
            Some(_) => Ok(ticks),
            None => Err(wrong(
                "schedule",
                &"names no time that comes within five years",
            )),
        }
    }

    /// Returns the first time after another, or nothing if there is none.
    pub fn next(&self, after: Timestamp) -> Option<Timestamp> {
        let mut at = self.next_of_rhythm(after)?;
        if self.excluded.is_empty() {
            return Some(at);
        }
        for _ in 0..MOST_EXCLUDED {
            if !self.excluded.contains(self.zone.to_datetime(at).date()) {
                return Some(at);
            }
            at = self.next_of_rhythm(at)?;
        }
        None
    }

    fn next_of_rhythm(&self, after: Timestamp) -> Option<Timestamp> {
        let next = match &self.rhythm {
            Rhythm::Schedule(schedule) => schedule.next(after),
            Rhythm::Interval(interval) => interval.next(after),
        };
        next.filter(|next| *next > after)
    }

    /// Writes a time as Go prints it, in the zone of the configuration.
    pub fn event_time(&self, at: Timestamp) -> String {
        let offset = self.zone.to_offset_info(at);
        let clock = offset.offset().to_datetime(at);
        let clock = clock.to_string().replace('T', " ");
        let seconds = offset.offset().seconds();
        let (sign, minutes) = (if seconds < 0 { '-' } else { '+' }, seconds.abs() / 60);
        let name = offset.abbreviation();
        format!(
            "{clock} {sign}{:02}{:02} {name}",
            minutes / 60,
            minutes % 60
        )
    }
}

fn rhythm(config: &CalendarConfig, zone: &Zone) -> Result<Rhythm> {
    if !config.schedule.is_empty() {
        let schedule = Schedule::parse(&config.schedule, zone).map_err(|error| {
            let text = &config.schedule;
            wrong(
                "schedule",
                &format!("failed to parse schedule {text}. Cause: {error}"),
            )
        })?;
        return Ok(Rhythm::Schedule(Box::new(schedule)));
    }
    if config.interval.is_empty() {
        let message = "must have either schedule or interval";
        return Err(Error::permanent(ErrorKind::ConfigInvalid, message));
    }
    let interval = Interval::parse(&config.interval).map_err(|error| {
        let text = &config.interval;
        wrong(
            "interval",
            &format!("failed to parse interval {text}. Cause: {error}"),
        )
    })?;
    if interval.nanoseconds() < SHORTEST_INTERVAL {
        return Err(wrong(
            "interval",
            &"must be 1s or longer, or there would be no end of events",
        ));
    }
    Ok(Rhythm::Interval(interval))
}

fn wrong(field: &'static str, reason: &dyn std::fmt::Display) -> Error {
    Error::permanent(ErrorKind::ConfigInvalid, reason.to_string()).with("field", field)
}

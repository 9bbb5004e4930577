//! Reads five-field cron schedules as robfig/cron 3 does, and finds the times they name.
//!
//! Minute, hour, day of month, month, day of week; no seconds, no `@daily`, no `L`, `W` or `#`.
//! What happens when clocks change is the reference's: a time in the gap is skipped that day, a
//! time in a repeated hour fires twice. Wall clocks are turned into instants as Go does, see
//! [`Zone`]; the walk itself is in `walk`. Fixed intervals are [`Interval`].

mod error;
mod field;
mod interval;
mod walk;
mod zone;

pub use error::{Error, FieldProblem};
pub use field::Field;
pub use interval::Interval;
pub use zone::Zone;

use field::Bits;
use jiff::Timestamp;
use walk::Direction;

/// A cron schedule in a time zone.
///
/// ```
/// use argo_events_expr::cron::{Schedule, Zone};
///
/// let zone = Zone::load("America/New_York")?;
/// let schedule = Schedule::parse("30 9 * * MON-FRI", &zone)?;
/// let friday_evening = "2026-03-06T23:00:00Z".parse()?;
/// let next = schedule.next(friday_evening).expect("there is a Monday");
/// assert_eq!(next.to_string(), "2026-03-09T13:30:00Z");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct Schedule {
    minutes: Bits,
    hours: Bits,
    days_of_month: Bits,
    months: Bits,
    days_of_week: Bits,
    zone: Zone,
}

impl Schedule {
    /// Reads a schedule; its zone is that of a `TZ=Zone ` or `CRON_TZ=Zone ` prefix, or else
    /// `default_zone`.
    ///
    /// # Errors
    /// When the text is no such schedule; the message says which field and what is allowed there.
    pub fn parse(text: &str, default_zone: &Zone) -> Result<Self, Error> {
        if text.is_empty() {
            return Err(Error::Empty);
        }
        let (zone, text) = split_zone(text, default_zone)?;
        if text.starts_with('@') {
            return Err(Error::Descriptor {
                text: text.to_owned(),
            });
        }
        let fields: Vec<&str> = text.split_whitespace().collect();
        let [minutes, hours, days_of_month, months, days_of_week] = fields[..] else {
            return Err(Error::FieldCount {
                count: fields.len(),
                text: fields.join(" "),
            });
        };
        Ok(Self {
            minutes: Field::Minute.parse(minutes)?,
            hours: Field::Hour.parse(hours)?,
            days_of_month: Field::DayOfMonth.parse(days_of_month)?,
            months: Field::Month.parse(months)?,
            days_of_week: Field::DayOfWeek.parse(days_of_week)?,
            zone,
        })
    }

    /// Returns the first time after `after`, or nothing if there is none within five years.
    #[must_use]
    pub fn next(&self, after: Timestamp) -> Option<Timestamp> {
        self.walk(Direction::Forward, after)
    }

    /// Returns the last time before `before`, or nothing if there is none within five years.
    ///
    /// The reference searches without end where it meets a repeated hour in some zones; this
    /// walks through it.
    #[must_use]
    pub fn previous(&self, before: Timestamp) -> Option<Timestamp> {
        self.walk(Direction::Backward, before)
    }

    /// Says whether clocks in the schedule's zone show a time that it names.
    ///
    /// A walk may still pass such a time where clocks change; see the module's documentation.
    #[must_use]
    pub fn matches(&self, at: Timestamp) -> bool {
        self.matches_clock(self.zone.clock_at(at))
    }

    /// Returns the zone in which the fields are read.
    #[must_use]
    pub fn zone(&self) -> &Zone {
        &self.zone
    }
}

/// Takes the prefix that names a zone off a schedule.
fn split_zone<'a>(text: &'a str, default_zone: &Zone) -> Result<(Zone, &'a str), Error> {
    let Some(prefixed) = text
        .strip_prefix("CRON_TZ=")
        .or_else(|| text.strip_prefix("TZ="))
    else {
        return Ok((default_zone.clone(), text));
    };
    let Some((name, schedule)) = prefixed.split_once(' ') else {
        return Err(Error::OnlyZone {
            text: text.to_owned(),
        });
    };
    let zone = if name == Zone::LOCAL {
        default_zone.clone()
    } else {
        Zone::load(name)?
    };
    Ok((zone, schedule.trim()))
}

#[cfg(test)]
mod tests;

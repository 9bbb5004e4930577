//! Filters by the time of the event: a window of the day in some zone.

use super::{
    Group,
    cause::Cause,
    explain::{Stage, StageOutcome},
};
use argo_events_core::{Event, FieldPath, Problem, Problems, api::TimeFilter};
use argo_events_expr::cron::Zone;
use jiff::{
    Timestamp,
    civil::{Date, Time},
    tz::Offset,
};
use std::sync::Arc;

/// A window of the day, from `start` up to `stop`; over midnight if it stops before it starts.
#[derive(Clone, Debug)]
pub(super) struct Window {
    source: TimeFilter,
    zone: Result<Zone, Cause>,
    start: Result<Time, Misread>,
    stop: Result<Time, Misread>,
}

/// Why a clock time cannot be read. The reference names the event's date in its message.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Misread {
    /// What stands where another thing is expected.
    Unexpected {
        rest: String,
        expected: &'static str,
    },
    OutOfRange(&'static str),
    Extra(String),
}

impl Window {
    pub(super) fn compile(source: &TimeFilter, path: &FieldPath, problems: &mut Problems) -> Self {
        let window = Self {
            zone: Zone::load(&source.timezone)
                .map_err(|_| Cause::of(Group::Time, &unknown_zone(&source.timezone))),
            start: read(&source.start),
            stop: read(&source.stop),
            source: source.clone(),
        };
        if window.zone.is_err() {
            let message = format!("{:?} is not a known time zone", source.timezone);
            let problem = Problem::error(path.field("timezone"), message);
            problems.push(problem.help("use an IANA name such as Europe/Berlin"));
        }
        for (name, text, time) in [
            ("start", &source.start, &window.start),
            ("stop", &source.stop, &window.stop),
        ] {
            if let Err(misread) = time {
                let problem = Problem::error(path.field(name), misread.text(text));
                problems.push(problem.help("write hours, minutes and seconds, such as 09:30:00"));
            }
        }
        if window.start.is_ok() && window.start == window.stop {
            problems.error(
                path.field("stop"),
                "equals the start, so that every time would fit",
            );
        }
        window
    }

    /// Tells whether the event's time lies in the window of its own day.
    pub(super) fn check(&self, event: &Event) -> Result<bool, Cause> {
        let zone = self.zone.as_ref().map_err(Cause::clone)?;
        let at = time_of(event);
        let date = date_in(zone, at);
        let on_day = |time: &Result<Time, Misread>, text: &str| match time {
            Ok(time) => Ok(instant(zone, date, *time)),
            Err(misread) => Err(Cause::of(
                Group::Time,
                &misread.text(&format!("{date} {text}")),
            )),
        };
        let start = on_day(&self.start, &self.source.start)?;
        let stop = on_day(&self.stop, &self.source.stop)?;
        Ok(if start < stop {
            start <= at && at < stop
        } else {
            start <= at || at < stop
        })
    }

    pub(super) fn explain(&self, event: &Event, stages: &mut Vec<Stage>) {
        let zone = if self.source.timezone.is_empty() {
            "UTC"
        } else {
            &self.source.timezone
        };
        let shown = self.zone.as_ref().map(|zone| {
            let at = time_of(event);
            Offset::from_seconds(zone.offset(at)).map_or_else(
                |_| at.to_string(),
                |offset| at.display_with_offset(offset).to_string(),
            )
        });
        stages.push(Stage {
            subject: "time".to_owned(),
            comparator: "within".to_owned(),
            expected: vec![format!(
                "{} – {} {zone}",
                self.source.start, self.source.stop
            )],
            seen: shown.ok(),
            outcome: match self.check(event) {
                Ok(holds) => StageOutcome::of(holds),
                Err(cause) => StageOutcome::Error(cause.bare().to_owned()),
            },
            ..Stage::of(Group::Time)
        });
    }
}

/// An event without a time has the reference's zero time, the first second of the year 1.
fn time_of(event: &Event) -> Timestamp {
    const ZERO: i64 = -62_135_596_800;
    let nanos = event
        .time()
        .map_or(i128::from(ZERO) * 1_000_000_000, |time| {
            i128::from(time.as_nanos())
        });
    Timestamp::from_nanosecond(nanos).unwrap_or(Timestamp::UNIX_EPOCH)
}

fn date_in(zone: &Zone, at: Timestamp) -> Date {
    let offset = Offset::from_seconds(zone.offset(at)).unwrap_or(Offset::UTC);
    offset.to_datetime(at).date()
}

/// Finds when clocks show a time on a date, as Go does where clocks are changed.
fn instant(zone: &Zone, date: Date, time: Time) -> Timestamp {
    let Ok(as_utc) = Offset::UTC.to_timestamp(date.to_datetime(time)) else {
        return Timestamp::MIN;
    };
    let shifted = |offset: i32| {
        as_utc
            .checked_sub(jiff::SignedDuration::from_secs(i64::from(offset)))
            .unwrap_or(as_utc)
    };
    shifted(zone.offset(shifted(zone.offset(as_utc))))
}

fn unknown_zone(name: &str) -> Arc<str> {
    let is_path = name.contains("..") || name.starts_with(['/', '\\']);
    let reason = if is_path {
        "time: invalid location name".to_owned()
    } else {
        format!("unknown time zone {name}")
    };
    format!("invalid timezone '{name}': {reason}").into()
}

/// Reads `15:04:05`, with one or two digits of hours and perhaps a fraction.
fn read(text: &str) -> Result<Time, Misread> {
    let mut rest = text.trim_start_matches(' ');
    let hour = number(&mut rest, "15", false, 24, "hour")?;
    colon(&mut rest)?;
    let minute = number(&mut rest, "04", true, 60, "minute")?;
    colon(&mut rest)?;
    let second = number(&mut rest, "05", true, 60, "second")?;
    let nanosecond = fraction(&mut rest);
    if !rest.is_empty() {
        return Err(Misread::Extra(rest.to_owned()));
    }
    Time::new(hour, minute, second, nanosecond).map_err(|_| Misread::OutOfRange("time"))
}

fn number(
    rest: &mut &str,
    expected: &'static str,
    two_digits: bool,
    limit: i8,
    what: &'static str,
) -> Result<i8, Misread> {
    let digits = rest.bytes().take(2).take_while(u8::is_ascii_digit).count();
    if digits == 0 || (two_digits && digits == 1) {
        return Err(Misread::Unexpected {
            rest: (*rest).to_owned(),
            expected,
        });
    }
    let (number, after) = rest.split_at(digits);
    *rest = after;
    match number.parse() {
        Ok(number) if number < limit => Ok(number),
        _ => Err(Misread::OutOfRange(what)),
    }
}

fn colon(rest: &mut &str) -> Result<(), Misread> {
    let after = rest.strip_prefix(':');
    *rest = after.ok_or_else(|| Misread::Unexpected {
        rest: (*rest).to_owned(),
        expected: ":",
    })?;
    Ok(())
}

/// Reads a fraction of a second, to the nanosecond.
fn fraction(rest: &mut &str) -> i32 {
    const DIGITS: usize = 9;
    let Some(after) = rest.strip_prefix(['.', ',']) else {
        return 0;
    };
    let count = after.bytes().take_while(u8::is_ascii_digit).count();
    if count == 0 {
        return 0;
    }
    let (digits, after) = after.split_at(count);
    *rest = after;
    let padded = format!("{digits:0<DIGITS$}");
    padded[..DIGITS].parse().unwrap_or(0)
}

impl Misread {
    /// Says what is wrong with a text, in the reference's words.
    fn text(&self, text: &str) -> String {
        let quoted = quote(text);
        match self {
            Self::Unexpected { rest, expected } => format!(
                "parsing time {quoted} as \"2006-01-02 15:04:05\": cannot parse {} as {}",
                quote(rest),
                quote(expected),
            ),
            Self::OutOfRange(what) => format!("parsing time {quoted}: {what} out of range"),
            Self::Extra(rest) => format!("parsing time {quoted}: extra text: {}", quote(rest)),
        }
    }
}

/// Quotes a text as Go's package of times does.
fn quote(text: &str) -> String {
    let mut quoted = String::from("\"");
    for byte in text.bytes() {
        match byte {
            b'"' | b'\\' => quoted.extend(['\\', char::from(byte)]),
            b' '..0x7f => quoted.push(char::from(byte)),
            _ => quoted.push_str(&format!("\\x{byte:02x}")),
        }
    }
    quoted.push('"');
    quoted
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fits(start: &str, stop: &str, zone: &str, at: &str) -> bool {
        let source = TimeFilter {
            start: start.to_owned(),
            stop: stop.to_owned(),
            timezone: zone.to_owned(),
        };
        let window = Window::compile(&source, &FieldPath::root(), &mut Problems::default());
        let event = Event::builder("1", "s", "e")
            .time(at.parse().unwrap())
            .build();
        window.check(&event).unwrap()
    }

    #[test]
    fn a_window_begins_with_its_start_and_ends_before_its_stop() {
        let day = |at| fits("08:09:10", "16:17:18", "", at);
        assert!(day("2023-04-05T08:09:10Z") && day("2023-04-05T16:17:17.9Z"));
        assert!(!day("2023-04-05T08:09:09.9Z") && !day("2023-04-05T16:17:18Z"));
    }

    #[test]
    fn a_window_that_stops_before_it_starts_goes_over_midnight() {
        let night = |at| fits("16:17:18", "08:09:10", "", at);
        assert!(night("2023-04-05T23:00:00Z") && night("2023-04-05T00:00:00Z"));
        assert!(!night("2023-04-05T12:00:00Z"));
    }

    #[test]
    fn the_day_is_that_of_the_zone() {
        assert!(fits(
            "09:00:00",
            "17:00:00",
            "America/New_York",
            "2023-07-05T14:00:00Z"
        ));
        assert!(!fits(
            "09:00:00",
            "17:00:00",
            "America/New_York",
            "2023-07-05T12:00:00Z"
        ));
        assert!(fits(
            "22:00:00",
            "06:00:00",
            "America/New_York",
            "2023-07-05T02:00:00Z"
        ));
    }

    #[test]
    fn fractions_are_read_and_other_forms_are_not() {
        assert_eq!(
            read("9:00:00.25").unwrap(),
            Time::constant(9, 0, 0, 250_000_000)
        );
        for text in ["09:09:0", "10:10", "25:00:00", "09:00:00 PM", ""] {
            assert!(read(text).is_err(), "{text}");
        }
    }
}

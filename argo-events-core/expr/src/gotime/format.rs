//! Writes times.

use super::{
    RFC3339_NANO, STRING,
    calendar::Date,
    error::{MarshalError, quoted},
    layout::{Element, Fraction, Offset, next_chunk},
    location::{Location, Zone},
    names::{Month, SHORT, Weekday},
    time::Time,
};
use std::fmt;

impl Time {
    /// Writes the time in a layout such as `Mon, 02 Jan 2006 15:04:05 MST`.
    ///
    /// A layout shows how the reference time, the second of January 2006 at five past three in
    /// the afternoon, would be written; what is no part of that time is copied.
    #[must_use]
    pub fn format(&self, layout: impl AsRef<[u8]>) -> Vec<u8> {
        let mut layout = layout.as_ref();
        let shown = Shown::new(self);
        let mut out = Vec::with_capacity(layout.len() + 10);
        while !layout.is_empty() {
            let chunk = next_chunk(layout);
            out.extend_from_slice(chunk.prefix);
            if let Some((element, _)) = chunk.element {
                shown.push(&mut out, element);
            }
            layout = chunk.rest;
        }
        out
    }

    /// Writes the time for JSON, without quotes.
    ///
    /// # Errors
    /// When the year has not four digits or the zone is a day or more away from UTC.
    pub fn to_json(&self) -> Result<String, MarshalError> {
        if !(0..=9_999).contains(&self.year()) {
            return Err(MarshalError::Year);
        }
        if self.zone().offset.unsigned_abs() >= 24 * 3_600 {
            return Err(MarshalError::ZoneHour);
        }
        Ok(lossy(self.format(RFC3339_NANO)))
    }

    /// Writes the time as the Go program that makes it, which is how `%#v` shows it.
    #[must_use]
    pub fn go_string(&self) -> String {
        let clock = self.wall_clock();
        let location = match &self.location {
            Location::Utc => "time.UTC".to_owned(),
            Location::Local => "time.Local".to_owned(),
            other => format!("time.Location({})", quoted(other.name().as_bytes())),
        };
        format!(
            "time.Date({}, time.{}, {}, {}, {}, {}, {}, {location})",
            clock.year,
            Month(clock.month),
            clock.day,
            clock.hour,
            clock.minute,
            clock.second,
            clock.nanosecond,
        )
    }
}

impl fmt::Display for Time {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&lossy(self.format(STRING)))
    }
}

/// Turns what a layout of characters gave into text; names of zones are characters, too.
fn lossy(bytes: Vec<u8>) -> String {
    String::from_utf8_lossy(&bytes).into_owned()
}

/// What calendar, clock and zone show, found once for all elements of a layout.
struct Shown {
    date: Date,
    weekday: Weekday,
    second_of_day: i64,
    nanosecond: u32,
    zone: Zone,
}

impl Shown {
    fn new(time: &Time) -> Self {
        let (date, second_of_day) = time.shown_date();
        Self {
            date,
            weekday: time.weekday(),
            second_of_day,
            nanosecond: time.nanoseconds,
            zone: time.zone(),
        }
    }

    fn push(&self, out: &mut Vec<u8>, element: Element) {
        let month = i64::from(self.date.month);
        let day = i64::from(self.date.day);
        let year_day = i64::from(self.date.day_of_year);
        let hour = self.second_of_day / 3_600;
        let minute = self.second_of_day / 60 % 60;
        let second = self.second_of_day % 60;
        match element {
            Element::Year => push_number(out, self.date.year.abs() % 100, 2),
            Element::LongYear => push_number(out, self.date.year, 4),
            Element::Month => out.extend_from_slice(&Month(month).to_string().as_bytes()[..SHORT]),
            Element::LongMonth => out.extend_from_slice(Month(month).to_string().as_bytes()),
            Element::NumericMonth => push_number(out, month, 0),
            Element::ZeroMonth => push_number(out, month, 2),
            Element::Weekday => {
                out.extend_from_slice(&self.weekday.to_string().as_bytes()[..SHORT]);
            }
            Element::LongWeekday => out.extend_from_slice(self.weekday.to_string().as_bytes()),
            Element::Day => push_number(out, day, 0),
            Element::UnderDay => push_spaced(out, day, 2),
            Element::ZeroDay => push_number(out, day, 2),
            Element::UnderYearDay => push_spaced(out, year_day, 3),
            Element::ZeroYearDay => push_number(out, year_day, 3),
            Element::Hour => push_number(out, hour, 2),
            Element::Hour12 => push_number(out, (hour + 11) % 12 + 1, 0),
            Element::ZeroHour12 => push_number(out, (hour + 11) % 12 + 1, 2),
            Element::Minute => push_number(out, minute, 0),
            Element::ZeroMinute => push_number(out, minute, 2),
            Element::Second => push_number(out, second, 0),
            Element::ZeroSecond => push_number(out, second, 2),
            Element::UpperHalf => out.extend_from_slice(if hour >= 12 { b"PM" } else { b"AM" }),
            Element::LowerHalf => out.extend_from_slice(if hour >= 12 { b"pm" } else { b"am" }),
            Element::ZoneName => self.push_zone_name(out),
            Element::Offset(form) => push_offset(out, self.zone.offset, form),
            Element::Fraction(form) => push_fraction(out, self.nanosecond, form),
        }
    }

    fn push_zone_name(&self, out: &mut Vec<u8>) {
        if !self.zone.name.is_empty() {
            out.extend_from_slice(self.zone.name.as_bytes());
            return;
        }
        let minutes_only = Offset {
            zulu: false,
            colons: false,
            parts: 2,
        };
        push_offset(out, self.zone.offset, minutes_only);
    }
}

fn push_offset(out: &mut Vec<u8>, offset: i64, form: Offset) {
    if form.zulu && offset == 0 {
        out.push(b'Z');
        return;
    }
    // An offset of less than a minute to the west counts as none for the sign.
    out.push(if offset / 60 < 0 { b'-' } else { b'+' });
    let parts = [
        (offset / 3_600).abs(),
        (offset / 60 % 60).abs(),
        (offset % 60).abs(),
    ];
    for (index, part) in parts.into_iter().take(form.parts.into()).enumerate() {
        if index > 0 && form.colons {
            out.push(b':');
        }
        // Go does not take the sign off the seconds when it writes no sign either.
        let part = if index == 2 && (-59..0).contains(&offset) {
            -part
        } else {
            part
        };
        push_number(out, part, 2);
    }
}

fn push_fraction(out: &mut Vec<u8>, nanosecond: u32, form: Fraction) {
    if form.trimmed && (form.digits == 0 || nanosecond == 0) {
        return;
    }
    let digits = format!("{nanosecond:09}");
    let shown = &digits[..form.digits.min(9)];
    let shown = if form.trimmed {
        shown.trim_end_matches('0')
    } else {
        shown
    };
    if form.trimmed && shown.is_empty() {
        return;
    }
    out.push(form.separator);
    out.extend_from_slice(shown.as_bytes());
}

/// Writes a number with at least so many digits, its sign apart.
fn push_number(out: &mut Vec<u8>, number: i64, width: usize) {
    if number < 0 {
        out.push(b'-');
    }
    let digits = format!("{:0width$}", number.unsigned_abs());
    out.extend_from_slice(digits.as_bytes());
}

fn push_spaced(out: &mut Vec<u8>, number: i64, width: usize) {
    out.extend_from_slice(format!("{number:width$}").as_bytes());
}

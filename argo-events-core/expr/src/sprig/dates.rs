//! Dates and durations. What asks for the present time asks the run's host.

use super::{
    Outcome,
    arguments::{any, text, texts, time},
};
use crate::{
    gostrconv,
    gotime::{Duration, Location, Time},
    govalue::{Failure, Function, Run, Text, Type, Value},
};

pub(super) const FUNCTIONS: &[Function] = &[
    Function::new("now", &[], now),
    Function::new("ago", &[Type::Any], ago),
    Function::new("date", &[Type::String, Type::Any], date),
    Function::new("dateInZone", DATE_IN_ZONE, date_in_zone),
    Function::new("date_in_zone", DATE_IN_ZONE, date_in_zone),
    Function::new("htmlDate", &[Type::Any], html_date),
    Function::new(
        "htmlDateInZone",
        &[Type::Any, Type::String],
        html_date_in_zone,
    ),
    Function::new("dateModify", DATE_MODIFY, date_modify),
    Function::new("date_modify", DATE_MODIFY, date_modify),
    Function::new("mustDateModify", DATE_MODIFY, must_date_modify),
    Function::new("must_date_modify", DATE_MODIFY, must_date_modify),
    Function::new("toDate", &[Type::String, Type::String], to_date),
    Function::new("mustToDate", &[Type::String, Type::String], must_to_date),
    Function::new("unixEpoch", &[Type::Time], unix_epoch),
    Function::new("duration", &[Type::Any], duration),
    Function::new("durationRound", &[Type::Any], duration_round),
];

const DATE_IN_ZONE: &[Type] = &[Type::String, Type::Any, Type::String];
const DATE_MODIFY: &[Type] = &[Type::String, Type::Time];
const HTML_DATE: &[u8] = b"2006-01-02";
const SECOND: Duration = Duration(1_000_000_000);

/// How many bytes a part of a layout can become per byte of its own.
const GROWTH: usize = 32;

/// Asks the host for the present time.
pub(super) fn present(run: &Run) -> Result<Time, Failure> {
    let now = run.host().now().map(Time::local);
    now.ok_or_else(|| "there is no clock here: the present time is switched off".into())
}

fn now(run: &mut Run, _: &[Value]) -> Outcome {
    Ok(Value::Time(present(run)?))
}

/// Makes a time of a value; of anything but a time and seconds since 1970 the present one.
fn time_of(run: &Run, value: &Value) -> Result<Time, Failure> {
    match value {
        Value::Time(time) => Ok(time.clone()),
        Value::Int(seconds) | Value::Int64(seconds) => Ok(Time::unix(*seconds, 0)),
        Value::Int32(seconds) => Ok(Time::unix((*seconds).into(), 0)),
        _ => present(run),
    }
}

fn date(run: &mut Run, arguments: &[Value]) -> Outcome {
    let layout = text(run, arguments, 0)?;
    format(run, layout, any(arguments, 1), b"Local")
}

fn date_in_zone(run: &mut Run, arguments: &[Value]) -> Outcome {
    let (layout, zone) = (text(run, arguments, 0)?, text(run, arguments, 2)?);
    format(run, layout, any(arguments, 1), zone)
}

fn html_date(run: &mut Run, arguments: &[Value]) -> Outcome {
    format(run, HTML_DATE, any(arguments, 0), b"Local")
}

fn html_date_in_zone(run: &mut Run, arguments: &[Value]) -> Outcome {
    let zone = text(run, arguments, 1)?;
    format(run, HTML_DATE, any(arguments, 0), zone)
}

fn format(run: &mut Run, layout: &[u8], value: &Value, zone: &[u8]) -> Outcome {
    run.charge(layout.len().saturating_mul(GROWTH))?;
    let zone = str::from_utf8(zone)
        .ok()
        .and_then(|name| Location::load(name).ok());
    let time = time_of(run, value)?.within(zone.unwrap_or_default());
    Ok(time.format(layout).into())
}

fn date_modify(run: &mut Run, arguments: &[Value]) -> Outcome {
    let modified = must_date_modify(run, arguments);
    // A text that is no duration changes nothing.
    modified.or_else(|_| Ok(Value::Time(time(arguments, 1)?.clone())))
}

fn must_date_modify(run: &mut Run, arguments: &[Value]) -> Outcome {
    let length = Duration::parse(&text(run, arguments, 0)?.to_str());
    let length = length.map_err(|error| error.to_string())?;
    Ok(Value::Time(time(arguments, 1)?.add(length)))
}

fn to_date(run: &mut Run, arguments: &[Value]) -> Outcome {
    let [layout, written] = texts(run, arguments)?;
    let time = Time::parse_in(layout, written, &Location::Local);
    // The zero time stands for what cannot be read.
    Ok(Value::Time(time.unwrap_or_default()))
}

fn must_to_date(run: &mut Run, arguments: &[Value]) -> Outcome {
    let [layout, written] = texts(run, arguments)?;
    let time = Time::parse_in(layout, written, &Location::Local);
    Ok(Value::Time(time.map_err(|error| error.to_string())?))
}

fn unix_epoch(_: &mut Run, arguments: &[Value]) -> Outcome {
    Ok(time(arguments, 0)?.unix_seconds().to_string().into())
}

fn ago(run: &mut Run, arguments: &[Value]) -> Outcome {
    let now = present(run)?;
    let then = match any(arguments, 0) {
        // Unlike elsewhere this type is not taken.
        Value::Int32(_) => now.clone(),
        value => time_of(run, value)?,
    };
    Ok(now.since(&then).round(SECOND).to_string().into())
}

/// Prints a number of seconds, given as `int64` or as a text, as a duration.
fn duration(run: &mut Run, arguments: &[Value]) -> Outcome {
    let seconds = match any(arguments, 0) {
        Value::Int64(seconds) => *seconds,
        Value::String(_) => gostrconv::integer_or_saturated(text(run, arguments, 0)?, 10),
        _ => 0,
    };
    Ok(Duration::from_seconds(seconds).to_string().into())
}

/// Prints the largest unit of a duration and how many there are.
fn duration_round(run: &mut Run, arguments: &[Value]) -> Outcome {
    const UNITS: [(u64, &str); 6] = [
        (365 * 24 * 3_600, "y"),
        (30 * 24 * 3_600, "mo"),
        (24 * 3_600, "d"),
        (3_600, "h"),
        (60, "m"),
        (1, "s"),
    ];
    let length = match any(arguments, 0) {
        Value::Int64(nanoseconds) => Duration(*nanoseconds),
        Value::String(written) => parsed(written),
        Value::Time(time) => present(run)?.since(time),
        _ => Duration(0),
    };
    let length = length.nanoseconds().unsigned_abs();
    let unit = UNITS.iter().find_map(|(seconds, name)| {
        let unit = seconds * SECOND.nanoseconds().unsigned_abs();
        (length > unit).then(|| format!("{}{name}", length / unit))
    });
    Ok(unit.unwrap_or_else(|| "0s".to_owned()).into())
}

fn parsed(written: &Text) -> Duration {
    Duration::parse(&written.to_str()).unwrap_or_default()
}

//! Dates: between seconds, lists of eight numbers and texts.

use super::{
    Host, Outcome,
    fail::{because, because_1, not_for, not_for_1},
};
use crate::jq::{
    date::{self, Fields, Location, Time},
    value::{List, Text, Value, go_int, to_float, to_int},
};

const NANOSECONDS: f64 = 1e9;

pub(super) fn now(host: &Host<'_>) -> Outcome {
    Ok(Value::Float(host.now.unwrap_or_else(machine_time)))
}

#[expect(
    clippy::disallowed_methods,
    reason = "a program that asks for the time without being given one gets the machine's"
)]
fn machine_time() -> f64 {
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    now.map_or(0.0, |since| since.as_secs_f64())
}

fn moment(seconds: f64) -> Time {
    let nanoseconds = (seconds - seconds.floor()) * NANOSECONDS;
    Time::unix(go_int(seconds), go_int(nanoseconds)).utc()
}

/// Lists year, month from 0, day, hour, minute, second, day of the week and of the year from 0.
fn fields_of(time: &Time) -> Vec<Value> {
    let second = time.second() as f64 + time.nanosecond() as f64 / NANOSECONDS;
    vec![
        Value::Int(time.year()),
        Value::Int(time.month().0 - 1),
        Value::Int(time.day()),
        Value::Int(time.hour()),
        Value::Int(time.minute()),
        Value::Float(second),
        Value::Int(time.weekday().0),
        Value::Int(time.year_day() - 1),
    ]
}

fn seconds_of(time: &Time) -> f64 {
    time.unix_seconds() as f64 + time.nanosecond() as f64 / NANOSECONDS
}

pub(super) fn broken_down(host: &Host<'_>, name: &str, value: &Value) -> Outcome {
    let seconds = to_float(value).ok_or_else(|| not_for(name, value))?;
    host.meter.elements(8)?;
    Ok(Value::Array(List::new(fields_of(&moment(seconds)))))
}

/// Puts a moment together from a list; missing fields are 0.
fn from_fields(fields: &[Value]) -> Result<Time, &'static str> {
    const WORDS: &str = "expected an array of 8 numbers";
    let mut numbers = [0_i64; 8];
    let mut nanosecond = 0;
    for (place, (number, field)) in numbers.iter_mut().zip(fields).enumerate() {
        if place == 5 {
            let second = to_float(field).ok_or(WORDS)?;
            *number = go_int(second);
            nanosecond = go_int((second - second.floor()) * NANOSECONDS);
        } else {
            *number = to_int(field).ok_or(WORDS)?;
        }
    }
    let [year, month, day, hour, minute, second, ..] = numbers;
    let fields = Fields {
        year,
        month: month.wrapping_add(1),
        day,
        hour,
        minute,
        second,
        nanosecond,
    };
    Ok(Time::date(fields, Location::Utc))
}

pub(super) fn make_time(value: &Value) -> Outcome {
    let Value::Array(fields) = value else {
        return Err(not_for("mktime", value));
    };
    match from_fields(fields.as_slice()) {
        Ok(time) => Ok(Value::Float(seconds_of(&time))),
        Err(reason) => Err(because("mktime", value, reason)),
    }
}

pub(super) fn print(host: &Host<'_>, name: &str, value: &Value, format: &Value) -> Outcome {
    let value = match to_float(value) {
        Some(seconds) => Value::Array(List::new(fields_of(&moment(seconds)))),
        None => value.clone(),
    };
    let (Value::Array(fields), Value::Text(text)) = (&value, format) else {
        return Err(not_for_1(name, &value, format));
    };
    let time =
        from_fields(fields.as_slice()).map_err(|reason| because_1(name, &value, format, reason))?;
    host.meter.work(text.len())?;
    let printed = date::print(&time, text, host.meter.room());
    let printed = printed.ok_or_else(|| host.meter.out_of_memory())?;
    host.meter.work(printed.len() / 16)?;
    host.meter.allocate(printed.len())?;
    Ok(Value::Text(Text::from(printed)))
}

pub(super) fn parse(host: &Host<'_>, value: &Value, format: &Value) -> Outcome {
    let (Value::Text(text), Value::Text(layout)) = (value, format) else {
        return Err(not_for_1("strptime", value, format));
    };
    host.meter.work(text.len() + layout.len())?;
    let time =
        date::parse(text, layout).map_err(|reason| because_1("strptime", value, format, reason))?;
    // Go takes the first second of the year 1 for no time at all.
    if time.is_zero() {
        return Err(not_for_1("strptime", value, format));
    }
    host.meter.elements(8)?;
    Ok(Value::Array(List::new(fields_of(&moment(seconds_of(
        &time,
    ))))))
}

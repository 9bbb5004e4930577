//! Functions of times and durations.

use super::super::machine::Machine;
use super::text::text_argument;
use crate::{
    gotime::{Duration, Location, Time},
    govalue::{Failure, Value},
};

type Outcome = Result<Value, Failure>;

/// The layouts of a date that comes without one.
const LAYOUTS: [&str; 7] = [
    "2006-01-02",
    "15:04:05",
    "2006-01-02 15:04:05",
    "2006-01-02T15:04:05Z07:00",
    "02 Jan 06 15:04 MST",
    "Monday, 02-Jan-06 15:04:05 MST",
    "Mon, 02 Jan 2006 15:04:05 MST",
];

pub(super) fn now(machine: &mut Machine<'_>, _: &[Value]) -> Outcome {
    let now = machine.run.host().now();
    now.map(|now| Value::Time(now.local()))
        .ok_or_else(|| "the present time is not known here".into())
}

pub(super) fn duration(_: &mut Machine<'_>, arguments: &[Value]) -> Outcome {
    let text = text_argument(arguments, 0)?;
    match Duration::parse(&text.to_str()) {
        Ok(duration) => Ok(Value::Duration(duration)),
        Err(error) => Err(error.to_string().into()),
    }
}

pub(super) fn date(_: &mut Machine<'_>, arguments: &[Value]) -> Outcome {
    let text = text_argument(arguments, 0)?;
    let time = match arguments.len() {
        2 => Time::parse(text_argument(arguments, 1)?, text),
        3 => {
            let layout = text_argument(arguments, 1)?;
            let place = text_argument(arguments, 2)?;
            let place = Location::load(&place.to_str());
            let place = place.map_err(|error| Failure::from(error.to_string()))?;
            Time::parse_in(layout, text, &place)
        }
        _ => {
            let mut times = LAYOUTS.iter().map(|layout| Time::parse(layout, text));
            let time = times.find_map(Result::ok);
            let time = time.ok_or_else(|| Failure::from(format!("invalid date {text}")))?;
            return Ok(Value::Time(time));
        }
    };
    match time {
        Ok(time) => Ok(Value::Time(time)),
        Err(error) => Err(error.to_string().into()),
    }
}

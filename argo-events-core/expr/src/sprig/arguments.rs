//! Takes arguments, which are of the types that the function declares.

use crate::gotime::Time;
use crate::govalue::{Failure, Map, Run, Text, Value};

/// How many bytes of a text are looked at per step.
const BYTES_PER_STEP: usize = 1 << 10;

/// Gives the text at a place.
pub(super) fn text<'a>(
    run: &mut Run,
    arguments: &'a [Value],
    place: usize,
) -> Result<&'a Text, Failure> {
    match arguments.get(place) {
        Some(Value::String(text)) => {
            run.step(text.len() / BYTES_PER_STEP)?;
            Ok(text)
        }
        other => Err(mismatch("string", other)),
    }
}

/// Gives the texts that are all the arguments.
pub(super) fn texts<'a, const COUNT: usize>(
    run: &mut Run,
    arguments: &'a [Value],
) -> Result<[&'a Text; COUNT], Failure> {
    let mut found = Vec::with_capacity(COUNT);
    for place in 0..COUNT {
        found.push(text(run, arguments, place)?);
    }
    found.try_into().map_err(|_| mismatch("string", None))
}

/// Gives the `int` at a place.
pub(super) fn int(arguments: &[Value], place: usize) -> Result<i64, Failure> {
    match arguments.get(place) {
        Some(Value::Int(number)) => Ok(*number),
        other => Err(mismatch("int", other)),
    }
}

/// Gives the `time.Time` at a place.
pub(super) fn time(arguments: &[Value], place: usize) -> Result<&Time, Failure> {
    match arguments.get(place) {
        Some(Value::Time(time)) => Ok(time),
        other => Err(mismatch("time.Time", other)),
    }
}

/// Gives the map at a place, or nothing for a nil map.
pub(super) fn map(arguments: &[Value], place: usize) -> Result<Option<&Map>, Failure> {
    match arguments.get(place) {
        Some(Value::Map(map)) => Ok(Some(map)),
        Some(Value::Nil) => Ok(None),
        other => Err(mismatch("map[string]interface {}", other)),
    }
}

/// Gives the value at a place, whatever it is.
pub(super) fn any(arguments: &[Value], place: usize) -> &Value {
    arguments.get(place).unwrap_or(&Value::Nil)
}

fn mismatch(expected: &str, found: Option<&Value>) -> Failure {
    match found {
        Some(value) => {
            let found = value.type_name();
            format!("wrong type for value; expected {expected}; got {found}").into()
        }
        None => format!("missing argument; expected {expected}").into(),
    }
}

//! Reads by key, by slice and by path.

use super::{
    Host, Outcome,
    fail::{
        array_index_not_number, because_1, expected_array, expected_object, expected_start_and_end,
        not_for_1, object_key_not_string, reason, string_index_not_number,
    },
};
use crate::jq::{
    Failure,
    value::{List, Text, Value, compare, to_int, to_int_ceil},
};

/// Gives what a value has under a key.
pub(in crate::jq) fn index(host: &Host<'_>, value: &Value, key: &Value) -> Outcome {
    match (key, value) {
        (Value::Text(_), Value::Null) => Ok(Value::Null),
        (Value::Text(name), Value::Object(object)) => {
            Ok(object.get(name).cloned().unwrap_or_default())
        }
        (Value::Text(_), _) => Err(expected_object(value)),
        (Value::Array(_), Value::Null) | (Value::Object(_), Value::Null) => Ok(Value::Null),
        (Value::Array(part), Value::Array(list)) => Ok(Value::Array(List::new(places(
            host,
            list.as_slice(),
            part.as_slice(),
        )?))),
        (Value::Array(_), _) => Err(expected_array(value)),
        (Value::Object(bounds), _) => {
            let (Some(start), Some(end)) = (bounds.get(b"start"), bounds.get(b"end")) else {
                return Err(expected_start_and_end(key));
            };
            slice(host, value, end, start)
        }
        (Value::Null | Value::Bool(_), Value::Array(_)) => Err(array_index_not_number(key)),
        (Value::Null | Value::Bool(_), Value::Text(_)) => Err(string_index_not_number(key)),
        (Value::Null | Value::Bool(_), _) => Err(object_key_not_string(key)),
        _ => by_number(host, value, to_int(key).unwrap_or_default()),
    }
}

fn by_number(host: &Host<'_>, value: &Value, place: i64) -> Outcome {
    match value {
        Value::Null => Ok(Value::Null),
        Value::Array(list) => {
            let place = clamp(place, -1, list.len());
            let found = usize::try_from(place).ok();
            let found = found.and_then(|place| list.as_slice().get(place));
            Ok(found.cloned().unwrap_or_default())
        }
        Value::Text(text) => {
            host.meter.work(text.len() / 16)?;
            let length = text.length();
            let place = clamp(place, -1, length);
            if place < 0 || place as usize >= length {
                return Ok(Value::Null);
            }
            let start = text.place(place as usize);
            let rune = crate::gostrconv::decode_rune(&text[start..]);
            let character = rune.map_or(char::REPLACEMENT_CHARACTER, |rune| rune.character);
            Ok(Value::text(character.to_string()))
        }
        _ => Err(expected_array(value)),
    }
}

/// Counts a negative place from the end, and keeps it between the least one and the end.
pub(super) fn clamp(place: i64, least: i64, length: usize) -> i64 {
    let length = length as i64;
    let place = if place < 0 { place + length } else { place };
    place.max(least).min(length)
}

/// Gives the places where a list contains another.
pub(super) fn places(
    host: &Host<'_>,
    list: &[Value],
    part: &[Value],
) -> Result<Vec<Value>, Failure> {
    if part.is_empty() {
        return Ok(Vec::new());
    }
    let mut found = Vec::new();
    for (window, place) in list.windows(part.len()).zip(0..) {
        if is_equal(host, window, part) {
            // Once the meter has run out, all is equal and nothing more is counted.
            host.meter.check()?;
            found.push(Value::Int(place));
        }
    }
    Ok(found)
}

pub(super) fn is_equal(host: &Host<'_>, left: &[Value], right: &[Value]) -> bool {
    let mut pairs = left.iter().zip(right);
    pairs.all(|(left, right)| compare(left, right, &host.meter).is_eq())
}

/// Gives a part of a list or text.
pub(super) fn slice(host: &Host<'_>, value: &Value, end: &Value, start: &Value) -> Outcome {
    match value {
        Value::Null => Ok(Value::Null),
        Value::Array(list) => {
            let (start, end) = bounds(list.len(), start, end, array_index_not_number)?;
            Ok(Value::Array(list.part(start, end)))
        }
        Value::Text(text) => {
            host.meter.work(text.len() / 16)?;
            let length = text.length();
            let (start, end) = bounds(length, start, end, string_index_not_number)?;
            let (start, end) = (text.place(start), text.place(end));
            host.meter.allocate(end - start)?;
            Ok(Value::Text(Text::from(&text[start..end])))
        }
        _ => Err(expected_array(value)),
    }
}

/// Gives where a slice begins and ends; fractions are rounded outwards.
pub(super) fn bounds(
    length: usize,
    start: &Value,
    end: &Value,
    wrong: fn(&Value) -> Failure,
) -> Result<(usize, usize), Failure> {
    let start = match start {
        Value::Null => 0,
        _ => clamp(to_int(start).ok_or_else(|| wrong(start))?, 0, length),
    };
    let end = match end {
        Value::Null => length as i64,
        _ => clamp(to_int_ceil(end).ok_or_else(|| wrong(end))?, start, length),
    };
    Ok((start as usize, end.max(start) as usize))
}

/// Gives what is at the end of a path.
pub(super) fn get_path(host: &Host<'_>, value: &Value, path: &Value) -> Outcome {
    let Value::Array(keys) = path else {
        return Err(not_for_1("getpath", value, path));
    };
    let mut found = value.clone();
    for key in keys.as_slice() {
        host.meter.work(1)?;
        let (Value::Null | Value::Array(_) | Value::Object(_)) = found else {
            return Err(not_for_1("getpath", value, path));
        };
        found = match index(host, &found, key) {
            Ok(found) => found,
            Err(failure) => return Err(because_1("getpath", value, path, reason(failure)?)),
        };
    }
    Ok(found)
}

//! Writes at paths and deletes them; what is not shared changes in place.

use super::{
    Host, Outcome,
    fail::{
        array_index_not_number, because_1, because_2, expected_array, expected_object,
        expected_start_and_end, not_for_1, object_key_not_string, reason,
    },
    index::{bounds, clamp},
};
use crate::jq::{
    Failure, Limit,
    value::{List, MAX_NESTING, Object, Text, Value, preview, to_int},
};

/// Lists do not grow to more elements than this.
const MAX_PLACE: i64 = 0x2000_0000;

pub(super) fn set_path(host: &Host<'_>, mut value: Value, path: &Value, new: Value) -> Outcome {
    let Value::Array(keys) = path else {
        return Err(not_for_1("setpath", &value, path));
    };
    let shown = new.clone();
    match put(host, &mut value, keys.as_slice(), new) {
        Ok(()) => Ok(value),
        Err(failure) => Err(because_2(
            "setpath",
            &value,
            [path, &shown],
            reason(failure)?,
        )),
    }
}

/// Deletes paths: all are marked first, so that no place changes while others are still to go.
pub(super) fn delete_paths(host: &Host<'_>, value: Value, paths: &Value) -> Outcome {
    let Value::Array(list) = paths else {
        return Err(not_for_1("delpaths", &value, paths));
    };
    if list.is_empty() {
        return Ok(value);
    }
    let before = value.clone();
    let mut value = value;
    for path in list.as_slice() {
        let Value::Array(keys) = path else {
            let why = reason(expected_array(path))?;
            return Err(because_1("delpaths", &before, paths, why));
        };
        if let Err(failure) = put(host, &mut value, keys.as_slice(), Value::hole()) {
            return Err(because_1("delpaths", &before, paths, reason(failure)?));
        }
    }
    sweep(host, value)
}

/// Puts a value at the end of a path; nothing changes if that fails.
fn put(host: &Host<'_>, value: &mut Value, path: &[Value], new: Value) -> Result<(), Failure> {
    if path.len() > MAX_NESTING as usize {
        return Err(host.meter.trip(Limit::Nesting).into());
    }
    host.meter.work(1)?;
    let Some((key, rest)) = path.split_first() else {
        *value = new;
        return Ok(());
    };
    if value.is_hole() && !matches!(key, Value::Null | Value::Bool(_) | Value::Array(_)) {
        return Ok(());
    }
    match key {
        Value::Text(name) => match value {
            Value::Null | Value::Object(_) => put_member(host, value, name, rest, new),
            _ => Err(expected_object(value)),
        },
        Value::Object(slice) => match value {
            Value::Null | Value::Array(_) => put_slice(host, value, slice, rest, new),
            _ => Err(expected_array(value)),
        },
        Value::Null | Value::Bool(_) | Value::Array(_) => match value {
            Value::Array(_) => Err(array_index_not_number(key)),
            _ => Err(object_key_not_string(key)),
        },
        _ => match value {
            Value::Null | Value::Array(_) => {
                put_element(host, value, to_int(key).unwrap_or_default(), rest, new)
            }
            _ => Err(expected_array(value)),
        },
    }
}

fn put_member(
    host: &Host<'_>,
    value: &mut Value,
    name: &Text,
    rest: &[Value],
    new: Value,
) -> Result<(), Failure> {
    let is_deleting = new.is_hole();
    let known = match value {
        Value::Object(object) => object.get(name).is_some(),
        _ => false,
    };
    if !known && is_deleting {
        if matches!(value, Value::Object(object) if object.is_absent()) {
            *value = Value::Null;
        }
        return Ok(());
    }
    if !matches!(value, Value::Object(_)) {
        let mut member = Value::Null;
        put(host, &mut member, rest, new)?;
        let mut object = Object::default();
        object.insert(name.clone(), member);
        *value = Value::Object(object);
        return Ok(());
    }
    let Value::Object(object) = value else {
        return Ok(());
    };
    if object.is_shared() {
        host.meter.elements(3 * object.len())?;
    }
    host.meter.elements(3)?;
    let depth = object.change(|members| {
        if !known {
            let mut member = Value::Null;
            put(host, &mut member, rest, new)?;
            let depth = member.depth_inside();
            members.insert(name.clone(), member);
            return Ok(depth);
        }
        match members.get_mut(&**name) {
            Some(member) => {
                put(host, member, rest, new)?;
                Ok::<u32, Failure>(member.depth_inside())
            }
            None => Ok(0),
        }
    })?;
    object.note(depth, is_deleting);
    Ok(())
}

fn put_element(
    host: &Host<'_>,
    value: &mut Value,
    place: i64,
    rest: &[Value],
    new: Value,
) -> Result<(), Failure> {
    let is_deleting = new.is_hole();
    let length = match value {
        Value::Array(list) => list.len(),
        _ => 0,
    };
    let found = clamp(place, -1, length);
    if found < 0 || found as usize >= length {
        if is_deleting {
            return Ok(());
        }
        if found < 0 {
            let shown = preview(&Value::Int(place));
            return Err(format!("array index should not be negative: {shown}").into());
        }
        if place >= MAX_PLACE {
            let shown = preview(&Value::Int(place));
            return Err(format!("array index too large: {shown}").into());
        }
        return append(host, value, place as usize, rest, new);
    }
    let Value::Array(list) = value else {
        return Ok(());
    };
    if list.is_shared() {
        host.meter.elements(length)?;
    }
    let depth = list.change(|values| match values.get_mut(found as usize) {
        Some(element) => {
            put(host, element, rest, new)?;
            Ok::<u32, Failure>(element.depth_inside())
        }
        None => Ok(0),
    })?;
    list.note(depth, is_deleting);
    Ok(())
}

/// Puts an element behind the end of a list, which is filled up with nulls.
fn append(
    host: &Host<'_>,
    value: &mut Value,
    place: usize,
    rest: &[Value],
    new: Value,
) -> Result<(), Failure> {
    let mut element = Value::Null;
    put(host, &mut element, rest, new)?;
    let depth = element.depth_inside();
    if !matches!(value, Value::Array(_)) {
        *value = Value::Array(List::default());
    }
    let Value::Array(list) = value else {
        return Ok(());
    };
    let copied = if list.is_shared() { list.len() } else { 0 };
    host.meter.elements(copied + 1 + place - list.len())?;
    list.change(|values| {
        values.resize(place, Value::Null);
        values.push(element);
    });
    list.note(depth, false);
    Ok(())
}

fn put_slice(
    host: &Host<'_>,
    value: &mut Value,
    slice: &Object,
    rest: &[Value],
    new: Value,
) -> Result<(), Failure> {
    let (Some(start), Some(end)) = (slice.get(b"start"), slice.get(b"end")) else {
        return Err(expected_start_and_end(&Value::Object(slice.clone())));
    };
    let list = match &*value {
        Value::Array(list) => list.clone(),
        _ => List::default(),
    };
    let (start, end) = bounds(list.len(), start, end, array_index_not_number)?;
    let is_deleting = new.is_hole();
    if start == end && is_deleting {
        return Ok(());
    }
    let mut part = Value::Array(list.part(start, end));
    put(host, &mut part, rest, new)?;
    let (values, holed) = match &part {
        Value::Array(part) => (part.as_slice().to_vec(), part.is_holed()),
        _ if part.is_hole() => (vec![Value::hole(); end - start], true),
        _ => return Err(expected_array(&part)),
    };
    host.meter.elements(list.len() + values.len())?;
    let before = &list.as_slice()[..start];
    let joined = [before, &values, &list.as_slice()[end..]].concat();
    let mut joined = List::new(joined);
    joined.note(0, holed || list.is_holed() || is_deleting);
    *value = Value::Array(joined);
    Ok(())
}

/// Takes out what was marked.
fn sweep(host: &Host<'_>, value: Value) -> Outcome {
    host.meter.work(1)?;
    match value {
        value if value.is_hole() => Ok(Value::Null),
        Value::Array(list) if list.is_holed() => {
            let kept = list.as_slice().iter().filter(|value| !value.is_hole());
            let kept: Result<Vec<_>, _> = kept.map(|value| sweep(host, value.clone())).collect();
            Ok(Value::Array(List::new(kept?)))
        }
        Value::Object(object) if object.is_holed() => {
            let kept = object
                .members()
                .iter()
                .filter(|(_, value)| !value.is_hole());
            let kept: Result<_, Failure> = kept
                .map(|(name, value)| Ok((name.clone(), sweep(host, value.clone())?)))
                .collect();
            Ok(Value::Object(Object::new(kept?)))
        }
        value => Ok(value),
    }
}

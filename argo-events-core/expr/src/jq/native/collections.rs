//! Lists as a whole: their order, their groups and their shape.

use super::{
    Host, Outcome,
    basic::elements,
    fail::{because_1, not_for, not_for_1},
    order::sort_stable,
};
use crate::jq::{
    Failure,
    value::{List, Value, compare, less, preview, to_float},
};

pub(super) fn reverse(host: &Host<'_>, value: &Value) -> Outcome {
    let Value::Array(list) = value else {
        return Err(not_for("reverse", value));
    };
    host.meter.elements(list.len())?;
    let reversed = list.as_slice().iter().rev().cloned().collect();
    Ok(Value::Array(List::new(reversed)))
}

pub(super) fn flatten(host: &Host<'_>, value: &Value, depth: Option<&Value>) -> Outcome {
    let elements = elements(value).ok_or_else(|| not_for("flatten", value))?;
    let depth = match depth {
        None => -1.0,
        Some(depth) => {
            let levels = to_float(depth).ok_or_else(|| not_for("flatten", depth))?;
            if less(levels, 0.0) {
                let shown = preview(&Value::Float(levels));
                return Err(format!("flatten depth should not be negative: {shown}").into());
            }
            levels
        }
    };
    let mut flat = Vec::new();
    push_flat(host, &mut flat, &elements, depth)?;
    Ok(Value::Array(List::new(flat)))
}

fn push_flat(
    host: &Host<'_>,
    flat: &mut Vec<Value>,
    elements: &[Value],
    depth: f64,
) -> Result<(), Failure> {
    for element in elements {
        match element {
            Value::Array(list) if depth != 0.0 => {
                host.meter.work(1)?;
                push_flat(host, flat, list.as_slice(), depth - 1.0)?;
            }
            _ => {
                host.meter.elements(1)?;
                flat.push(element.clone());
                if flat.len() * size_of::<Value>() > host.meter.room() {
                    return Err(host.meter.out_of_memory().into());
                }
            }
        }
    }
    Ok(())
}

pub(super) fn transpose(host: &Host<'_>, value: &Value) -> Outcome {
    let rows = match value {
        Value::Array(list) => list.as_slice(),
        _ => return Err(not_for("transpose", value)),
    };
    let row = |row: &Value| match row {
        Value::Array(list) => Some(list.clone()),
        _ => None,
    };
    let rows: Option<Vec<List>> = rows.iter().map(row).collect();
    let rows = rows.ok_or_else(|| not_for("transpose", value))?;
    let width = rows.iter().map(List::len).max().unwrap_or(0);
    host.meter.elements(width.saturating_mul(rows.len() + 1))?;
    let column = |place: usize| {
        let cell = |row: &List| row.as_slice().get(place).cloned().unwrap_or_default();
        Value::Array(List::new(rows.iter().map(cell).collect()))
    };
    Ok(Value::Array(List::new((0..width).map(column).collect())))
}

/// Finds a value in a sorted list; else says where it would have to be put in.
pub(super) fn binary_search(host: &Host<'_>, value: &Value, target: &Value) -> Outcome {
    let Value::Array(list) = value else {
        return Err(not_for_1("bsearch", value, target));
    };
    let elements = list.as_slice();
    let place = elements.partition_point(|element| compare(element, target, &host.meter).is_lt());
    let found = elements
        .get(place)
        .is_some_and(|element| compare(element, target, &host.meter).is_eq());
    let place = place as i64;
    Ok(Value::Int(if found { place } else { -place - 1 }))
}

pub(super) fn extreme(host: &Host<'_>, name: &str, value: &Value, least: bool) -> Outcome {
    match value {
        Value::Array(list) => Ok(pick(host, list, list, least)),
        _ => Err(not_for(name, value)),
    }
}

pub(super) fn extreme_by(
    host: &Host<'_>,
    name: &str,
    value: &Value,
    keys: &Value,
    least: bool,
) -> Outcome {
    let (Value::Array(list), Value::Array(by)) = (value, keys) else {
        return Err(not_for_1(name, value, keys));
    };
    if list.len() != by.len() {
        return Err(because_1(name, value, keys, "length mismatch"));
    }
    Ok(pick(host, list, by, least))
}

/// Gives the element with the least key, the first of equals, or with the greatest, the last.
fn pick(host: &Host<'_>, list: &List, keys: &List, least: bool) -> Value {
    let keys = keys.as_slice();
    let mut best = 0;
    for place in 1..keys.len() {
        if compare(&keys[best], &keys[place], &host.meter).is_gt() == least {
            best = place;
        }
    }
    list.as_slice().get(best).cloned().unwrap_or_default()
}

/// Sorts the elements of a list, with their keys.
fn sorted(
    host: &Host<'_>,
    name: &str,
    value: &Value,
    keys: Option<&Value>,
) -> Result<Vec<(Value, Value)>, Failure> {
    let by = keys.unwrap_or(value);
    let Value::Array(list) = value else {
        return Err(match keys {
            Some(keys) => not_for_1(name, value, keys),
            None => not_for(name, value),
        });
    };
    let Value::Array(by) = by else {
        return Err(not_for_1(name, value, by));
    };
    if list.len() != by.len() {
        let keys = Value::Array(by.clone());
        return Err(because_1(name, value, &keys, "length mismatch"));
    }
    host.meter.elements(3 * list.len())?;
    let pairs = list
        .as_slice()
        .iter()
        .cloned()
        .zip(by.as_slice().iter().cloned());
    let mut pairs: Vec<_> = pairs.collect();
    sort_stable(
        &mut pairs,
        &|left: &(Value, Value), right: &(Value, Value)| {
            compare(&left.1, &right.1, &host.meter).is_lt()
        },
    );
    host.meter.check()?;
    Ok(pairs)
}

pub(super) fn sort(host: &Host<'_>, name: &str, value: &Value, keys: Option<&Value>) -> Outcome {
    let pairs = sorted(host, name, value, keys)?;
    let values = pairs.into_iter().map(|(value, _)| value).collect();
    Ok(Value::Array(List::new(values)))
}

pub(super) fn group(host: &Host<'_>, value: &Value, keys: &Value) -> Outcome {
    let pairs = sorted(host, "group_by", value, Some(keys))?;
    let mut groups: Vec<Vec<Value>> = Vec::new();
    let mut last: Option<Value> = None;
    for (value, key) in pairs {
        let is_same = |last: &Value| compare(last, &key, &host.meter).is_eq();
        match groups.last_mut() {
            Some(group) if last.as_ref().is_some_and(is_same) => group.push(value),
            _ => {
                groups.push(vec![value]);
                last = Some(key);
            }
        }
    }
    let groups = groups
        .into_iter()
        .map(|group| Value::Array(List::new(group)));
    Ok(Value::Array(List::new(groups.collect())))
}

pub(super) fn unique(host: &Host<'_>, name: &str, value: &Value, keys: Option<&Value>) -> Outcome {
    let mut kept = Vec::new();
    let mut last: Option<Value> = None;
    for (value, key) in sorted(host, name, value, keys)? {
        let is_same = |last: &Value| compare(last, &key, &host.meter).is_eq();
        if !last.as_ref().is_some_and(is_same) {
            kept.push(value);
            last = Some(key);
        }
    }
    Ok(Value::Array(List::new(kept)))
}

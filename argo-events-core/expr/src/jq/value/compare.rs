//! The order of values: null, false, true, numbers, strings, arrays, objects.

use super::{Big, List, Object, Value, parse_number};
use crate::jq::Meter;
use memchr::memmem;
use std::cmp::Ordering;

/// Compares two values; `NaN` is less than every number, itself included.
///
/// A meter that has run out makes everything equal: its error comes up soon after.
pub(in crate::jq) fn compare(left: &Value, right: &Value, meter: &Meter) -> Ordering {
    if meter.work(1).is_err() {
        return Ordering::Equal;
    }
    match (left, right) {
        (Value::Literal(spelling), _) => compare(&parse_number(spelling), right, meter),
        (_, Value::Literal(spelling)) => compare(left, &parse_number(spelling), meter),
        (Value::Int(left), Value::Int(right)) => left.cmp(right),
        (Value::Big(left), Value::Big(right)) => left.cmp(right),
        (Value::Int(left), Value::Big(right)) => Big::from(*left).cmp(right),
        (Value::Big(left), Value::Int(right)) => (**left).cmp(&Big::from(*right)),
        (Value::Text(left), Value::Text(right)) => left.cmp(right),
        (Value::Array(left), Value::Array(right)) => compare_lists(left, right, meter),
        (Value::Object(left), Value::Object(right)) => compare_objects(left, right, meter),
        _ => match (super::to_float(left), super::to_float(right)) {
            (Some(left), Some(right)) => compare_floats(left, right),
            _ => rank(left).cmp(&rank(right)),
        },
    }
}

/// Tells whether a double is less than another; NaN is less than all.
pub(in crate::jq) fn less(left: f64, right: f64) -> bool {
    left < right || left.is_nan()
}

fn compare_floats(left: f64, right: f64) -> Ordering {
    if less(left, right) {
        Ordering::Less
    } else if left == right {
        Ordering::Equal
    } else {
        Ordering::Greater
    }
}

fn compare_lists(left: &List, right: &List, meter: &Meter) -> Ordering {
    compare_slices(left.as_slice(), right.as_slice(), meter)
}

fn compare_slices(left: &[Value], right: &[Value], meter: &Meter) -> Ordering {
    left.iter()
        .zip(right)
        .map(|(left, right)| compare(left, right, meter))
        .find(|order| order.is_ne())
        .unwrap_or_else(|| left.len().cmp(&right.len()))
}

fn compare_objects(left: &Object, right: &Object, meter: &Meter) -> Ordering {
    left.members()
        .keys()
        .cmp(right.members().keys())
        .then_with(|| {
            left.members()
                .values()
                .zip(right.members().values())
                .map(|(left, right)| compare(left, right, meter))
                .find(|order| order.is_ne())
                .unwrap_or(Ordering::Equal)
        })
}

fn rank(value: &Value) -> u8 {
    match value {
        Value::Null => 0,
        Value::Bool(false) => 1,
        Value::Bool(true) => 2,
        Value::Int(_) | Value::Float(_) | Value::Big(_) | Value::Literal(_) => 3,
        Value::Text(_) => 4,
        Value::Array(_) => 5,
        Value::Object(_) => 6,
    }
}

/// Tells whether a value contains another, as `contains` means it; nothing if they do not compare.
pub(in crate::jq) fn contains(left: &Value, right: &Value, meter: &Meter) -> Option<bool> {
    meter.work(1).ok()?;
    match (left, right) {
        (Value::Null, Value::Null) => Some(true),
        (Value::Bool(left), Value::Bool(right)) if left == right => Some(true),
        (Value::Text(left), Value::Text(right)) => {
            meter.work(left.len() / 16).ok()?;
            Some(memmem::find(left, right).is_some())
        }
        (Value::Array(left), Value::Array(right)) => {
            let has = |right: &Value| {
                left.as_slice()
                    .iter()
                    .any(|left| contains(left, right, meter) == Some(true))
            };
            Some(right.as_slice().iter().all(has))
        }
        (Value::Object(left), Value::Object(right)) => {
            let has = |name: &[u8], right: &Value| {
                let left = left.get(name);
                left.is_some_and(|left| contains(left, right, meter) == Some(true))
            };
            let fits = left.len() >= right.len();
            Some(fits && right.members().iter().all(|(name, value)| has(name, value)))
        }
        _ if left.is_number() && right.is_number() => {
            // NaN is less than itself and thereby contains nothing.
            Some(compare(left, right, meter).is_eq())
        }
        _ => None,
    }
}

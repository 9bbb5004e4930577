//! Equality, order and membership.

use super::{Failure, Keyed, Machine, Value, arithmetic::Number, constant::not_assignable};
use crate::govalue::deep_equal;
use std::cmp::Ordering;

/// A test of order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in super::super) enum Order {
    Less,
    More,
    LessOrEqual,
    MoreOrEqual,
}

impl Order {
    fn symbol(self) -> &'static str {
        match self {
            Self::Less => "<",
            Self::More => ">",
            Self::LessOrEqual => "<=",
            Self::MoreOrEqual => ">=",
        }
    }

    fn holds(self, ordering: Option<Ordering>) -> bool {
        match self {
            Self::Less => ordering.is_some_and(Ordering::is_lt),
            Self::More => ordering.is_some_and(Ordering::is_gt),
            Self::LessOrEqual => ordering.is_some_and(Ordering::is_le),
            Self::MoreOrEqual => ordering.is_some_and(Ordering::is_ge),
        }
    }
}

/// Compares two values that have an order.
pub(in super::super) fn compare(
    order: Order,
    left: &Value,
    right: &Value,
) -> Result<bool, Failure> {
    if let Some(ordering) = numbers(left, right) {
        return Ok(order.holds(ordering));
    }
    let ordering = match (left, right) {
        (Value::String(left), Value::String(right)) => left.cmp(right),
        (Value::Time(left), Value::Time(right)) => left.compare(right),
        (Value::Duration(left), Value::Duration(right)) => left.cmp(right),
        _ => {
            let (left, right) = (left.type_name(), right.type_name());
            let symbol = order.symbol();
            return Err(format!("invalid operation: {left} {symbol} {right}").into());
        }
    };
    Ok(order.holds(Some(ordering)))
}

/// Compares two numbers; one that is no number has no order.
fn numbers(left: &Value, right: &Value) -> Option<Option<Ordering>> {
    let (left, right) = (Number::of(left)?, Number::of(right)?);
    Some(match (left, right) {
        (Number::Int(left), Number::Int(right)) => Some(left.cmp(&right)),
        _ => left.as_float().partial_cmp(&right.as_float()),
    })
}

pub(super) fn is_nil(value: &Value) -> bool {
    match value {
        Value::Nil => true,
        Value::List(list) => list.is_nil(),
        Value::Object(object) => object.is_nil(),
        _ => false,
    }
}

/// Tells whether two values are equal, numbers whatever their types.
pub(super) fn equal(left: &Value, right: &Value) -> bool {
    if let Some(ordering) = numbers(left, right) {
        return ordering == Some(Ordering::Equal);
    }
    match (left, right) {
        (Value::Time(left), Value::Time(right)) => left.compare(right) == Ordering::Equal,
        _ => is_nil(left) && is_nil(right) || deep_equal(left, right),
    }
}

/// Estimates how much there is to compare.
pub(super) fn size(value: &Value) -> usize {
    match value {
        Value::String(text) => text.len(),
        Value::List(list) => list.values().len().saturating_mul(64),
        Value::Map(map) => map.len().saturating_mul(64),
        _ => 0,
    }
}

/// Tells whether something is in a list, or a name in a map.
pub(super) fn is_in(
    machine: &mut Machine<'_>,
    needle: &Value,
    container: &Value,
) -> Result<bool, Failure> {
    match container {
        Value::Nil => Ok(false),
        Value::List(list) => {
            let each = size(needle) / 64 + 1;
            machine.run.step(each.saturating_mul(list.values().len()))?;
            Ok(list.values().iter().any(|value| equal(value, needle)))
        }
        Value::Map(map) => match needle {
            Value::Nil => Ok(map.contains(b"")),
            Value::String(name) => Ok(map.contains(name)),
            other => Err(not_assignable(other, "string")),
        },
        Value::Time(_) => match needle {
            Value::String(name) => Ok(matches!(&name[..], b"wall" | b"ext" | b"loc")),
            other => {
                let found = other.type_name();
                Err(format!("cannot use {found} as field name of time.Time").into())
            }
        },
        Value::Object(object) if Keyed::of(&**object).is_some() => {
            let found = Keyed::of(&**object).map(|keyed| keyed.get(needle));
            Ok(found.transpose()?.flatten().is_some())
        }
        other => {
            let found = other.type_name();
            Err(format!("operator \"in\" not defined on {found}").into())
        }
    }
}

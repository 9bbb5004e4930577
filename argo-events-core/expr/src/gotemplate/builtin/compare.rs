//! The functions that compare.

use super::Item;
use crate::{
    gofmt::sprintf,
    govalue::{Failure, Kind, Run, Value},
};
use std::{cmp::Ordering, rc::Rc};

/// What values have in common that compare with each other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Basic {
    Bool,
    Complex,
    Float,
    String,
    Signed,
    Unsigned,
}

impl Basic {
    fn of(item: &Item) -> Option<Self> {
        Some(match item.value()?.kind() {
            Kind::Bool => Self::Bool,
            Kind::Complex128 => Self::Complex,
            Kind::Float64 => Self::Float,
            Kind::String => Self::String,
            kind if kind.is_signed() => Self::Signed,
            kind if kind.is_unsigned() => Self::Unsigned,
            _ => return None,
        })
    }

    fn is_whole(self) -> bool {
        matches!(self, Self::Signed | Self::Unsigned)
    }

    fn compares_with(self, other: Self) -> bool {
        self == other || (self.is_whole() && other.is_whole())
    }
}

/// Tells whether the first item equals any other.
pub(super) fn is_equal_to_any(run: &mut Run, items: Vec<Item>) -> Result<bool, Failure> {
    let mut items = items.into_iter().map(Item::known);
    let first = items.next().unwrap_or(Item::Absent);
    if items.len() == 0 {
        return Err("missing argument for comparison".into());
    }
    for other in items {
        run.step(1)?;
        if is_equal(&first, &other)? {
            return Ok(true);
        }
    }
    Ok(false)
}

fn is_equal(left: &Item, right: &Item) -> Result<bool, Failure> {
    match (Basic::of(left), Basic::of(right)) {
        (Some(a), Some(b)) if a.compares_with(b) => {
            Ok(compare(left, right) == Some(Ordering::Equal))
        }
        (None, None) => is_same(left, right),
        _ if is_invalid(left) || is_invalid(right) => Ok(false),
        _ => Err(incompatible(left, right)),
    }
}

fn is_invalid(item: &Item) -> bool {
    matches!(item, Item::Absent)
}

fn incompatible(left: &Item, right: &Item) -> Failure {
    let (left, right) = (left.type_name(), right.type_name());
    format!("incompatible types for comparison: {left} and {right}").into()
}

/// Compares two items of the same sort; complex numbers are equal or not comparable.
fn compare(left: &Item, right: &Item) -> Option<Ordering> {
    match (left.value()?, right.value()?) {
        (Value::Bool(left), Value::Bool(right)) => Some(left.cmp(right)),
        (Value::Float(left), Value::Float(right)) => left.partial_cmp(right),
        (Value::String(left), Value::String(right)) => Some(left.cmp(right)),
        (Value::Complex(a, b), Value::Complex(c, d)) => {
            (a == c && b == d).then_some(Ordering::Equal)
        }
        (left, right) => Some(left.as_integer()?.cmp(&right.as_integer()?)),
    }
}

/// Compares what is neither a number nor a text nor a truth: with nil, or by identity.
fn is_same(left: &Item, right: &Item) -> Result<bool, Failure> {
    let kind = |item: &Item| item.value().map_or(Kind::Invalid, Value::kind);
    let is_comparable = kind(left) == kind(right) || is_invalid(left) || is_invalid(right);
    if !is_comparable {
        return Err(not_comparable(left, right));
    }
    if is_nil(left) || is_nil(right) {
        return Ok(is_nil(left) == is_nil(right));
    }
    match (left.value(), right.value()) {
        (Some(Value::Time(left)), Some(Value::Time(right))) => Ok(left == right),
        (Some(Value::Error(left)), Some(Value::Error(right))) => Ok(Rc::ptr_eq(left, right)),
        (Some(Value::Object(left)), Some(Value::Object(right))) => Ok(Rc::ptr_eq(left, right)),
        (_, Some(right)) => {
            let type_name = Value::from(right.type_name().into_owned());
            let message = sprintf("non-comparable type %s: %v", &[right.clone(), type_name])?;
            Err(String::from_utf8_lossy(&message).into_owned().into())
        }
        _ => Ok(false),
    }
}

fn not_comparable(left: &Item, right: &Item) -> Failure {
    let type_of = |item: &Item| Value::from(item.type_name().into_owned());
    let values = [
        left.clone().into_value(),
        type_of(left),
        type_of(right),
        right.clone().into_value(),
    ];
    match sprintf("non-comparable types %s: %v, %s: %v", &values) {
        Ok(message) => String::from_utf8_lossy(&message).into_owned().into(),
        Err(error) => error.into(),
    }
}

fn is_nil(item: &Item) -> bool {
    match item.value() {
        None => true,
        Some(Value::List(list)) => list.is_nil(),
        Some(Value::Object(object)) => object.is_nil(),
        Some(_) => false,
    }
}

/// Tells whether the first item comes before the second.
pub(super) fn is_less(items: &[Item]) -> Result<bool, Failure> {
    let [left, right] = items else {
        return Err("missing argument for comparison".into());
    };
    let (left, right) = (left.clone().known(), right.clone().known());
    let no_order = "invalid type for comparison";
    let a = Basic::of(&left).ok_or(no_order)?;
    let b = Basic::of(&right).ok_or(no_order)?;
    if !a.compares_with(b) {
        return Err(incompatible(&left, &right));
    }
    if matches!(a, Basic::Bool | Basic::Complex) {
        return Err(no_order.into());
    }
    Ok(compare(&left, &right) == Some(Ordering::Less))
}

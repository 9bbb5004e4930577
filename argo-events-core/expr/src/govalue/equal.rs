//! Equality as Go's `reflect.DeepEqual` has it.

use super::{MAX_DEPTH, Value};
use std::rc::Rc;

/// Tells whether two values have the same type and content; what nests too deep is not equal.
#[must_use]
pub fn deep_equal(left: &Value, right: &Value) -> bool {
    equal(left, right, 0)
}

fn equal(left: &Value, right: &Value, depth: usize) -> bool {
    match (left, right) {
        _ if depth > MAX_DEPTH => false,
        (Value::Nil, Value::Nil) => true,
        (Value::Bool(left), Value::Bool(right)) => left == right,
        (Value::Float(left), Value::Float(right)) => left == right,
        (Value::Complex(a, b), Value::Complex(c, d)) => a == c && b == d,
        (Value::String(left), Value::String(right)) => left == right,
        (Value::Time(left), Value::Time(right)) => left == right,
        (Value::List(left), Value::List(right)) => {
            left.is_same(right) || {
                left.element() == right.element()
                    && left.is_nil() == right.is_nil()
                    && left.values().len() == right.values().len()
                    && (left.values().iter())
                        .zip(right.values())
                        .all(|(left, right)| equal(left, right, depth + 1))
            }
        }
        (Value::Map(left), Value::Map(right)) => {
            left.is_same(right) || {
                left.member() == right.member()
                    && left.len() == right.len()
                    && (left.entries().iter())
                        .zip(&right.entries())
                        .all(|((a, left), (b, right))| a == b && equal(left, right, depth + 1))
            }
        }
        (Value::Error(left), Value::Error(right)) => left == right,
        (Value::Object(left), Value::Object(right)) => {
            Rc::ptr_eq(left, right)
                || (left.type_name() == right.type_name()
                    && match (left.underlying(), right.underlying()) {
                        (Some(left), Some(right)) => equal(&left, &right, depth + 1),
                        _ => left.text().is_some() && left.text() == right.text(),
                    })
        }
        _ => {
            left.kind() == right.kind()
                && left.type_name() == right.type_name()
                && left.as_integer().is_some()
                && left.as_integer() == right.as_integer()
        }
    }
}

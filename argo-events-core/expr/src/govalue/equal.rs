//! Equality as Go's `reflect.DeepEqual` has it.

use super::{List, MAX_DEPTH, Map, Object, Value};
use std::rc::Rc;

/// How many values are compared; what holds more is not equal.
const MAX_VALUES: usize = 1_000_000;

/// Tells whether two values have the same type and content; what nests too deep or holds too much
/// is not equal.
#[must_use]
pub fn deep_equal(left: &Value, right: &Value) -> bool {
    Comparison { left: MAX_VALUES }.values(left, right, 0)
}

/// A comparison on its way.
struct Comparison {
    /// How many values may still be compared.
    left: usize,
}

impl Comparison {
    fn values(&mut self, left: &Value, right: &Value, depth: usize) -> bool {
        let Some(remaining) = self.left.checked_sub(1).filter(|_| depth <= MAX_DEPTH) else {
            self.left = 0;
            return false;
        };
        self.left = remaining;
        match (left, right) {
            (Value::Nil, Value::Nil) => true,
            (Value::Bool(left), Value::Bool(right)) => left == right,
            (Value::Float(left), Value::Float(right)) => left == right,
            (Value::Complex(a, b), Value::Complex(c, d)) => a == c && b == d,
            (Value::String(left), Value::String(right)) => left == right,
            (Value::Time(left), Value::Time(right)) => left == right,
            (Value::List(left), Value::List(right)) => self.lists(left, right, depth),
            (Value::Map(left), Value::Map(right)) => self.maps(left, right, depth),
            (Value::Error(left), Value::Error(right)) => left == right,
            (Value::Object(left), Value::Object(right)) => self.objects(left, right, depth),
            _ => are_equal_numbers(left, right),
        }
    }

    fn lists(&mut self, left: &List, right: &List, depth: usize) -> bool {
        if left.is_same(right) {
            return true;
        }
        let (ours, theirs) = (left.values(), right.values());
        left.element() == right.element()
            && left.is_nil() == right.is_nil()
            && ours.len() == theirs.len()
            && (ours.iter().zip(theirs)).all(|(left, right)| self.values(left, right, depth + 1))
    }

    fn maps(&mut self, left: &Map, right: &Map, depth: usize) -> bool {
        if left.is_same(right) {
            return true;
        }
        let (ours, theirs) = (left.entries(), right.entries());
        left.member() == right.member()
            && ours.len() == theirs.len()
            && (ours.iter().zip(&theirs))
                .all(|((a, left), (b, right))| a == b && self.values(left, right, depth + 1))
    }

    fn objects(&mut self, left: &Rc<dyn Object>, right: &Rc<dyn Object>, depth: usize) -> bool {
        if Rc::ptr_eq(left, right) {
            return true;
        }
        left.type_name() == right.type_name()
            && match (left.underlying(), right.underlying()) {
                (Some(left), Some(right)) => self.values(&left, &right, depth + 1),
                _ => left.text().is_some() && left.text() == right.text(),
            }
    }
}

fn are_equal_numbers(left: &Value, right: &Value) -> bool {
    left.type_name() == right.type_name()
        && left.as_integer().is_some()
        && left.as_integer() == right.as_integer()
}

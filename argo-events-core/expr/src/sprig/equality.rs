//! Equality of values as `reflect.DeepEqual` has it, within the budget of the run.

use crate::govalue::{Failure, List, MAX_DEPTH, Map, Run, Value, deep_equal};

/// Tells whether two values have the same type and content.
///
/// A value that holds another one twice is looked at twice, so the steps are counted.
pub(super) fn is_equal(run: &mut Run, left: &Value, right: &Value) -> Result<bool, Failure> {
    equal(run, left, right, 0)
}

/// Tells whether a value equals one of a list.
pub(super) fn is_among(run: &mut Run, values: &[Value], wanted: &Value) -> Result<bool, Failure> {
    for value in values {
        if is_equal(run, wanted, value)? {
            return Ok(true);
        }
    }
    Ok(false)
}

fn equal(run: &mut Run, left: &Value, right: &Value, depth: usize) -> Result<bool, Failure> {
    run.step(1)?;
    if depth > MAX_DEPTH {
        return Err(Failure::Limit("depth of values"));
    }
    match (left, right) {
        (Value::List(left), Value::List(right)) => equal_lists(run, left, right, depth),
        (Value::Map(left), Value::Map(right)) => equal_maps(run, left, right, depth),
        (Value::String(left), Value::String(right)) => {
            run.step(left.len().min(right.len()) / 1_024)?;
            Ok(left == right)
        }
        _ => Ok(deep_equal(left, right)),
    }
}

fn equal_lists(run: &mut Run, left: &List, right: &List, depth: usize) -> Result<bool, Failure> {
    if left.element() != right.element()
        || left.is_nil() != right.is_nil()
        || left.values().len() != right.values().len()
    {
        return Ok(false);
    }
    if left.is_same(right) {
        return Ok(true);
    }
    for (left, right) in left.values().iter().zip(right.values()) {
        if !equal(run, left, right, depth + 1)? {
            return Ok(false);
        }
    }
    Ok(true)
}

fn equal_maps(run: &mut Run, left: &Map, right: &Map, depth: usize) -> Result<bool, Failure> {
    if left.member() != right.member() || left.len() != right.len() {
        return Ok(false);
    }
    if left.is_same(right) {
        return Ok(true);
    }
    run.step(left.len())?;
    for ((left_name, left), (right_name, right)) in left.entries().iter().zip(&right.entries()) {
        if left_name != right_name || !equal(run, left, right, depth + 1)? {
            return Ok(false);
        }
    }
    Ok(true)
}

//! Calculation with numbers, times and durations of all types.

use super::{super::compile::Op, Failure, Value};
use crate::gotime::Duration;
use crate::power::power;

/// A number of one of the types that calculate.
#[derive(Clone, Copy)]
pub(super) enum Number {
    Int(i64),
    Float(f64),
}

impl Number {
    #[expect(
        clippy::cast_possible_wrap,
        reason = "as Go converts a uint64 to an int"
    )]
    pub(super) fn of(value: &Value) -> Option<Self> {
        Some(match value {
            Value::Float(number) => Self::Float(*number),
            Value::Int(number) | Value::Int64(number) => Self::Int(*number),
            Value::Int32(number) => Self::Int((*number).into()),
            Value::Uint8(number) => Self::Int((*number).into()),
            Value::Uint32(number) => Self::Int((*number).into()),
            Value::Uint64(number) => Self::Int(*number as i64),
            _ => return None,
        })
    }

    #[expect(
        clippy::cast_precision_loss,
        reason = "as Go converts an int to a float64"
    )]
    pub(super) fn as_float(self) -> f64 {
        match self {
            Self::Int(number) => number as f64,
            Self::Float(number) => number,
        }
    }
}

/// Converts a number to an `int`.
pub(in super::super) fn to_int(value: &Value) -> Result<i64, Failure> {
    match Number::of(value) {
        Some(Number::Int(number)) => Ok(number),
        Some(Number::Float(number)) => Ok(truncated(number)),
        None => Err(format!("invalid operation: int({})", value.type_name()).into()),
    }
}

/// Cuts off the fraction; what does not fit becomes the lowest number, as on Go's usual machines.
#[expect(clippy::cast_possible_truncation, reason = "checked for the bounds")]
pub(in super::super) fn truncated(number: f64) -> i64 {
    const BOUND: f64 = 9_223_372_036_854_775_808.0;
    match (-BOUND..BOUND).contains(&number) {
        true => number as i64,
        false => i64::MIN,
    }
}

/// Converts a number to a `float64`.
pub(in super::super) fn to_float(value: &Value) -> Result<f64, Failure> {
    match Number::of(value) {
        Some(number) => Ok(number.as_float()),
        None => Err(format!("invalid operation: float({})", value.type_name()).into()),
    }
}

pub(super) fn negate(value: &Value) -> Result<Value, Failure> {
    Ok(match value {
        Value::Float(number) => Value::Float(-number),
        Value::Int(number) => Value::Int(number.wrapping_neg()),
        Value::Int64(number) => Value::Int64(number.wrapping_neg()),
        Value::Int32(number) => Value::Int32(number.wrapping_neg()),
        Value::Uint8(number) => Value::Uint8(number.wrapping_neg()),
        Value::Uint32(number) => Value::Uint32(number.wrapping_neg()),
        Value::Uint64(number) => Value::Uint64(number.wrapping_neg()),
        other => return Err(format!("invalid operation: - {}", other.type_name()).into()),
    })
}

/// Calculates with two values.
pub(super) fn calculate(op: Op, left: &Value, right: &Value) -> Result<Value, Failure> {
    if let Op::Exponent = op {
        return Ok(Value::Float(power(to_float(left)?, to_float(right)?)));
    }
    let known = match (Number::of(left), Number::of(right)) {
        (Some(left), Some(right)) => numbers(op, left, right)?,
        _ => times(op, left, right),
    };
    known.ok_or_else(|| {
        let (left, right) = (left.type_name(), right.type_name());
        format!("invalid operation: {left} {} {right}", symbol(op)).into()
    })
}

fn symbol(op: Op) -> &'static str {
    match op {
        Op::Add => "+",
        Op::Subtract => "-",
        Op::Multiply => "*",
        Op::Divide => "/",
        _ => "%",
    }
}

fn numbers(op: Op, left: Number, right: Number) -> Result<Option<Value>, Failure> {
    if let (Number::Int(left), Number::Int(right)) = (left, right) {
        return match op {
            Op::Add => Ok(Some(Value::Int(left.wrapping_add(right)))),
            Op::Subtract => Ok(Some(Value::Int(left.wrapping_sub(right)))),
            Op::Multiply => Ok(Some(Value::Int(left.wrapping_mul(right)))),
            Op::Modulo if right == 0 => Err("runtime error: integer divide by zero".into()),
            Op::Modulo => Ok(Some(Value::Int(left.wrapping_rem(right)))),
            _ => Ok(Some(Value::Float(
                Number::Int(left).as_float() / Number::Int(right).as_float(),
            ))),
        };
    }
    let (left, right) = (left.as_float(), right.as_float());
    Ok(Some(Value::Float(match op {
        Op::Add => left + right,
        Op::Subtract => left - right,
        Op::Multiply => left * right,
        Op::Divide => left / right,
        _ => return Ok(None),
    })))
}

fn times(op: Op, left: &Value, right: &Value) -> Option<Value> {
    let duration = |nanoseconds| Some(Value::Duration(Duration(nanoseconds)));
    match (op, left, right) {
        (Op::Add, Value::Time(time), Value::Duration(length))
        | (Op::Add, Value::Duration(length), Value::Time(time)) => {
            Some(Value::Time(time.add(*length)))
        }
        (Op::Subtract, Value::Time(left), Value::Time(right)) => {
            Some(Value::Duration(left.since(right)))
        }
        (Op::Subtract, Value::Time(time), Value::Duration(length)) => {
            Some(Value::Time(time.add(Duration(length.0.wrapping_neg()))))
        }
        (Op::Add, Value::Duration(left), Value::Duration(right)) => {
            duration(left.0.wrapping_add(right.0))
        }
        (Op::Subtract, Value::Duration(left), Value::Duration(right)) => {
            duration(left.0.wrapping_sub(right.0))
        }
        (Op::Multiply, Value::Duration(left), Value::Duration(right)) => {
            duration(left.0.wrapping_mul(right.0))
        }
        (Op::Multiply, Value::Duration(length), number)
        | (Op::Multiply, number, Value::Duration(length)) => match Number::of(number)? {
            Number::Int(factor) => duration(length.0.wrapping_mul(factor)),
            Number::Float(factor) => Some(Value::Float(Number::Int(length.0).as_float() * factor)),
        },
        _ => None,
    }
}

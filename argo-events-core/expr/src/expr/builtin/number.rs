//! Functions of numbers and of lists of them.

use super::super::machine::Machine;
use super::{check::wrong_number, convert::float_of};
use crate::govalue::{Failure, Kind, Value};

type Outcome = Result<Value, Failure>;

pub(super) fn abs(_: &mut Machine<'_>, value: &Value) -> Outcome {
    Ok(match value {
        Value::Float(number) if *number < 0.0 => Value::Float(-number),
        Value::Int(number) if *number < 0 => Value::Int(number.wrapping_neg()),
        Value::Int64(number) if *number < 0 => Value::Int64(number.wrapping_neg()),
        Value::Int32(number) if *number < 0 => Value::Int32(number.wrapping_neg()),
        number if float_of(number).is_some() => number.clone(),
        other => return Err(invalid(other, "abs")),
    })
}

fn invalid(value: &Value, name: &str) -> Failure {
    let found = value.type_name();
    format!("invalid argument for {name} (type {found})").into()
}

pub(super) fn ceil(_: &mut Machine<'_>, value: &Value) -> Outcome {
    rounded(value, "ceil", f64::ceil)
}

pub(super) fn floor(_: &mut Machine<'_>, value: &Value) -> Outcome {
    rounded(value, "floor", f64::floor)
}

pub(super) fn round(_: &mut Machine<'_>, value: &Value) -> Outcome {
    rounded(value, "round", f64::round)
}

fn rounded(value: &Value, name: &str, round: fn(f64) -> f64) -> Outcome {
    match (value, float_of(value)) {
        (Value::Float(number), _) => Ok(Value::Float(round(*number))),
        (_, Some(number)) => Ok(Value::Float(number)),
        _ => Err(invalid(value, name)),
    }
}

/// A number as Go's package reflect sees it: unsigned ones are none.
enum Summand {
    Int(i64),
    Float(f64),
}

fn summand(value: &Value, verb: &str) -> Result<Summand, Failure> {
    let integer = value.as_integer().filter(|_| value.kind().is_signed());
    match (value, integer) {
        (Value::Float(number), _) => Ok(Summand::Float(*number)),
        (_, Some(number)) => Ok(Summand::Int(i64::try_from(number).unwrap_or(i64::MAX))),
        (other, None) => {
            // An element that is nil is still an interface to the library.
            let kind = match other.kind() {
                Kind::Invalid => "interface",
                kind => kind.name(),
            };
            Err(format!("cannot {verb} {kind}").into())
        }
    }
}

fn list<'a>(arguments: &'a [Value], verb: &str) -> Result<&'a [Value], Failure> {
    match arguments {
        [Value::List(list)] => Ok(list.values()),
        [other] => Err(format!("cannot {verb} {}", other.kind().name()).into()),
        _ => Err(wrong_number("1", arguments.len()).into()),
    }
}

#[expect(
    clippy::cast_precision_loss,
    reason = "as Go converts an int64 to a float64"
)]
fn floats(machine: &mut Machine<'_>, values: &[Value], verb: &str) -> Result<Vec<f64>, Failure> {
    machine.run.step(values.len())?;
    let float = |value| {
        Ok(match summand(value, verb)? {
            Summand::Int(number) => number as f64,
            Summand::Float(number) => number,
        })
    };
    values.iter().map(float).collect()
}

#[expect(
    clippy::cast_precision_loss,
    reason = "as Go converts an int64 to a float64"
)]
pub(super) fn sum(machine: &mut Machine<'_>, arguments: &[Value]) -> Outcome {
    let values = list(arguments, "sum")?;
    machine.run.step(values.len())?;
    let mut whole = 0_i64;
    let mut float = None;
    for value in values {
        match (summand(value, "sum")?, &mut float) {
            (Summand::Int(number), None) => whole = whole.wrapping_add(number),
            (Summand::Int(number), Some(float)) => *float += number as f64,
            (Summand::Float(number), None) => float = Some(whole as f64 + number),
            (Summand::Float(number), Some(float)) => *float += number,
        }
    }
    Ok(float.map_or(Value::Int(whole), Value::Float))
}

#[expect(
    clippy::cast_precision_loss,
    reason = "as Go converts an int to a float64"
)]
pub(super) fn mean(machine: &mut Machine<'_>, arguments: &[Value]) -> Outcome {
    let floats = floats(machine, list(arguments, "mean")?, "mean")?;
    Ok(Value::Float(match floats.len() {
        0 => 0.0,
        count => floats.iter().fold(0.0, |sum, number| sum + number) / count as f64,
    }))
}

pub(super) fn median(machine: &mut Machine<'_>, arguments: &[Value]) -> Outcome {
    let mut floats = floats(machine, list(arguments, "median")?, "median")?;
    machine.run.step(floats.len().saturating_mul(8))?;
    // What is no number comes first, as in Go.
    floats.sort_by(|a, b| match (a.is_nan(), b.is_nan()) {
        (false, false) => a.partial_cmp(b).unwrap_or(std::cmp::Ordering::Equal),
        (a, b) => b.cmp(&a),
    });
    let middle = floats.len() / 2;
    Ok(Value::Float(match floats.len() {
        0 => 0.0,
        length if length % 2 == 0 => middle_of(floats[middle - 1], floats[middle]),
        _ => floats[middle],
    }))
}

/// Gives the middle of two numbers, which overflows as Go's does.
#[expect(clippy::manual_midpoint, reason = "overflows as Go does")]
fn middle_of(left: f64, right: f64) -> f64 {
    (left + right) / 2.0
}

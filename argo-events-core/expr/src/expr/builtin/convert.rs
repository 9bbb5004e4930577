//! Conversions, and the names of types.

use super::super::{
    functions,
    machine::{Machine, expect_text, to_float},
};
use super::text::text_argument;
use crate::{
    gofmt, gojson,
    govalue::{Failure, Kind, Value},
    sprig,
};

type Outcome = Result<Value, Failure>;

/// Returns a number of any type as a `float64`.
pub(super) fn float_of(value: &Value) -> Option<f64> {
    to_float(value).ok()
}

/// Names a type as Go's package reflect does, which has none for nil.
pub(super) fn go_type_name(value: &Value) -> String {
    match value {
        Value::Nil => "%!s(<nil>)".to_owned(),
        other => other.type_name().into_owned(),
    }
}

pub(super) fn type_of(_: &mut Machine<'_>, value: &Value) -> Outcome {
    let name = match value.kind() {
        _ if matches!(value, Value::Time(_) | Value::Duration(_)) => return Ok(type_name(value)),
        Kind::Invalid => "nil",
        Kind::Bool => "bool",
        Kind::Int | Kind::Int32 | Kind::Int64 if !matches!(value, Value::Object(_)) => "int",
        Kind::Uint8 | Kind::Uint32 | Kind::Uint64 => "uint",
        Kind::Float64 => "float",
        Kind::String => "string",
        Kind::Slice => "array",
        Kind::Map => "map",
        Kind::Func => "func",
        Kind::Struct => "struct",
        _ => return Ok(type_name(value)),
    };
    Ok(Value::from(name))
}

fn type_name(value: &Value) -> Value {
    Value::from(value.type_name().trim_start_matches('*'))
}

pub(super) fn int(machine: &mut Machine<'_>, value: &Value) -> Outcome {
    functions::as_int(&mut machine.run, std::slice::from_ref(value))
}

pub(super) fn float(machine: &mut Machine<'_>, value: &Value) -> Outcome {
    functions::as_float(&mut machine.run, std::slice::from_ref(value))
}

pub(super) fn string(machine: &mut Machine<'_>, value: &Value) -> Outcome {
    if let Value::String(_) = value {
        return Ok(value.clone());
    }
    let text = gofmt::sprintf("%v", std::slice::from_ref(value))?;
    machine.run.charge(text.len())?;
    Ok(Value::from(text))
}

pub(super) fn to_json(machine: &mut Machine<'_>, arguments: &[Value]) -> Outcome {
    let value = super::text::argument(arguments, 0)?;
    let text = functions::encoded(&mut machine.run, value, sprig::Style::Pretty)?;
    Ok(Value::from(text))
}

pub(super) fn from_json(machine: &mut Machine<'_>, arguments: &[Value]) -> Outcome {
    let text = text_argument(arguments, 0)?;
    machine.run.charge(text.len().saturating_mul(2))?;
    match gojson::decode(text) {
        Ok(value) => Ok(Value::from(value)),
        Err(error) => Err(error.to_string().into()),
    }
}

pub(super) fn to_base64(machine: &mut Machine<'_>, arguments: &[Value]) -> Outcome {
    let text = text_argument(arguments, 0)?;
    machine.run.charge(text.len().saturating_mul(2))?;
    Ok(Value::from(sprig::to_base64(text)))
}

pub(super) fn from_base64(machine: &mut Machine<'_>, arguments: &[Value]) -> Outcome {
    let text = expect_text(super::text::argument(arguments, 0)?)?;
    machine.run.charge(text.len())?;
    Ok(Value::from(sprig::from_base64(text)?))
}

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
use base64::{
    Engine, alphabet,
    engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig},
};

type Outcome = Result<Value, Failure>;

/// The standard alphabet; bits that belong to no byte are not looked at, as in Go.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &alphabet::STANDARD,
    GeneralPurposeConfig::new()
        .with_decode_allow_trailing_bits(true)
        .with_decode_padding_mode(DecodePaddingMode::RequireCanonical),
);

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
    Ok(Value::from(BASE64.encode(text)))
}

pub(super) fn from_base64(machine: &mut Machine<'_>, arguments: &[Value]) -> Outcome {
    let text = expect_text(super::text::argument(arguments, 0)?)?;
    machine.run.charge(text.len())?;
    let breaks = |byte: &u8| !matches!(byte, b'\r' | b'\n');
    let text: Vec<u8> = text.iter().copied().filter(breaks).collect();
    match BASE64.decode(&text) {
        Ok(bytes) => Ok(Value::from(bytes)),
        Err(error) => {
            Err(format!("illegal base64 data at input byte {}", fault(&error, &text)).into())
        }
    }
}

/// Returns the byte that Go complains about.
fn fault(error: &base64::DecodeError, text: &[u8]) -> usize {
    match error {
        base64::DecodeError::InvalidByte(at, _) | base64::DecodeError::InvalidLastSymbol(at, _) => {
            *at
        }
        _ => text.len() / 4 * 4,
    }
}

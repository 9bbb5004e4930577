//! The functions that the reference adds to every expression.

use super::{
    jsonpath,
    machine::{to_float, to_int},
};
use crate::{
    gojson, gostrconv,
    govalue::{Failure, Function, Kind, Run, Type, Value},
    sprig,
};

type Outcome = Result<Value, Failure>;

/// The functions beside `sprig`.
pub(super) static ALL: [Function; 4] = [
    Function::new("asInt", &[Type::Any], as_int),
    Function::new("asFloat", &[Type::Any], as_float),
    Function::new("jsonpath", &[Type::String, Type::String], query),
    Function::new("toJson", &[Type::Any], to_json),
];

/// What is not there of sprig, since it looks at the process.
const ABSENT: [&str; 2] = ["env", "expandenv"];

pub(super) fn find(name: &[u8]) -> Option<&'static Function> {
    ALL.iter().find(|function| function.name.as_bytes() == name)
}

/// Returns a function of sprig, or nil.
pub(super) fn of_sprig(name: &[u8]) -> Value {
    let name = str::from_utf8(name).unwrap_or_default();
    match sprig::find(name) {
        Some(function) if !ABSENT.contains(&name) => Value::Function(function),
        _ => Value::Nil,
    }
}

/// Returns all functions of sprig by name.
pub(super) fn sprig() -> Value {
    let names: Vec<_> = sprig::functions().names().collect();
    let present = names.into_iter().filter(|name| !ABSENT.contains(name));
    Value::map(present.map(|name| (name, of_sprig(name.as_bytes()))))
}

fn only(arguments: &[Value]) -> &Value {
    arguments.first().unwrap_or(&Value::Nil)
}

/// Converts to an `int` as the built-in function `int` does.
pub(super) fn as_int(_: &mut Run, arguments: &[Value]) -> Outcome {
    let Value::String(text) = only(arguments) else {
        return to_int(only(arguments)).map(Value::Int);
    };
    match gostrconv::parse_int(text, 10) {
        Ok(number) => Ok(Value::Int(number)),
        Err(_) => Err(format!("invalid operation: int({text})").into()),
    }
}

/// Converts to a `float64` as the built-in function `float` does.
pub(super) fn as_float(_: &mut Run, arguments: &[Value]) -> Outcome {
    let Value::String(text) = only(arguments) else {
        return to_float(only(arguments)).map(Value::Float);
    };
    match gostrconv::parse_float(text) {
        Ok(number) => Ok(Value::Float(number)),
        Err(_) => Err(format!("invalid operation: float({text})").into()),
    }
}

/// Encodes a value; one that has no JSON becomes the empty text.
fn to_json(run: &mut Run, arguments: &[Value]) -> Outcome {
    match encoded(run, only(arguments), sprig::Style::Compact) {
        Ok(text) => Ok(Value::from(text)),
        Err(Failure::Limit(limit)) => Err(Failure::Limit(limit)),
        Err(_) => Ok(Value::from("")),
    }
}

/// Encodes a value, unless there is something in it that has no JSON.
pub(super) fn encoded(
    run: &mut Run,
    value: &Value,
    style: sprig::Style,
) -> Result<Vec<u8>, Failure> {
    let mut waiting = vec![value.clone()];
    while let Some(value) = waiting.pop() {
        run.step(1)?;
        match &value {
            Value::List(list) => waiting.extend(list.values().iter().cloned()),
            Value::Map(map) => waiting.extend(map.entries().into_iter().map(|(_, value)| value)),
            other if matches!(other.kind(), Kind::Map | Kind::Func) => {
                let found = other.type_name();
                return Err(format!("json: unsupported type: {found}").into());
            }
            _ => {}
        }
    }
    sprig::encode_json(run, value, style)
}

fn query(run: &mut Run, arguments: &[Value]) -> Outcome {
    let [Value::String(document), Value::String(path)] = arguments else {
        return Err("jsonpath takes two texts".into());
    };
    run.charge(document.len().saturating_mul(2))?;
    let document = gojson::decode(document).map_err(|error| Failure::from(error.to_string()))?;
    jsonpath::query(run, &path.to_str(), &Value::from(document))
}

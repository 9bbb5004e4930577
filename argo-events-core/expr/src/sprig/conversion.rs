//! Conversions between types.

use super::{
    Outcome,
    arguments::{any, text},
    cast::{to_float, to_integer},
    string_lists::texts_of,
    text::{printed, text_of},
};
use crate::{
    gostrconv,
    govalue::{Function, List, Run, Type, Value},
};

pub(super) const FUNCTIONS: &[Function] = &[
    Function::new("atoi", &[Type::String], atoi),
    Function::new("int", &[Type::Any], int),
    Function::new("int64", &[Type::Any], int64),
    Function::new("float64", &[Type::Any], float64),
    Function::new("toDecimal", &[Type::Any], to_decimal),
    Function::new("toString", &[Type::Any], to_string),
    Function::new("toStrings", &[Type::Any], to_strings),
];

fn atoi(run: &mut Run, arguments: &[Value]) -> Outcome {
    let number = text(run, arguments, 0)?;
    Ok(Value::Int(gostrconv::integer_or_saturated(number, 10)))
}

fn int(_: &mut Run, arguments: &[Value]) -> Outcome {
    Ok(Value::Int(to_integer(any(arguments, 0))))
}

fn int64(_: &mut Run, arguments: &[Value]) -> Outcome {
    Ok(Value::Int64(to_integer(any(arguments, 0))))
}

fn float64(_: &mut Run, arguments: &[Value]) -> Outcome {
    Ok(Value::Float(to_float(any(arguments, 0))))
}

/// Reads the printed value as an octal number.
fn to_decimal(run: &mut Run, arguments: &[Value]) -> Outcome {
    let text = printed(run, any(arguments, 0))?;
    Ok(Value::Int64(gostrconv::parse_int(text, 8).unwrap_or(0)))
}

fn to_string(run: &mut Run, arguments: &[Value]) -> Outcome {
    Ok(text_of(run, any(arguments, 0))?.into())
}

fn to_strings(run: &mut Run, arguments: &[Value]) -> Outcome {
    if let Value::List(list) = any(arguments, 0)
        && list.element() == Type::String
    {
        return Ok(list.clone().into());
    }
    Ok(List::strings(texts_of(run, any(arguments, 0))?).into())
}

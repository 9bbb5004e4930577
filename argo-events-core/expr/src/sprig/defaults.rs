//! Values that stand in for empty ones.

use super::{Outcome, arguments::any, dicts::copy};
use crate::govalue::{Function, Run, Type, Value, is_true};

const ANY: &[Type] = &[Type::Any];
const ANYS: &[Type] = &[Type::Any, Type::Any];

pub(super) const FUNCTIONS: &[Function] = &[
    Function::variadic("default", ANYS, default),
    Function::new("empty", ANY, empty),
    Function::variadic("coalesce", ANY, coalesce),
    Function::variadic("all", ANY, all),
    Function::variadic("any", ANY, at_least_one),
    Function::new("ternary", &[Type::Any, Type::Any, Type::Bool], ternary),
    Function::new("deepCopy", ANY, deep_copy),
    Function::new("mustDeepCopy", ANY, deep_copy),
];

/// Tells whether a value is the zero one of its type, or has no elements; a time never is.
pub(super) fn is_empty(value: &Value) -> bool {
    !is_true(value)
}

fn default(_: &mut Run, arguments: &[Value]) -> Outcome {
    let given = any(arguments, 1);
    Ok(any(arguments, usize::from(!is_empty(given))).clone())
}

fn empty(_: &mut Run, arguments: &[Value]) -> Outcome {
    Ok(is_empty(any(arguments, 0)).into())
}

fn coalesce(_: &mut Run, arguments: &[Value]) -> Outcome {
    let first = arguments.iter().find(|value| !is_empty(value));
    Ok(first.cloned().unwrap_or_default())
}

fn all(_: &mut Run, arguments: &[Value]) -> Outcome {
    Ok((!arguments.iter().any(is_empty)).into())
}

fn at_least_one(_: &mut Run, arguments: &[Value]) -> Outcome {
    Ok((!arguments.iter().all(is_empty)).into())
}

fn ternary(_: &mut Run, arguments: &[Value]) -> Outcome {
    let chosen = usize::from(!is_true(any(arguments, 2)));
    Ok(any(arguments, chosen).clone())
}

fn deep_copy(run: &mut Run, arguments: &[Value]) -> Outcome {
    match any(arguments, 0) {
        Value::Nil => Err("reflect: call of reflect.Value.Type on zero Value".into()),
        value => copy(run, value),
    }
}

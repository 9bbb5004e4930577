//! Extremes and sorting.

use super::super::machine::{Keyed, Machine, Order, compare};
use super::{check::wrong_number, convert::go_type_name, text::argument};
use crate::{
    gostrconv::quote,
    govalue::{Failure, Kind, List, Value},
};
use std::cmp::Ordering;

type Outcome = Result<Value, Failure>;

pub(super) fn max(_: &mut Machine<'_>, arguments: &[Value]) -> Outcome {
    extreme(arguments, Order::Less)
}

pub(super) fn min(_: &mut Machine<'_>, arguments: &[Value]) -> Outcome {
    extreme(arguments, Order::More)
}

fn extreme(arguments: &[Value], worse: Order) -> Outcome {
    let mut best = Value::Nil;
    for argument in arguments {
        if matches!(best, Value::Nil) || compare(worse, &best, argument)? {
            best = argument.clone();
        }
    }
    Ok(best)
}

pub(super) fn sort(machine: &mut Machine<'_>, arguments: &[Value]) -> Outcome {
    if !matches!(arguments.len(), 1 | 2) {
        return Err(wrong_number("1 or 2", arguments.len()).into());
    }
    expect_list(arguments)?;
    let descending = arguments.get(1).map(is_descending).transpose()?;
    sorted(machine, arguments, b"", descending.unwrap_or(false))
}

pub(super) fn sort_by(machine: &mut Machine<'_>, arguments: &[Value]) -> Outcome {
    if !matches!(arguments.len(), 2 | 3) {
        return Err(wrong_number("2 or 3", arguments.len()).into());
    }
    expect_list(arguments)?;
    let Value::String(field) = &arguments[1] else {
        return Err(not_text(&arguments[1]));
    };
    let descending = arguments.get(2).map(is_descending).transpose()?;
    sorted(machine, arguments, field, descending.unwrap_or(false))
}

/// Returns the list to sort, or complains.
fn expect_list(arguments: &[Value]) -> Result<&List, Failure> {
    match argument(arguments, 0)? {
        Value::List(list) => Ok(list),
        other => Err(format!("cannot sort {}", other.kind().name()).into()),
    }
}

fn not_text(value: &Value) -> Failure {
    let found = go_type_name(value);
    format!("invalid argument for sort (expected string, got {found})").into()
}

fn is_descending(direction: &Value) -> Result<bool, Failure> {
    let Value::String(text) = direction else {
        return Err(not_text(direction));
    };
    match &text[..] {
        b"desc" => Ok(true),
        b"asc" => Ok(false),
        other => Err(format!(
            "invalid argument for sort (expected \"asc\" or \"desc\", got {})",
            quote(other)
        )
        .into()),
    }
}

/// Sorts by the elements themselves, or by a member of those that are maps.
fn sorted(
    machine: &mut Machine<'_>,
    arguments: &[Value],
    field: &[u8],
    descending: bool,
) -> Outcome {
    let values = expect_list(arguments)?.values();
    machine
        .run
        .charge_elements(values.len().saturating_mul(2))?;
    machine.run.step(values.len().saturating_mul(8))?;
    let mut keyed = Vec::with_capacity(values.len());
    for value in values {
        keyed.push((key(value, field)?, value.clone()));
    }
    same_types(keyed.iter().map(|(key, _)| key))?;
    if let [(first, _), _, ..] = &keyed[..] {
        sortable(first)?;
    }
    keyed.sort_by(|(a, _), (b, _)| match descending {
        true => order(b, a),
        false => order(a, b),
    });
    let values = keyed.into_iter().map(|(_, value)| value);
    Ok(Value::from(values.collect::<Vec<_>>()))
}

fn key(value: &Value, field: &[u8]) -> Result<Value, Failure> {
    let none = || Failure::from("cannot deref <invalid reflect.Value>");
    match value {
        Value::Map(map) => map.get(field).ok_or_else(none),
        Value::Object(object) => match object.as_any().downcast_ref::<Keyed>() {
            Some(keyed) => {
                let found = keyed
                    .entries()
                    .find(|(name, _)| *name == Value::from(field.to_vec()));
                found.map(|(_, value)| value).ok_or_else(none)
            }
            None => Ok(value.clone()),
        },
        Value::Time(_) => Err(none()),
        other => Ok(other.clone()),
    }
}

fn same_types<'v>(mut keys: impl Iterator<Item = &'v Value>) -> Result<(), Failure> {
    let Some(first) = keys.next() else {
        return Ok(());
    };
    for other in keys {
        if first.type_name() != other.type_name() {
            let (first, other) = (interface_name(first), interface_name(other));
            let types = format!("{other} and {first}");
            return Err(format!("cannot sort array of different types ({types})").into());
        }
    }
    Ok(())
}

fn interface_name(value: &Value) -> String {
    match value {
        Value::Nil => "interface {}".to_owned(),
        other => other.type_name().into_owned(),
    }
}

fn sortable(value: &Value) -> Result<(), Failure> {
    let kind = match value.kind() {
        Kind::Invalid => "interface",
        Kind::Float64 | Kind::String => return Ok(()),
        kind if kind.is_signed() => return Ok(()),
        kind => kind.name(),
    };
    Err(format!("sort: unsupported type {kind}").into())
}

fn order(left: &Value, right: &Value) -> Ordering {
    match (left, right) {
        (Value::String(left), Value::String(right)) => left.cmp(right),
        (Value::Float(left), Value::Float(right)) => {
            left.partial_cmp(right).unwrap_or(Ordering::Equal)
        }
        _ => left.as_integer().cmp(&right.as_integer()),
    }
}

//! Members, elements, slices and lengths.

use super::{
    super::method::{self, Bound},
    Failure, Keyed, Value,
    arithmetic::to_int,
    constant::not_assignable,
    shown,
    step::cut,
};
use std::rc::Rc;

/// Returns a member or element.
pub(in super::super) fn fetch(from: &Value, property: &Value) -> Result<Value, Failure> {
    if let Value::String(name) = property
        && let Some(method) = method::of_value(from, name)
    {
        return Ok(bound(from, method));
    }
    match from {
        Value::List(list) => {
            let index = element(property, list.values().len(), "slice")?;
            Ok(list.values()[index].clone())
        }
        Value::String(text) => {
            let index = element(property, text.len(), "string")?;
            Ok(Value::Uint8(text[index]))
        }
        Value::Map(map) => match property {
            Value::Nil => Ok(map.get(b"").unwrap_or_default()),
            Value::String(name) => Ok(map.get(name).unwrap_or_default()),
            other => Err(not_assignable(other, "string")),
        },
        Value::Object(object) => match (Keyed::of(&**object), property) {
            (Some(keyed), _) => Ok(keyed.get(property)?.unwrap_or_else(|| keyed.missing())),
            (None, Value::String(name)) => {
                let field = object.field(&name.to_str());
                field.ok_or_else(|| cannot_fetch(from, property))
            }
            _ => Err(cannot_fetch(from, property)),
        },
        _ => Err(cannot_fetch(from, property)),
    }
}

/// Returns a place that is counted from the front, or from the back below zero.
fn element(property: &Value, length: usize, what: &str) -> Result<usize, Failure> {
    let index = to_int(property)?;
    let length_signed = i64::try_from(length).unwrap_or(i64::MAX);
    let index = match index {
        ..0 => length_signed.wrapping_add(index),
        _ => index,
    };
    match usize::try_from(index) {
        Ok(index) if index < length => Ok(index),
        _ => Err(format!("reflect: {what} index out of range").into()),
    }
}

fn cannot_fetch(from: &Value, property: &Value) -> Failure {
    let property = shown("%v", property);
    format!("cannot fetch {property} from {}", from.type_name()).into()
}

/// Returns a method of a value whose type was known to have it.
pub(super) fn method(from: &Value, name: &[u8]) -> Result<Value, Failure> {
    match method::of_value(from, name) {
        Some(method) => Ok(bound(from, method)),
        None => Err(cannot_fetch(from, &Value::from(name.to_vec()))),
    }
}

fn bound(receiver: &Value, method: &'static method::Method) -> Value {
    let receiver = receiver.clone();
    Value::Object(Rc::new(Bound { receiver, method }))
}

/// Cuts a piece out of a list or text; bounds beyond the ends are moved to them.
pub(super) fn slice(base: &Value, from: &Value, to: &Value) -> Result<Value, Failure> {
    let length = match base {
        Value::List(list) => list.values().len(),
        Value::String(text) => text.len(),
        _ => return Err(format!("cannot slice {}", shown("%v", from)).into()),
    };
    let from = bound_within(to_int(from)?, length);
    let to = bound_within(to_int(to)?, length).min(length);
    let from = from.min(to);
    match base {
        Value::List(list) => Ok(cut(list, from, to)),
        Value::String(text) => Ok(Value::String(text.piece(&text[from..to]))),
        _ => Ok(Value::Nil),
    }
}

fn bound_within(bound: i64, length: usize) -> usize {
    let length = i64::try_from(length).unwrap_or(i64::MAX);
    let bound = match bound {
        ..0 => length.wrapping_add(bound).max(0),
        _ => bound,
    };
    usize::try_from(bound).unwrap_or(usize::MAX)
}

/// Counts the elements, members or bytes.
pub(in super::super) fn length(value: &Value) -> Result<i64, Failure> {
    let length = match value {
        Value::List(list) => list.values().len(),
        Value::Map(map) => map.len(),
        Value::String(text) => text.len(),
        Value::Object(object) if Keyed::of(&**object).is_some() => {
            Keyed::of(&**object).map_or(0, Keyed::len)
        }
        other => {
            let found = other.type_name();
            return Err(format!("invalid argument for len (type {found})").into());
        }
    };
    Ok(i64::try_from(length).unwrap_or(i64::MAX))
}

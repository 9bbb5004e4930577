//! The functions that look into lists, maps and texts.

use super::Item;
use crate::govalue::{Failure, List, Type, Value};

/// Counts elements, members or bytes.
pub(super) fn length(item: &Item) -> Result<Value, Failure> {
    let length = match item {
        Item::Absent => return Err("reflect: call of reflect.Value.Type on zero Value".into()),
        Item::Open(Value::Nil) | Item::Known(Value::Nil) => {
            return Err("len of nil pointer".into());
        }
        Item::Open(value) | Item::Known(value) => match value {
            Value::String(text) => text.len(),
            Value::List(list) => list.values().len(),
            Value::Map(map) => map.len(),
            value => return Err(format!("len of type {}", value.type_name()).into()),
        },
    };
    Ok(Value::Int(length as i64))
}

/// Looks an element or a member up, and with more indexes one in that.
pub(super) fn index(items: Vec<Item>) -> Result<Item, Failure> {
    let mut items = items.into_iter();
    let mut item = items.next().unwrap_or(Item::Absent).known();
    if let Item::Absent = item {
        return Err("index of untyped nil".into());
    }
    for place in items {
        let value = item.into_value();
        item = match &value {
            Value::Nil => return Err("index of nil pointer".into()),
            Value::List(list) => {
                let values = list.values();
                let place = position(place, values.len())?;
                let element = values.get(place).cloned();
                let element = element.ok_or("reflect: slice index out of range")?;
                Item::element(element, list.element())
            }
            Value::String(text) => {
                let byte = text.get(position(place, text.len())?);
                let byte = byte.ok_or("reflect: string index out of range")?;
                Item::Known(Value::Uint8(*byte))
            }
            Value::Map(map) => match map.get(name(place)?.as_bytes()) {
                Some(member) => Item::element(member, map.member()),
                None => zero(map.member()),
            },
            value => return Err(format!("can't index item of type {}", value.type_name()).into()),
        };
    }
    Ok(item)
}

fn name(item: Item) -> Result<crate::govalue::Text, Failure> {
    match item.known() {
        Item::Known(Value::String(name)) => Ok(name),
        Item::Absent => Err("value is nil; should be of type string".into()),
        other => {
            let type_name = other.type_name();
            Err(format!("value has type {type_name}; should be string").into())
        }
    }
}

/// Gives what a map gives for a name that it does not have.
fn zero(member: Type) -> Item {
    match member {
        Type::String => Item::Known(Value::from("")),
        Type::Int => Item::Known(Value::Int(0)),
        Type::Slice(element) => Item::Known(Value::List(List::nil(*element))),
        _ => Item::Open(Value::Nil),
    }
}

/// Reads a place; the one just behind the end is found to be wrong only later, as in Go.
fn position(item: Item, end: usize) -> Result<usize, Failure> {
    let item = item.known();
    let Some(value) = item.value() else {
        return Err("cannot index slice/array with nil".into());
    };
    let Some(place) = value.as_integer() else {
        let type_name = value.type_name();
        return Err(format!("cannot index slice/array with type {type_name}").into());
    };
    let fitting = usize::try_from(place).ok().filter(|place| *place <= end);
    fitting.ok_or_else(|| format!("index out of range: {}", place as i64).into())
}

/// Cuts a piece out of a list or a text.
pub(super) fn slice(items: Vec<Item>) -> Result<Item, Failure> {
    let mut items = items.into_iter();
    let item = items.next().unwrap_or(Item::Absent).known();
    let length = match &item {
        Item::Absent => return Err("slice of untyped nil".into()),
        _ if items.len() > 3 => {
            return Err(format!("too many slice indexes: {}", items.len()).into());
        }
        Item::Known(Value::String(_)) if items.len() == 3 => {
            return Err("cannot 3-index slice a string".into());
        }
        Item::Known(Value::String(text)) => text.len(),
        Item::Known(Value::List(list)) => list.values().len(),
        other => return Err(format!("can't slice item of type {}", other.type_name()).into()),
    };
    let places = items.map(|place| position(place, length));
    let places = places.collect::<Result<Vec<_>, _>>()?;
    let start = places.first().copied().unwrap_or(0);
    let end = places.get(1).copied().unwrap_or(length);
    for (before, after) in [(start, end), (end, places.get(2).copied().unwrap_or(end))] {
        if before > after {
            return Err(format!("invalid slice index: {before} > {after}").into());
        }
    }
    Ok(Item::Known(match item.into_value() {
        Value::List(list) => Value::List(List::typed(
            list.element(),
            list.values()[start..end].to_vec(),
        )),
        Value::String(text) => Value::String(text.piece(&text[start..end])),
        value => value,
    }))
}

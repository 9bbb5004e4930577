//! Functions of lists and maps.

use super::super::machine::{Keyed, Machine, fetch, length, shown};
use super::check::wrong_number;
use crate::govalue::{Failure, List, Type, Value};

type Outcome = Result<Value, Failure>;

pub(super) fn len(_: &mut Machine<'_>, value: &Value) -> Outcome {
    length(value).map(Value::Int)
}

pub(super) fn first(_: &mut Machine<'_>, arguments: &[Value]) -> Outcome {
    quietly(arguments.first(), &Value::Int(0))
}

pub(super) fn last(_: &mut Machine<'_>, arguments: &[Value]) -> Outcome {
    quietly(arguments.first(), &Value::Int(-1))
}

pub(super) fn get(_: &mut Machine<'_>, arguments: &[Value]) -> Outcome {
    quietly(arguments.first(), arguments.get(1).unwrap_or(&Value::Nil))
}

/// Returns a member or element, or nothing where there is none.
fn quietly(from: Option<&Value>, property: &Value) -> Outcome {
    let found = from.map(|from| fetch(from, property));
    Ok(found.and_then(Result::ok).unwrap_or_default())
}

pub(super) fn take(machine: &mut Machine<'_>, arguments: &[Value]) -> Outcome {
    let [from, count] = arguments else {
        return Err(wrong_number("2", arguments.len()).into());
    };
    let Value::List(list) = from else {
        return Err(format!("cannot take from {}", from.kind().name()).into());
    };
    let Some(count) = count.as_integer().filter(|_| count.kind().is_signed()) else {
        return Err(format!("cannot take {} elements", count.kind().name()).into());
    };
    match usize::try_from(count) {
        Ok(count) if count < list.values().len() => {
            machine.run.charge_elements(count)?;
            let values = list.values()[..count].to_vec();
            Ok(Value::List(List::typed(list.element(), values)))
        }
        Ok(_) => Ok(from.clone()),
        Err(_) => Err("reflect.Value.Slice: slice index out of bounds".into()),
    }
}

/// Returns the members of a map, sorted by name.
fn members(arguments: &[Value], complaint: (&str, &str)) -> Result<Vec<(Value, Value)>, Failure> {
    let [map] = arguments else {
        return Err(wrong_number("1", arguments.len()).into());
    };
    match map {
        Value::Map(map) => {
            let entries = map.entries().into_iter();
            Ok(entries
                .map(|(name, value)| (Value::String(name), value))
                .collect())
        }
        Value::Object(object) if object.as_any().is::<Keyed>() => {
            let keyed = object.as_any().downcast_ref::<Keyed>();
            Ok(keyed
                .map(|keyed| keyed.entries().collect())
                .unwrap_or_default())
        }
        other => {
            let (before, after) = complaint;
            Err(format!("{before} {}{after}", other.kind().name()).into())
        }
    }
}

pub(super) fn keys(machine: &mut Machine<'_>, arguments: &[Value]) -> Outcome {
    let members = members(arguments, ("cannot get keys from", ""))?;
    machine.run.charge_elements(members.len())?;
    let names = members.into_iter().map(|(name, _)| name);
    Ok(Value::from(names.collect::<Vec<_>>()))
}

pub(super) fn values(machine: &mut Machine<'_>, arguments: &[Value]) -> Outcome {
    let members = members(arguments, ("cannot get values from", ""))?;
    machine.run.charge_elements(members.len())?;
    let values = members.into_iter().map(|(_, value)| value);
    Ok(Value::from(values.collect::<Vec<_>>()))
}

pub(super) fn to_pairs(machine: &mut Machine<'_>, arguments: &[Value]) -> Outcome {
    let members = members(arguments, ("cannot transform", " to pairs"))?;
    machine
        .run
        .charge_elements(members.len().saturating_mul(3))?;
    let pair = |(name, value)| Value::from(vec![name, value]);
    let pairs = members.into_iter().map(pair).collect();
    let element = Type::Named("[2]interface {}", crate::govalue::Kind::Slice);
    Ok(Value::List(List::typed(element, pairs)))
}

pub(super) fn from_pairs(machine: &mut Machine<'_>, arguments: &[Value]) -> Outcome {
    let pairs = match arguments {
        [Value::List(list)] => list.values(),
        [other] => {
            let shown = match other {
                Value::Nil => "<invalid reflect.Value>".to_owned(),
                other => shown("%s", other),
            };
            return Err(format!("cannot transform {shown} from pairs").into());
        }
        _ => return Err(wrong_number("1", arguments.len()).into()),
    };
    let mut map = Keyed::default();
    for pair in pairs {
        machine.run.charge_elements(2)?;
        let Value::List(list) = pair else {
            return Err(format!("invalid pair {}", shown("%v", pair)).into());
        };
        let [name, value] = list.values() else {
            return Err(format!("invalid pair length {}", shown("%v", pair)).into());
        };
        map.insert(name.clone(), value.clone())?;
    }
    Ok(map.finish())
}

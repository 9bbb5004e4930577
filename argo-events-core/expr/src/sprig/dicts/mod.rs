//! Maps with texts as names. `set`, `unset` and `merge` change the map that they are given.

mod copy;
mod merge;

use super::{
    Outcome,
    arguments::{any, map, text},
    text::text_of,
};
use crate::govalue::{Failure, Function, List, Map, Run, Text, Type, Value};
use std::collections::BTreeMap;

pub(super) use copy::copy;

const ANY: &[Type] = &[Type::Any];
const DICT: &[Type] = &[Type::ANY_MAP];
const DICT_TEXT: &[Type] = &[Type::ANY_MAP, Type::String];
const DICTS: &[Type] = &[Type::ANY_MAP, Type::ANY_MAP];

pub(super) const FUNCTIONS: &[Function] = &[
    Function::variadic("dict", ANY, dict),
    Function::new("get", DICT_TEXT, get),
    Function::new("set", &[Type::ANY_MAP, Type::String, Type::Any], set),
    Function::new("unset", DICT_TEXT, unset),
    Function::new("hasKey", DICT_TEXT, has_key),
    Function::variadic("pluck", &[Type::String, Type::ANY_MAP], pluck),
    Function::variadic("dig", ANY, dig),
    Function::variadic("keys", DICT, keys),
    Function::variadic("pick", DICT_TEXT, pick),
    Function::variadic("omit", DICT_TEXT, omit),
    Function::new("values", DICT, values),
    Function::variadic("merge", DICTS, merge::merge),
    Function::variadic("mustMerge", DICTS, merge::must_merge),
    Function::variadic("mergeOverwrite", DICTS, merge::merge_overwrite),
    Function::variadic("mustMergeOverwrite", DICTS, merge::must_merge_overwrite),
];

fn dict(run: &mut Run, arguments: &[Value]) -> Outcome {
    let dict = Map::default();
    for pair in arguments.chunks(2) {
        let name = text_of(run, &pair[0])?;
        let value = pair.get(1).cloned().unwrap_or_else(|| "".into());
        run.set(&dict, name, value)?;
    }
    Ok(dict.into())
}

/// Gives a member; one that is missing is an empty text.
fn get(run: &mut Run, arguments: &[Value]) -> Outcome {
    let name = text(run, arguments, 1)?;
    let member = map(arguments, 0)?.and_then(|dict| dict.get(name));
    Ok(member.unwrap_or_else(|| "".into()))
}

fn set(run: &mut Run, arguments: &[Value]) -> Outcome {
    let name = text(run, arguments, 1)?;
    let dict = map(arguments, 0)?.ok_or("assignment to entry in nil map")?;
    run.set(dict, name.clone(), any(arguments, 2).clone())?;
    Ok(dict.clone().into())
}

fn unset(run: &mut Run, arguments: &[Value]) -> Outcome {
    let name = text(run, arguments, 1)?;
    let dict = map(arguments, 0)?.cloned().unwrap_or_default();
    dict.remove(name);
    Ok(dict.into())
}

fn has_key(run: &mut Run, arguments: &[Value]) -> Outcome {
    let name = text(run, arguments, 1)?;
    Ok(map(arguments, 0)?
        .is_some_and(|dict| dict.contains(name))
        .into())
}

fn pluck(run: &mut Run, arguments: &[Value]) -> Outcome {
    let name = text(run, arguments, 0)?;
    let mut found = Vec::new();
    for place in 1..arguments.len() {
        found.extend(map(arguments, place)?.and_then(|dict| dict.get(name)));
    }
    run.charge_elements(found.len())?;
    Ok(found.into())
}

/// Gives the names of all maps, those of each in order.
fn keys(run: &mut Run, arguments: &[Value]) -> Outcome {
    let mut names = Vec::new();
    for place in 0..arguments.len() {
        if let Some(dict) = map(arguments, place)? {
            pay_for_entries(run, dict)?;
            names.extend(dict.names());
        }
    }
    Ok(List::strings(names).into())
}

/// Gives the members, in the order of their names.
fn values(run: &mut Run, arguments: &[Value]) -> Outcome {
    let entries = entries_of(run, map(arguments, 0)?)?;
    let values: Vec<Value> = entries.into_iter().map(|(_, value)| value).collect();
    Ok(values.into())
}

fn pick(run: &mut Run, arguments: &[Value]) -> Outcome {
    let dict = map(arguments, 0)?;
    let mut picked = BTreeMap::new();
    for place in 1..arguments.len() {
        let name = text(run, arguments, place)?;
        if let Some(value) = dict.and_then(|dict| dict.get(name)) {
            run.charge_elements(2)?;
            picked.insert(name.clone(), value);
        }
    }
    Ok(Map::new(picked).into())
}

fn omit(run: &mut Run, arguments: &[Value]) -> Outcome {
    let entries = entries_of(run, map(arguments, 0)?)?;
    let mut kept: BTreeMap<Text, Value> = entries.into_iter().collect();
    for place in 1..arguments.len() {
        kept.remove(text(run, arguments, place)?);
    }
    Ok(Map::new(kept).into())
}

fn entries_of(run: &mut Run, dict: Option<&Map>) -> Result<Vec<(Text, Value)>, Failure> {
    let Some(dict) = dict else {
        return Ok(Vec::new());
    };
    pay_for_entries(run, dict)?;
    Ok(dict.entries())
}

fn pay_for_entries(run: &mut Run, dict: &Map) -> Result<(), Failure> {
    run.step(dict.len() / 16)?;
    run.charge_elements(dict.len().saturating_mul(2))
}

/// Looks up a member inside of members, by all arguments but the last two, which are what stands
/// in for a missing one and the map.
fn dig(run: &mut Run, arguments: &[Value]) -> Outcome {
    let [names @ .., default, dict] = arguments else {
        return Err("dig needs at least three arguments".into());
    };
    if names.is_empty() {
        return Err("dig needs at least three arguments".into());
    }
    let mut dict = as_map(dict)?;
    for name in names {
        as_name(name)?;
    }
    for (place, name) in names.iter().enumerate() {
        run.step(1)?;
        let Some(member) = dict.get(as_name(name)?) else {
            return Ok(default.clone());
        };
        if place + 1 == names.len() {
            return Ok(member);
        }
        dict = as_map(&member)?;
    }
    Ok(default.clone())
}

fn as_map(value: &Value) -> Result<Map, Failure> {
    match value {
        Value::Map(map) if map.member() == Type::Any => Ok(map.clone()),
        other => Err(conversion(other, "map[string]interface {}")),
    }
}

fn as_name(value: &Value) -> Result<&Text, Failure> {
    value.as_text().ok_or_else(|| conversion(value, "string"))
}

fn conversion(value: &Value, wanted: &str) -> Failure {
    let found = match value {
        Value::Nil => "nil".into(),
        other => other.type_name(),
    };
    format!("interface conversion: interface {{}} is {found}, not {wanted}").into()
}

//! Lists of any values. No function changes the list that it is given.

use super::{
    Outcome,
    arguments::{any, int},
    cast::{to_integer, truncated},
    defaults::is_empty,
    equality::is_among,
};
use crate::govalue::{Failure, Function, List, Run, Type, Value};

const ANY: &[Type] = &[Type::Any];
const ANYS: &[Type] = &[Type::Any, Type::Any];
const INT_ANY: &[Type] = &[Type::Int, Type::Any];

pub(super) const FUNCTIONS: &[Function] = &[
    Function::variadic("list", ANY, list),
    Function::variadic("tuple", ANY, list),
    Function::new("first", ANY, first),
    Function::new("mustFirst", ANY, first),
    Function::new("last", ANY, last),
    Function::new("mustLast", ANY, last),
    Function::new("rest", ANY, rest),
    Function::new("mustRest", ANY, rest),
    Function::new("initial", ANY, initial),
    Function::new("mustInitial", ANY, initial),
    Function::new("append", ANYS, append),
    Function::new("mustAppend", ANYS, append),
    Function::new("push", ANYS, append),
    Function::new("mustPush", ANYS, append),
    Function::new("prepend", ANYS, prepend),
    Function::new("mustPrepend", ANYS, prepend),
    Function::variadic("concat", ANY, concat),
    Function::new("reverse", ANY, reverse),
    Function::new("mustReverse", ANY, reverse),
    Function::new("uniq", ANY, uniq),
    Function::new("mustUniq", ANY, uniq),
    Function::variadic("without", ANYS, without),
    Function::variadic("mustWithout", ANYS, without),
    Function::new("has", ANYS, has),
    Function::new("mustHas", ANYS, has),
    Function::new("compact", ANY, compact),
    Function::new("mustCompact", ANY, compact),
    Function::variadic("slice", ANYS, slice),
    Function::variadic("mustSlice", ANYS, slice),
    Function::new("chunk", INT_ANY, chunk),
    Function::new("mustChunk", INT_ANY, chunk),
];

/// What Go says of a value that is `nil` where its type is asked for.
pub(super) const NIL_POINTER: &str =
    "runtime error: invalid memory address or nil pointer dereference";

/// Gives the list at a place; `unable` begins the error for anything else.
fn list_at<'a>(arguments: &'a [Value], place: usize, unable: &str) -> Result<&'a List, Failure> {
    match any(arguments, place) {
        Value::List(list) => Ok(list),
        Value::Nil => Err(NIL_POINTER.into()),
        other => Err(format!("{unable} {}", other.kind().name()).into()),
    }
}

fn made(run: &mut Run, values: Vec<Value>) -> Outcome {
    run.step(values.len() / 16)?;
    run.charge_elements(values.len())?;
    Ok(values.into())
}

fn list(run: &mut Run, arguments: &[Value]) -> Outcome {
    made(run, arguments.to_vec())
}

fn first(_: &mut Run, arguments: &[Value]) -> Outcome {
    let list = list_at(arguments, 0, "Cannot find first on type")?;
    Ok(list.values().first().cloned().unwrap_or_default())
}

fn last(_: &mut Run, arguments: &[Value]) -> Outcome {
    let list = list_at(arguments, 0, "Cannot find last on type")?;
    Ok(list.values().last().cloned().unwrap_or_default())
}

fn rest(run: &mut Run, arguments: &[Value]) -> Outcome {
    let list = list_at(arguments, 0, "Cannot find rest on type")?;
    some_of(run, list.values().split_first().map(|(_, rest)| rest))
}

fn initial(run: &mut Run, arguments: &[Value]) -> Outcome {
    let list = list_at(arguments, 0, "Cannot find initial on type")?;
    some_of(run, list.values().split_last().map(|(_, initial)| initial))
}

/// Makes a list of some elements, or the slice without an array where there were none.
fn some_of(run: &mut Run, values: Option<&[Value]>) -> Outcome {
    match values {
        Some(values) => made(run, values.to_vec()),
        None => Ok(List::nil(Type::Any).into()),
    }
}

fn append(run: &mut Run, arguments: &[Value]) -> Outcome {
    let list = list_at(arguments, 0, "Cannot push on type")?;
    made(run, [list.values(), &arguments[1..]].concat())
}

fn prepend(run: &mut Run, arguments: &[Value]) -> Outcome {
    let list = list_at(arguments, 0, "Cannot prepend on type")?;
    made(run, [&arguments[1..], list.values()].concat())
}

fn concat(run: &mut Run, arguments: &[Value]) -> Outcome {
    let mut values = Vec::new();
    for argument in arguments {
        match argument {
            Value::List(list) => {
                run.charge_elements(list.values().len())?;
                values.extend_from_slice(list.values());
            }
            Value::Nil => return Err(NIL_POINTER.into()),
            other => {
                return Err(format!("Cannot concat type {} as list", other.kind().name()).into());
            }
        }
    }
    if values.is_empty() {
        return Ok(List::nil(Type::Any).into());
    }
    Ok(values.into())
}

fn reverse(run: &mut Run, arguments: &[Value]) -> Outcome {
    let list = list_at(arguments, 0, "Cannot find reverse on type")?;
    made(run, list.values().iter().rev().cloned().collect())
}

fn uniq(run: &mut Run, arguments: &[Value]) -> Outcome {
    let list = list_at(arguments, 0, "Cannot find uniq on type")?;
    let mut kept: Vec<Value> = Vec::new();
    for value in list.values() {
        if !is_among(run, &kept, value)? {
            kept.push(value.clone());
        }
    }
    made(run, kept)
}

fn without(run: &mut Run, arguments: &[Value]) -> Outcome {
    let list = list_at(arguments, 0, "Cannot find without on type")?;
    let mut kept = Vec::new();
    for value in list.values() {
        if !is_among(run, &arguments[1..], value)? {
            kept.push(value.clone());
        }
    }
    made(run, kept)
}

fn has(run: &mut Run, arguments: &[Value]) -> Outcome {
    if matches!(any(arguments, 1), Value::Nil) {
        return Ok(false.into());
    }
    let list = list_at(arguments, 1, "Cannot find has on type")?;
    Ok(is_among(run, list.values(), any(arguments, 0))?.into())
}

fn compact(run: &mut Run, arguments: &[Value]) -> Outcome {
    let list = list_at(arguments, 0, "Cannot compact on type")?;
    let kept = list.values().iter().filter(|value| !is_empty(value));
    made(run, kept.cloned().collect())
}

/// Gives the elements from a place to another one, as a list of the same type.
fn slice(run: &mut Run, arguments: &[Value]) -> Outcome {
    let list = list_at(arguments, 0, "list should be type of slice or array but")?;
    let values = list.values();
    if values.is_empty() {
        return Ok(Value::Nil);
    }
    let start = arguments.get(1).map_or(0, to_integer);
    let end = arguments.get(2).map(to_integer);
    let place = |index: i64| usize::try_from(index).ok();
    let range = place(start).zip(end.map_or(Some(values.len()), place));
    let kept = range.and_then(|(start, end)| values.get(start..end));
    let kept = kept.ok_or("reflect.Value.Slice: slice index out of bounds")?;
    run.charge_elements(kept.len())?;
    Ok(List::typed(list.element(), kept.to_vec()).into())
}

/// Cuts a list into lists of so many elements.
fn chunk(run: &mut Run, arguments: &[Value]) -> Outcome {
    let size = int(arguments, 0)?;
    let list = list_at(arguments, 1, "Cannot chunk type")?;
    let values = list.values();
    // Computed with doubles, as in the original, so that odd sizes give what they give there.
    let (length, width) = (values.len() as f64, size as f64);
    let count = truncated(((length - 1.0) / width).floor() + 1.0);
    let count = usize::try_from(count).map_err(|_| OUT_OF_RANGE)?;
    let mut chunks = Vec::new();
    for number in 0..count {
        let mut chunk_length = size;
        if number + 1 == count {
            chunk_length = match truncated((length % width).floor()) {
                0 => size,
                remainder => remainder,
            };
        }
        let chunk_length = usize::try_from(chunk_length).map_err(|_| OUT_OF_RANGE)?;
        let start = number.saturating_mul(usize::try_from(size).unwrap_or(0));
        let chunk = values.get(start..start.saturating_add(chunk_length));
        let chunk = chunk.ok_or("reflect: slice index out of range")?;
        chunks.push(made(run, chunk.to_vec())?);
    }
    run.charge_elements(chunks.len())?;
    Ok(List::typed(Type::ANYS, chunks).into())
}

const OUT_OF_RANGE: &str = "runtime error: makeslice: len out of range";

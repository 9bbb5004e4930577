//! Merges maps into one, as `mergo` does.
//!
//! Maps inside of maps are merged, too; lists are not. Without overwriting, only what is missing
//! or empty is filled in. A map that is taken over is shared with its source, not copied.

use super::super::{Outcome, arguments::map, defaults::is_empty};
use crate::govalue::{Failure, Kind, MAX_DEPTH, Map, Run, Type, Value};

/// What is said of a map where there is a pointer already.
const DIFFERENT_TYPES: &str = "src and dst must be of same type";

pub(super) fn merge(run: &mut Run, arguments: &[Value]) -> Outcome {
    or_nothing(merge_all(run, arguments, false))
}

pub(super) fn must_merge(run: &mut Run, arguments: &[Value]) -> Outcome {
    merge_all(run, arguments, false)
}

pub(super) fn merge_overwrite(run: &mut Run, arguments: &[Value]) -> Outcome {
    or_nothing(merge_all(run, arguments, true))
}

pub(super) fn must_merge_overwrite(run: &mut Run, arguments: &[Value]) -> Outcome {
    merge_all(run, arguments, true)
}

/// Gives an empty text for what cannot be merged, but fails where the original panics.
fn or_nothing(outcome: Outcome) -> Outcome {
    match outcome {
        Err(Failure::Error(text)) if text == DIFFERENT_TYPES => Ok("".into()),
        other => other,
    }
}

fn merge_all(run: &mut Run, arguments: &[Value], overwrites: bool) -> Outcome {
    let target = map(arguments, 0)?.cloned().unwrap_or_default();
    for place in 1..arguments.len() {
        if let Some(source) = map(arguments, place)? {
            merge_into(run, &target, source, overwrites, 0)?;
        }
    }
    Ok(target.into())
}

fn merge_into(
    run: &mut Run,
    target: &Map,
    source: &Map,
    overwrites: bool,
    depth: usize,
) -> Result<(), Failure> {
    if depth > MAX_DEPTH {
        return Err(Failure::Limit("depth of values"));
    }
    run.charge_elements(source.len().saturating_mul(2))?;
    for (name, value) in source.entries() {
        run.step(1)?;
        let present = target.get(&name);
        if matches!(value, Value::Nil) {
            if overwrites {
                run.set(target, name, value)?;
            }
            continue;
        }
        merge_inside(run, present.as_ref(), &value, overwrites, depth)?;
        let is_kept = present.as_ref().is_some_and(|present| !is_empty(present));
        let are_maps = is_map(&value) && present.as_ref().is_some_and(is_map);
        if is_kept && (are_maps || !overwrites) {
            continue;
        }
        check_type(target, source)?;
        run.set(target, name, value)?;
    }
    Ok(())
}

/// Merges a map into a map that is there already.
fn merge_inside(
    run: &mut Run,
    present: Option<&Value>,
    value: &Value,
    overwrites: bool,
    depth: usize,
) -> Result<(), Failure> {
    match (present, value) {
        (Some(Value::Map(present)), Value::Map(value)) => {
            merge_into(run, present, value, overwrites, depth + 1)
        }
        (Some(present), Value::Map(_) | Value::Time(_))
            if present.kind() == Kind::Pointer && !overwrites =>
        {
            Err(DIFFERENT_TYPES.into())
        }
        _ => Ok(()),
    }
}

/// Refuses to take over members into a map that can only hold those of another type.
fn check_type(target: &Map, source: &Map) -> Result<(), Failure> {
    let (wanted, found) = (target.member(), source.member());
    if wanted == Type::Any || wanted == found {
        return Ok(());
    }
    let (wanted, found) = (wanted.name(), found.name());
    let problem = format!("value of type {found} is not assignable to type {wanted}");
    Err(format!("reflect.Value.SetMapIndex: {problem}").into())
}

fn is_map(value: &Value) -> bool {
    matches!(value, Value::Map(_))
}

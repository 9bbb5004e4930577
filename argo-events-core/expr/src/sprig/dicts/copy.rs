//! Copies of values that share nothing with the original.

use super::super::{
    Outcome,
    semver::{is_version, version_without_numbers},
};
use crate::govalue::{Failure, List, MAX_DEPTH, Map, Run, Value};
use std::collections::BTreeMap;

/// Copies a value and all that is inside of it.
pub(in crate::sprig) fn copy(run: &mut Run, value: &Value) -> Outcome {
    copy_at(run, value, 0)
}

fn copy_at(run: &mut Run, value: &Value, depth: usize) -> Outcome {
    run.step(1)?;
    if depth > MAX_DEPTH {
        return Err(Failure::Limit("depth of values"));
    }
    match value {
        Value::List(list) if !list.is_nil() => {
            run.charge_elements(list.values().len())?;
            let copies: Result<Vec<_>, _> = (list.values().iter())
                .map(|value| copy_at(run, value, depth + 1))
                .collect();
            Ok(List::typed(list.element(), copies?).into())
        }
        Value::Map(map) => {
            run.charge_elements(map.len().saturating_mul(2))?;
            let mut copies = BTreeMap::new();
            for (name, value) in map.entries() {
                copies.insert(name, copy_at(run, &value, depth + 1)?);
            }
            Ok(Map::typed(map.member(), copies).into())
        }
        // The original cannot see what is inside of a version, so its copy has nothing.
        Value::Object(object) if is_version(object) => Ok(version_without_numbers()),
        other => Ok(other.clone()),
    }
}

//! Family `reconcile`: what the controllers make of objects, step by step.
//!
//! The plans are carried out on a small model of the API server ([`cluster`]) until there is
//! nothing left to do, which must be after one turn: the reference's conflict of the first turn is
//! not repeated. Compared are status, finalizers and children by their meaning ([`normal`]); of
//! errors the fact. What every pod of this project has beside the reference's is taken off, and
//! must be exactly what [`normal`] lists.

mod cluster;
mod corrections;
mod kinds;
mod normal;

use crate::Outcome;
use argo_events_controller::{Config, Settings};
use cluster::Cluster;
use serde_json::{Value, json};

/// Runs one vector.
pub(super) fn check(vector: &Value) -> Outcome {
    let got = match run(&vector["in"]) {
        Ok(steps) => steps,
        Err(error) => return Outcome::failed(vector["want"].to_string(), error),
    };
    let wanted = vector["want"]["afterEachStep"].as_array();
    let mut wanted: Vec<Value> = wanted
        .into_iter()
        .flatten()
        .map(normal::of_reference)
        .collect();
    if let Some(what) = difference(&wanted, &got) {
        let Some(rule) = corrections::apply(vector, &mut wanted) else {
            return Outcome::failed(what.0, what.1);
        };
        return match difference(&wanted, &got) {
            None => rule.require(vector, Ok(())),
            Some((wanted, got)) => rule.require(vector, Err(format!("{got} instead of {wanted}"))),
        };
    }
    Outcome::Passed
}

fn run(input: &Value) -> Result<Vec<Value>, String> {
    let config = Config::from_json(&input["config"]).map_err(|error| error.to_string())?;
    let image = input["image"].as_str().unwrap_or_default();
    let mut settings = Settings::new(config, image);
    settings.registry = kinds::ALL.clone();
    if let Some(policy) = input["env"]["IMAGE_PULL_POLICY"].as_str() {
        policy.clone_into(&mut settings.image_pull_policy);
    }
    let mut cluster = Cluster::with(&input["existing"]);
    let mut after = Vec::new();
    let steps = input["steps"].as_array().into_iter().flatten();
    for object in steps {
        cluster.write(object);
        after.push(turn(&mut cluster, object, &settings)?);
    }
    if input["thenDelete"] == true
        && let Some(last) = input["steps"].as_array().and_then(|steps| steps.last())
    {
        cluster.delete(last);
        after.push(turn(&mut cluster, last, &settings)?);
    }
    Ok(after)
}

/// Reconciles an object until nothing is left to do, and tells how things are then.
fn turn(cluster: &mut Cluster, object: &Value, settings: &Settings) -> Result<Value, String> {
    let error = cluster.reconcile(object, settings)?;
    let mut step = json!({ "error": error.is_some(), "children": cluster.children() });
    match cluster.get(object) {
        Some(object) => {
            step["finalizers"] = object["metadata"]["finalizers"].clone();
            step["status"] = object["status"].clone();
        }
        None => step["gone"] = json!(true),
    }
    Ok(normal::of_ours(&step))
}

/// Finds the first place where two values differ, as texts of both sides.
fn difference(wanted: &[Value], got: &[Value]) -> Option<(String, String)> {
    if wanted.len() != got.len() {
        return Some((
            format!("{} steps", wanted.len()),
            format!("{} steps", got.len()),
        ));
    }
    wanted
        .iter()
        .zip(got)
        .enumerate()
        .find_map(|(index, (wanted, got))| differing(&format!("step {index}"), wanted, got))
}

fn differing(path: &str, wanted: &Value, got: &Value) -> Option<(String, String)> {
    match (wanted, got) {
        (Value::Object(one), Value::Object(other)) => one
            .keys()
            .chain(other.keys())
            .find_map(|key| differing(&format!("{path}.{key}"), &wanted[key], &got[key])),
        (Value::Array(one), Value::Array(other)) if one.len() == other.len() => one
            .iter()
            .zip(other)
            .enumerate()
            .find_map(|(index, (one, other))| differing(&format!("{path}[{index}]"), one, other)),
        _ if wanted == got => None,
        _ => Some((format!("{path}: {wanted}"), format!("{path}: {got}"))),
    }
}

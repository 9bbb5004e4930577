//! Family `conditions`.

mod sequence;

use crate::{
    Outcome,
    exceptions::{CONDITION_COLLIDING, CONDITION_CONSTANT, CONDITION_RESERVED},
};
use argo_events_expr::condition::{Condition, Error};
use serde_json::{Value, json};

/// Runs one vector.
pub(super) fn check(vector: &Value) -> Outcome {
    let names = names(vector);
    let text = vector["in"]["conditions"].as_str().unwrap_or_default();
    match (Condition::parse(text, &names), vector["error"] == true) {
        (Err(_), true) => Outcome::Passed,
        (Err(error), false) => refused(vector, &error),
        (Ok(condition), true) => {
            CONDITION_RESERVED.require(vector, means_what_it_says(&condition, text, &names))
        }
        (Ok(condition), false) => accepted(vector, &condition, text, &names),
    }
}

/// Judges an error where the reference gave none.
fn refused(vector: &Value, error: &Error) -> Outcome {
    let rules = [CONDITION_COLLIDING, CONDITION_CONSTANT];
    match rules.iter().find(|rule| (rule.applies)(vector)) {
        Some(rule) => rule.require(vector, Ok(())),
        None => Outcome::failed(vector["want"].to_string(), error.to_string()),
    }
}

fn accepted(vector: &Value, condition: &Condition, text: &str, names: &[&str]) -> Outcome {
    let got = match vector["group"].as_str() {
        Some("sequence") => return sequence::check(vector, condition, names),
        Some("holds") => check_holds(vector, condition, names),
        _ => translation(condition, names),
    };
    if got == vector["want"] {
        return Outcome::Passed;
    }
    if (CONDITION_RESERVED.applies)(vector) {
        return CONDITION_RESERVED.require(vector, means_what_it_says(condition, text, names));
    }
    Outcome::compare(&vector["want"], &got)
}

fn translation(condition: &Condition, names: &[&str]) -> Value {
    let variables: Vec<&str> = condition
        .dependencies()
        .iter()
        .map(|index| names[*index])
        .collect();
    json!({
        "expression": condition.expression(),
        "variables": variables,
        "statefulJetStream": condition.is_stateful(),
        "oneAndDoneKafka": condition.is_one_and_done(),
    })
}

/// The three buses of the reference agree, so one answer stands for all.
fn check_holds(vector: &Value, condition: &Condition, names: &[&str]) -> Value {
    let arrived: Vec<&str> = vector["in"]["arrived"]
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
        .collect();
    let places = condition.dependencies().iter().enumerate();
    let present = places.filter(|(_, index)| arrived.contains(&names[**index]));
    let holds = condition.holds(&present.map(|(place, _)| place).collect());
    json!({"jetstream": holds, "kafka": holds, "stan": holds})
}

fn names(vector: &Value) -> Vec<&str> {
    let dependencies = vector["in"]["dependencies"].as_array();
    dependencies
        .into_iter()
        .flatten()
        .filter_map(|one| one["name"].as_str())
        .collect()
}

/// Checks that a condition is its own text over its own names, blanks aside.
fn means_what_it_says(condition: &Condition, text: &str, names: &[&str]) -> Result<(), String> {
    let plain = if text.is_empty() {
        names.join("&&")
    } else {
        text.replace(char::is_whitespace, "")
    };
    let mut used: Vec<&str> = Vec::new();
    for name in plain
        .split(['&', '|', '(', ')'])
        .filter(|name| !name.is_empty())
    {
        if !used.contains(&name) {
            used.push(name);
        }
    }
    let named: Vec<&str> = condition
        .dependencies()
        .iter()
        .map(|index| names[*index])
        .collect();
    if condition.expression() == plain && named == used && truth_agrees(condition, &plain, &used) {
        return Ok(());
    }
    Err(format!("{} over {named:?}", condition.expression()))
}

/// Compares with what a condition without parentheses says of every set of up to eight names.
fn truth_agrees(condition: &Condition, plain: &str, used: &[&str]) -> bool {
    let plain = plain.trim_matches(['(', ')']);
    if plain.contains(['(', ')']) || used.len() > 8 {
        return true;
    }
    (0..1_usize << used.len()).all(|bits| {
        let is_set = |place: usize| bits >> place & 1 == 1;
        let present = |name| used.iter().position(|one| *one == name).is_some_and(is_set);
        let right = plain.split("||").any(|all| all.split("&&").all(present));
        let set = (0..used.len()).filter(|place| is_set(*place)).collect();
        condition.holds(&set) == right
    })
}

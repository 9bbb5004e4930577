//! Family `re2`: patterns of Go's `regexp`.

use crate::{Outcome, vectors};
use argo_events_expr::re2::{Error, Regex};
use serde_json::{Value, json};

/// Runs one vector.
pub(super) fn check(vector: &Value) -> Outcome {
    let bytes = |field| vectors::bytes(vector, field).unwrap_or_default();
    match (
        run(&bytes("pattern"), &bytes("text")),
        vectors::bytes(vector, "message"),
    ) {
        (Ok(got), None) => Outcome::compare(&vector["want"], &got),
        (Ok(got), Some(message)) => {
            Outcome::failed(String::from_utf8_lossy(&message), got.to_string())
        }
        (Err(error), None) => Outcome::failed(vector["want"].to_string(), error.to_string()),
        (Err(error), Some(message)) => Outcome::compare(
            String::from_utf8_lossy(&message).into_owned(),
            error.to_string(),
        ),
    }
}

fn run(pattern: &[u8], text: &[u8]) -> Result<Value, Error> {
    let regex = Regex::new(pattern)?;
    let pair = |range: std::ops::Range<usize>| [range.start as i64, range.end as i64];
    let first = regex.captures(text).map(|captures| {
        let groups = captures.groups().iter().cloned();
        groups
            .flat_map(|group| group.map_or([-1, -1], pair))
            .collect::<Vec<_>>()
    });
    let all: Vec<_> = regex.find_all(text).map(pair).collect();
    let all = if all.is_empty() {
        Value::Null
    } else {
        json!(all)
    };
    Ok(json!({"match": regex.is_match(text), "sub": first, "all": all}))
}

//! Whether what exists is what is wanted, and the mark by which a change of wishes is seen.
//!
//! The API server fills in defaults, so that what exists always says more than was asked for.
//! Compared is therefore whether everything asked for is there; that something is no longer asked
//! for is told by the hash in an annotation.

use crate::object;
use serde_json::Value;
use sha2::{Digest as _, Sha256};
use std::fmt::Write as _;

/// Annotation of a child with the hash of what was asked for. The reference's name; its values are
/// other ones, so that each of the two writes a child of the other once and then leaves it alone.
pub const HASH: &str = "resource-spec-hash";

/// Fields that are amounts, or under which there are some.
const AMOUNTS: &[&str] = &["resources", "sizeLimit", "divisor"];

/// Tells whether everything that is wanted is there.
///
/// Lists must have the same length and order. Amounts may be spelled otherwise, and what says
/// nothing, such as `false`, may be left out.
pub fn holds(wanted: &Value, found: &Value) -> bool {
    holds_within(wanted, found, false)
}

fn holds_within(wanted: &Value, found: &Value, amounts: bool) -> bool {
    match (wanted, found) {
        (Value::Object(wanted), Value::Object(_)) => wanted.iter().all(|(key, value)| {
            let amounts = amounts || AMOUNTS.contains(&key.as_str());
            holds_within(value, &found[key.as_str()], amounts)
        }),
        (Value::Array(wanted), Value::Array(found)) => {
            wanted.len() == found.len()
                && wanted
                    .iter()
                    .zip(found)
                    .all(|(wanted, found)| holds_within(wanted, found, amounts))
        }
        _ if object::is_empty(wanted) => object::is_empty(found),
        (Value::Bool(false), Value::Null) => true,
        (Value::Number(number), Value::Null) => number.as_f64() == Some(0.0),
        _ if amounts => wanted == found || same_amount(wanted, found),
        _ => wanted == found,
    }
}

/// Tells whether two spellings are one amount, such as `0.5` and `500m`.
fn same_amount(one: &Value, other: &Value) -> bool {
    match (amount(one), amount(other)) {
        (Some(one), Some(other)) => (one - other).abs() <= one.abs() * 1e-12,
        _ => false,
    }
}

fn amount(value: &Value) -> Option<f64> {
    let text = match value {
        Value::Number(number) => return number.as_f64(),
        Value::String(text) => text.as_str(),
        _ => return None,
    };
    let end = text
        .find(|c: char| !c.is_ascii_digit() && !matches!(c, '.' | '+' | '-'))
        .unwrap_or(text.len());
    // `1e3` is an exponent, `1E` is 10^18.
    if let Ok(number) = text.parse::<f64>() {
        return Some(number);
    }
    let scale = match &text[end..] {
        "n" => 1e-9,
        "u" => 1e-6,
        "m" => 1e-3,
        "k" => 1e3,
        "M" => 1e6,
        "G" => 1e9,
        "T" => 1e12,
        "P" => 1e15,
        "E" => 1e18,
        "Ki" => 1024_f64,
        "Mi" => 1024_f64.powi(2),
        "Gi" => 1024_f64.powi(3),
        "Ti" => 1024_f64.powi(4),
        "Pi" => 1024_f64.powi(5),
        "Ei" => 1024_f64.powi(6),
        _ => return None,
    };
    Some(text[..end].parse::<f64>().ok()? * scale)
}

/// Returns the hash of what is wanted, whatever the order of its members.
pub fn hash(wanted: &Value) -> String {
    let mut digest = Sha256::new();
    feed(wanted, &mut digest);
    let mut text = String::with_capacity(32);
    for byte in digest.finalize().iter().take(16) {
        write!(text, "{byte:02x}").expect("a String takes what is written");
    }
    text
}

fn feed(value: &Value, digest: &mut Sha256) {
    match value {
        Value::Object(members) => {
            let mut keys: Vec<&String> = members.keys().collect();
            keys.sort_unstable();
            digest.update(b"{");
            for key in keys {
                feed(&Value::from(key.as_str()), digest);
                feed(&members[key], digest);
            }
            digest.update(b"}");
        }
        Value::Array(items) => {
            digest.update(b"[");
            items.iter().for_each(|item| feed(item, digest));
            digest.update(b"]");
        }
        scalar => {
            digest.update(scalar.to_string());
            digest.update(b",");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn what_nobody_asked_for_is_a_default() {
        let found = json!({ "replicas": 1, "strategy": { "type": "RollingUpdate" }, "a": [{ "x": 1, "y": 2 }] });
        assert!(holds(
            &json!({ "replicas": 1, "a": [{ "x": 1 }], "b": {}, "c": null }),
            &found
        ));
        assert!(!holds(&json!({ "replicas": 2 }), &found));
        assert!(holds(
            &json!({ "readOnly": false, "initialDelaySeconds": 0 }),
            &found
        ));
        assert!(!holds(&json!({ "readOnly": true }), &found));
        let volume = |size: &str| json!({ "emptyDir": { "sizeLimit": size } });
        assert!(holds(&volume("1024Mi"), &volume("1Gi")));
        assert!(!holds(&json!({ "a": [] }), &found));
        assert!(!holds(&json!({ "a": [{ "x": 1 }, { "x": 1 }] }), &found));
    }

    #[test]
    fn amounts_are_compared_not_their_spelling() {
        let spelled = |cpu: Value, memory: &str| json!({ "resources": { "limits": { "cpu": cpu, "memory": memory } } });
        assert!(holds(
            &spelled(json!("0.5"), "1024Mi"),
            &spelled(json!("500m"), "1Gi")
        ));
        assert!(holds(&spelled(json!(1), "1e3"), &spelled(json!("1"), "1k")));
        assert!(!holds(
            &spelled(json!("0.5"), "1G"),
            &spelled(json!("500m"), "1Gi")
        ));
        assert!(!holds(
            &json!({ "value": "1000m" }),
            &json!({ "value": "1" })
        ));
    }

    #[test]
    fn the_hash_does_not_depend_on_the_order_of_members() {
        let one: Value = serde_json::from_str(r#"{"a":1,"b":["x"]}"#).unwrap();
        let other: Value = serde_json::from_str(r#"{"b":["x"],"a":1}"#).unwrap();
        assert_eq!(hash(&one), hash(&other));
        assert_ne!(hash(&one), hash(&json!({ "a": 1, "b": ["x", null] })));
        assert_ne!(hash(&json!(["a", "b"])), hash(&json!(["a\",\"b"])));
    }
}

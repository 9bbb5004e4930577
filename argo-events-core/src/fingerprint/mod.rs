//! Marks of Kubernetes objects by which the reference's controller tells whether they changed.
//!
//! A mark is a hash of the JSON that Go writes of the typed object: members in the order of their
//! declaration, what is empty left out, quantities in their canonical form. To find the same marks is
//! to adopt what the reference deployed without a rollout. `order.rs` has the declarations,
//! `quantity.rs` the canonical form. Nothing here talks to a cluster.

mod order;
mod quantity;

use argo_events_expr::gojson;
use order::{CONFIG_MAP, DEPLOYMENT_SPEC, Kind, Member, Struct};
use serde_json::{Map, Value};
use sha2::{Digest as _, Sha256};

/// Returns the `spec` of a Deployment as Go writes it.
pub fn deployment_json(spec: &Value) -> String {
    json(spec, &DEPLOYMENT_SPEC)
}

/// Returns the mark of a Deployment's `spec`: SHA-256 in hex.
///
/// ```
/// use argo_events_core::fingerprint;
/// use serde_json::json;
///
/// let limits = |cpu: &str| json!({"limits": {"cpu": cpu}});
/// let spec = |cpu: &str| json!({"template": {"spec": {"containers": [{"resources": limits(cpu)}]}}});
/// assert_eq!(fingerprint::deployment(&spec("0.5")), fingerprint::deployment(&spec("500m")));
/// ```
pub fn deployment(spec: &Value) -> String {
    sha256(&deployment_json(spec))
}

/// Returns a ConfigMap as Go writes it.
pub fn config_map_json(object: &Value) -> String {
    json(object, &CONFIG_MAP)
}

/// Returns the mark of a ConfigMap: FNV-1a of 32 bits in decimal.
pub fn config_map(object: &Value) -> String {
    fnv1a(&config_map_json(object)).to_string()
}

/// Returns the SHA-256 of a text in hex.
pub fn sha256(text: &str) -> String {
    let digest = Sha256::digest(text);
    digest.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Returns the FNV-1a hash of a text.
pub fn fnv1a(text: &str) -> u32 {
    let step = |hash: u32, byte: u8| (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193);
    text.bytes().fold(0x811c_9dc5, step)
}

fn json(value: &Value, of: &Struct) -> String {
    let mut out = String::new();
    write_struct(&mut out, value.as_object(), of);
    out
}

/// Writes known members in their order, then the others by name, so that nothing goes unseen.
fn write_struct(out: &mut String, value: Option<&Map<String, Value>>, of: &Struct) {
    let mut separator = '{';
    let mut name = |out: &mut String, name: &str| {
        out.push(std::mem::replace(&mut separator, ','));
        string(out, name);
        out.push(':');
    };
    let get = |name: &str| {
        value
            .and_then(|value| value.get(name))
            .unwrap_or(&Value::Null)
    };
    for member in of.members {
        let value = get(member.name);
        if member.is_always || !is_empty(value, member) {
            name(out, member.name);
            write(out, value, member.kind);
        }
    }
    for (other, value) in value.into_iter().flatten() {
        let is_known = of.members.iter().any(|member| member.name == other);
        if !is_known && !value.is_null() {
            name(out, other);
            write(out, value, Kind::Plain);
        }
    }
    out.push_str(if separator == '{' { "{}" } else { "}" });
}

fn write(out: &mut String, value: &Value, kind: Kind) {
    match (kind, value) {
        (Kind::Struct(of), value) => write_struct(out, value.as_object(), of),
        (_, Value::Array(values)) => {
            let kind = if let Kind::List(of) = kind {
                Kind::Struct(of)
            } else {
                Kind::Plain
            };
            write_list(out, values, kind);
        }
        (_, Value::Object(values)) => write_map(out, values, kind),
        (Kind::Plain | Kind::List(_) | Kind::Quantities, Value::String(text)) => string(out, text),
        (_, other) => out.push_str(&other.to_string()),
    }
}

fn write_list(out: &mut String, values: &[Value], kind: Kind) {
    out.push('[');
    for (at, value) in values.iter().enumerate() {
        if at > 0 {
            out.push(',');
        }
        write(out, value, kind);
    }
    out.push(']');
}

fn write_map(out: &mut String, values: &Map<String, Value>, kind: Kind) {
    let mut entries: Vec<_> = values.iter().collect();
    entries.sort_by_key(|(name, _)| name.as_str());
    out.push('{');
    for (at, (name, value)) in entries.into_iter().enumerate() {
        if at > 0 {
            out.push(',');
        }
        string(out, name);
        out.push(':');
        match (kind, quantity::canonical(value)) {
            (Kind::Quantities, Some(quantity)) => string(out, &quantity),
            _ => write(out, value, Kind::Plain),
        }
    }
    out.push('}');
}

/// Tells whether Go leaves a member out for being empty; structs never are, pointers only if they are nil.
fn is_empty(value: &Value, member: &Member) -> bool {
    match value {
        Value::Null => true,
        _ if member.is_pointer => false,
        Value::Bool(value) => !value,
        Value::Number(number) => number.as_f64() == Some(0.0),
        Value::String(text) => text.is_empty(),
        Value::Array(values) => values.is_empty(),
        Value::Object(values) => values.is_empty() && !matches!(member.kind, Kind::Struct(_)),
    }
}

fn string(out: &mut String, text: &str) {
    let encoded = gojson::encode_string(text);
    out.push_str(&String::from_utf8_lossy(&encoded));
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn members_come_in_the_order_of_their_declaration() {
        let spec = json!({
            "template": {"spec": {"containers": [{"image": "i", "name": "n", "env": [{"value": "", "name": "A"}]}]}},
            "selector": {"matchLabels": {"b": "2", "a": "1"}},
            "replicas": 0,
        });
        assert_eq!(
            deployment_json(&spec),
            r#"{"replicas":0,"selector":{"matchLabels":{"a":"1","b":"2"}},"template":{"metadata":{"creationTimestamp":null},"spec":{"containers":[{"name":"n","image":"i","env":[{"name":"A"}],"resources":{}}]}},"strategy":{}}"#
        );
    }

    #[test]
    fn what_is_not_declared_here_still_makes_a_difference() {
        let spec = |value: &str| json!({"futureMember": {"deep": value}});
        assert_ne!(deployment(&spec("a")), deployment(&spec("b")));
    }
}

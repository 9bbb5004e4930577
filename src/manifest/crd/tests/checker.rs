//! What an API server does with a schema, as far as tests need it: it looks whether the schema is
//! structural, fills in defaults, prunes, and validates. Rules in CEL are not evaluated.

use argo_events_expr::re2::Regex;
use serde_json::{Map, Value};

const KEEPS: &str = "x-kubernetes-preserve-unknown-fields";
const EITHER: &str = "x-kubernetes-int-or-string";

/// Keywords that structural schemas may have, as far as ours need them.
const KEYWORDS: &[&str] = &[
    "type",
    "description",
    "properties",
    "additionalProperties",
    "items",
    "required",
    "enum",
    "format",
    "pattern",
    "default",
    "nullable",
    "minimum",
    "maximum",
    "minLength",
    "minItems",
    "minProperties",
    "maxLength",
    KEEPS,
    EITHER,
    "x-kubernetes-validations",
    "x-kubernetes-list-type",
    "x-kubernetes-list-map-keys",
];

/// Returns what keeps a schema from being structural.
pub(super) fn unstructural(schema: &Value, path: &str) -> Vec<String> {
    let Some(members) = schema.as_object() else {
        return vec![format!("{path}: no schema")];
    };
    let mut found: Vec<_> = members
        .keys()
        .filter(|keyword| !KEYWORDS.contains(&keyword.as_str()))
        .map(|keyword| format!("{path}: {keyword} is not expected"))
        .collect();
    let kind = schema["type"].as_str();
    if kind.is_none() && schema[KEEPS] != true && schema[EITHER] != true {
        found.push(format!("{path}: no type"));
    }
    if kind.is_some() && schema[EITHER] == true {
        found.push(format!("{path}: a type, and two"));
    }
    if members.contains_key("properties") && members.contains_key("additionalProperties") {
        found.push(format!("{path}: properties, and others"));
    }
    if (kind == Some("array")) != schema["items"].is_object() {
        found.push(format!("{path}: a list has items, and nothing else does"));
    }
    for name in schema["required"].as_array().into_iter().flatten() {
        if schema["properties"][name.as_str().unwrap()].is_null() {
            found.push(format!("{path}: {name} is required and not known"));
        }
    }
    if let Some(default) = members.get("default") {
        found.extend(faults(default, schema, path));
    }
    for (path, child) in children(schema, path) {
        found.extend(unstructural(child, &path));
    }
    found
}

fn children<'a>(schema: &'a Value, path: &str) -> Vec<(String, &'a Value)> {
    let properties = schema["properties"].as_object().into_iter().flatten();
    let mut all: Vec<_> = properties
        .map(|(name, child)| (format!("{path}.{name}"), child))
        .collect();
    for keyword in ["items", "additionalProperties"] {
        if !schema[keyword].is_null() {
            all.push((format!("{path}[]"), &schema[keyword]));
        }
    }
    all
}

/// Drops null and fills in defaults, as the API server does before everything else.
pub(super) fn fill(value: &mut Value, schema: &Value) {
    match value {
        Value::Object(members) => {
            members.retain(|name, value| {
                !value.is_null()
                    || schema["properties"][name].is_null()
                    || schema["properties"][name]["nullable"] == true
            });
            for (name, property) in schema["properties"].as_object().into_iter().flatten() {
                if let Some(default) = property.get("default") {
                    members
                        .entry(name.clone())
                        .or_insert_with(|| default.clone());
                }
            }
            for (name, value) in members {
                fill(value, within(schema, name));
            }
        }
        Value::Array(items) => items
            .iter_mut()
            .for_each(|item| fill(item, &schema["items"])),
        _ => {}
    }
}

fn within<'a>(schema: &'a Value, name: &str) -> &'a Value {
    match &schema["properties"][name] {
        Value::Null => &schema["additionalProperties"],
        property => property,
    }
}

/// Returns the paths of what a schema does not list, where it lists anything.
pub(super) fn unlisted(value: &Value, schema: &Value, path: &str) -> Vec<String> {
    let is_opaque = schema["properties"].is_null() && schema["additionalProperties"].is_null();
    match value {
        Value::Object(_) if is_opaque => Vec::new(),
        Value::Object(members) => members
            .iter()
            .flat_map(|(name, value)| {
                let path = format!("{path}.{name}");
                match within(schema, name) {
                    Value::Null => vec![path],
                    known => unlisted(value, known, &path),
                }
            })
            .collect(),
        Value::Array(items) => items
            .iter()
            .flat_map(|item| unlisted(item, &schema["items"], path))
            .collect(),
        _ => Vec::new(),
    }
}

/// Drops what a schema neither lists nor keeps.
pub(super) fn prune(value: &mut Value, schema: &Value) {
    match value {
        Value::Object(members) => {
            let keeps = schema[KEEPS] == true;
            members.retain(|name, _| keeps || !within(schema, name).is_null());
            for (name, value) in members {
                match within(schema, name) {
                    Value::Null => {}
                    // The API server knows the inside of `metadata` by itself.
                    known
                        if name == "metadata"
                            && known.as_object().is_some_and(|it| it.len() == 1) => {}
                    known => prune(value, known),
                }
            }
        }
        Value::Array(items) if schema["items"].is_object() => {
            items
                .iter_mut()
                .for_each(|item| prune(item, &schema["items"]));
        }
        _ => {}
    }
}

/// Returns everything that does not fit.
pub(super) fn faults(value: &Value, schema: &Value, path: &str) -> Vec<String> {
    if value.is_null() && schema["nullable"] == true {
        return Vec::new();
    }
    let mut found = Vec::new();
    if !has_type(value, schema) {
        return vec![format!("{path}: {value} is no {}", schema["type"])];
    }
    for (keyword, wanted) in schema.as_object().into_iter().flatten() {
        if !holds(value, keyword, wanted) {
            found.push(format!("{path}: {keyword} {wanted}"));
        }
    }
    match value {
        Value::Object(members) => found.extend(below(members, schema, path)),
        Value::Array(items) if schema["items"].is_object() => {
            for (index, item) in items.iter().enumerate() {
                found.extend(faults(item, &schema["items"], &format!("{path}[{index}]")));
            }
        }
        _ => {}
    }
    found
}

fn below(members: &Map<String, Value>, schema: &Value, path: &str) -> Vec<String> {
    let known = members
        .iter()
        .filter(|(name, _)| !within(schema, name).is_null());
    known
        .flat_map(|(name, value)| faults(value, within(schema, name), &format!("{path}.{name}")))
        .collect()
}

fn has_type(value: &Value, schema: &Value) -> bool {
    if schema[EITHER] == true {
        return value.is_string() || value.is_i64() || value.is_u64();
    }
    match schema["type"].as_str() {
        Some("object") => value.is_object(),
        Some("array") => value.is_array(),
        Some("string") => value.is_string(),
        Some("boolean") => value.is_boolean(),
        Some("integer") => value.is_i64() || value.is_u64(),
        Some("number") => value.is_number(),
        _ => true,
    }
}

fn holds(value: &Value, keyword: &str, wanted: &Value) -> bool {
    let least = wanted.as_i64().unwrap_or_default();
    let count = |count: usize| i64::try_from(count).unwrap() >= least;
    match (keyword, value) {
        ("required", Value::Object(members)) => wanted
            .as_array()
            .unwrap()
            .iter()
            .all(|name| members.contains_key(name.as_str().unwrap())),
        ("enum", value) => wanted.as_array().unwrap().contains(value),
        ("minLength", Value::String(text)) => count(text.chars().count()),
        ("minItems", Value::Array(items)) => count(items.len()),
        ("minProperties", Value::Object(members)) => count(members.len()),
        ("minimum", Value::Number(number)) => number.as_f64().unwrap() >= wanted.as_f64().unwrap(),
        ("maximum", Value::Number(number)) => number.as_f64().unwrap() <= wanted.as_f64().unwrap(),
        ("format", Value::Number(number)) if wanted == "int32" => number
            .as_i64()
            .is_some_and(|number| i32::try_from(number).is_ok()),
        ("pattern", Value::String(text)) => Regex::new(wanted.as_str().unwrap())
            .unwrap()
            .is_match(text.as_bytes()),
        _ => true,
    }
}

//! Turns the schemas of types into structural ones, the only ones that a custom resource may have.
//!
//! References are replaced by what they lead to, choices by what all of them have in common, null is
//! left out (the API server drops it), and so are defaults, which are rules: [`rules`]. Objects keep
//! fields that are not known, so that newer programs can write what older servers do not know.

use super::rules::{self, Faults};
use serde_json::{Map, Value, json};

/// Marks an object that keeps what the schema does not list; alone, something nobody looks into.
pub(super) const OPAQUE: &str = "x-kubernetes-preserve-unknown-fields";
/// Marks a value that is an integer or a text.
pub(super) const INT_OR_STRING: &str = "x-kubernetes-int-or-string";

/// Prefix of references within a schema.
const REFERENCE: &str = "#/$defs/";
/// Keywords that mean the same in both.
const KEPT: &[&str] = &[
    "minimum",
    "maximum",
    "minLength",
    "maxLength",
    "minItems",
    "pattern",
];
/// Text of an amount such as `10Gi`.
const QUANTITY: &str =
    r"^[-+]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([KMGTPE]i|[numkMGTPE]|[eE][-+]?[0-9]+)?$";
/// Text of a Go duration.
const DURATION: &str = r"^[-+]?(0|(([0-9]+(\.[0-9]*)?|\.[0-9]+)(ns|us|µs|μs|ms|s|m|h))+)$";

/// Returns the schema of an object that nobody looks into.
pub(super) fn opaque() -> Value {
    json!({"type": "object", OPAQUE: true})
}

/// Tells whether a schema says nothing about what is within.
pub(super) fn is_opaque(schema: &Value) -> bool {
    schema[OPAQUE] == true && schema["properties"].is_null()
}

/// Returns the structural form of a schema whose references lead into its own `$defs`.
pub(super) fn structural(schema: &Value, faults: &mut Faults) -> Value {
    let none = Map::new();
    let definitions = schema["$defs"].as_object().unwrap_or(&none);
    Conversion {
        definitions,
        faults,
    }
    .node(schema)
}

/// Refuses null where an empty object in its place would lack something.
pub(super) fn refuse_null(schema: &mut Value) {
    let Some(members) = schema.as_object_mut() else {
        return;
    };
    if members.contains_key("required") {
        members.remove("nullable");
    }
    for keyword in ["items", "additionalProperties"] {
        members.get_mut(keyword).into_iter().for_each(refuse_null);
    }
    let properties = members.get_mut("properties").and_then(Value::as_object_mut);
    properties
        .into_iter()
        .flatten()
        .for_each(|(_, property)| refuse_null(property));
}

struct Conversion<'a> {
    definitions: &'a Map<String, Value>,
    faults: &'a mut Faults,
}

impl<'a> Conversion<'a> {
    fn node(&mut self, schema: &'a Value) -> Value {
        let (definition, inner) = self.resolved(schema);
        let mut node = self.typed(inner);
        let texts = [schema, inner].map(|one| one["description"].as_str());
        if let Some(text) = texts.into_iter().flatten().next() {
            node["description"] = text.replace('\n', " ").into();
        }
        if let Some(name) = definition {
            rules::of_definition(name, &mut node, self.faults);
        }
        node
    }

    /// Follows references, and choices between something and nothing; names the last definition.
    fn resolved(&self, schema: &'a Value) -> (Option<&'a str>, &'a Value) {
        let (mut name, mut schema) = (None, schema);
        loop {
            let reference = schema["$ref"]
                .as_str()
                .and_then(|it| it.strip_prefix(REFERENCE));
            schema = match (reference, alternatives(schema).as_deref()) {
                (Some(reference), _) => {
                    name = Some(reference);
                    &self.definitions[reference]
                }
                (None, Some([only])) => only,
                _ => return (name, schema),
            };
        }
    }

    fn typed(&mut self, schema: &'a Value) -> Value {
        if let Some(words) = words(schema) {
            return json!({"type": "string", "enum": words});
        }
        if let Some(special) = special(schema) {
            return special;
        }
        match type_of(schema) {
            Some("object") => self.object(schema),
            Some("array") => {
                let mut items = self.node(&schema["items"]);
                items["nullable"] = true.into();
                json!({"type": "array", "items": items})
            }
            Some(name) => scalar(name, schema),
            None => json!({OPAQUE: true}),
        }
    }

    fn object(&mut self, schema: &'a Value) -> Value {
        let mut properties = Map::new();
        for (name, property) in schema["properties"].as_object().into_iter().flatten() {
            // Triggers of last resort have the fields of triggers, without end.
            let within = if name == "dlqTrigger" {
                opaque()
            } else {
                self.node(property)
            };
            properties.insert(name.clone(), described(within, property));
        }
        let others = &schema["additionalProperties"];
        if properties.is_empty() && others.is_object() {
            let mut each = self.node(others);
            each["nullable"] = true.into();
            return json!({"type": "object", "additionalProperties": each});
        }
        let mut object = opaque();
        if !properties.is_empty() {
            object["properties"] = properties.into();
        }
        object
    }
}

fn described(mut node: Value, schema: &Value) -> Value {
    if node["description"].is_null() && schema["description"].is_string() {
        node["description"] = schema["description"].clone();
    }
    node
}

/// Returns what a schema lets choose from, null left out; `None` if it gives no choice.
fn alternatives(schema: &Value) -> Option<Vec<&Value>> {
    let all = schema["anyOf"].as_array().or(schema["oneOf"].as_array())?;
    Some(all.iter().filter(|one| one["type"] != "null").collect())
}

/// Returns the words that a schema allows, if it is a list of words.
fn words(schema: &Value) -> Option<Vec<Value>> {
    if schema["const"].is_string() {
        return Some(vec![schema["const"].clone()]);
    }
    if let Some(words) = schema["enum"].as_array() {
        return Some(
            words
                .iter()
                .filter(|word| !word.is_null())
                .cloned()
                .collect(),
        );
    }
    let each: Option<Vec<_>> = alternatives(schema)?.into_iter().map(words).collect();
    each.map(|each| each.concat())
}

/// Returns the form of values that have several types.
fn special(schema: &Value) -> Option<Value> {
    match schema["format"].as_str() {
        Some("go-duration") => Some(json!({INT_OR_STRING: true, "pattern": DURATION})),
        // Kubernetes takes `0.5` too, which is neither an integer nor a text.
        Some("quantity") => Some(json!({OPAQUE: true, "pattern": QUANTITY})),
        _ => (schema[INT_OR_STRING] == true).then(|| json!({INT_OR_STRING: true})),
    }
}

/// Returns the type that a schema asks for, null left out.
fn type_of(schema: &Value) -> Option<&str> {
    match &schema["type"] {
        Value::String(name) => Some(name),
        Value::Array(names) => names
            .iter()
            .filter_map(Value::as_str)
            .find(|it| *it != "null"),
        _ => None,
    }
}

/// Returns the schema of an integer of 32 bits; the API server does not check that by its format.
pub(super) fn int32() -> Value {
    json!({"type": "integer", "format": "int32", "minimum": i32::MIN, "maximum": i32::MAX})
}

fn scalar(name: &str, schema: &Value) -> Value {
    let mut scalar = match schema["format"].as_str() {
        Some("int32") => int32(),
        _ => json!({"type": name}),
    };
    for keyword in KEPT.iter().filter(|keyword| !schema[**keyword].is_null()) {
        scalar[*keyword] = schema[*keyword].clone();
    }
    if let Some(format) = schema["format"].as_str().and_then(format) {
        scalar["format"] = format.into();
    }
    scalar
}

/// Returns the name that the API server knows for a format.
fn format(name: &str) -> Option<&'static str> {
    match name {
        "int32" => Some("int32"),
        "int64" | "uint32" | "uint64" | "uint" | "int" => Some("int64"),
        "double" => Some("double"),
        "date-time" => Some("date-time"),
        _ => None,
    }
}

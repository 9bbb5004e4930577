//! What the API server checks beyond types: required fields, words, patterns, and rules in CEL.
//!
//! Only what one object proves by itself, and only what `argo-events validate` reports as an error:
//! the tables are [`envelopes`], [`sources`] and [`triggers`]. What needs a language or another object
//! is left to validation. An empty text counts as absent, as everywhere in manifests.

mod cel;
mod envelopes;
mod sources;
mod triggers;

use serde_json::{Map, Value, json};

/// Rules that name a field that is not there.
pub(super) type Faults = Vec<String>;

/// Something that must hold for an object.
#[derive(Clone, Copy, Debug)]
enum Rule {
    /// Fields that must be there and must not be empty.
    Needs(&'static [&'static str]),
    /// Fields that must be there.
    Has(&'static [&'static str]),
    /// A text that is one of the words, or empty.
    OneOf(&'static str, &'static [&'static str]),
    /// A text, or an integer or text, that fits a pattern.
    Matches(&'static str, &'static str),
    /// An integer with a smallest value.
    AtLeast(&'static str, i64),
    /// An integer with a largest value.
    AtMost(&'static str, i64),
    /// A text of at most so many characters.
    Longest(&'static str, u32),
    /// A list whose texts must not be empty.
    Texts(&'static str),
    /// A field that Kubernetes knows and our types do not: its name, type, and what it is for.
    Also(&'static str, &'static str, &'static str),
    /// A value that the API server fills in, as JSON.
    Usually(&'static str, &'static str),
    /// The object has a field, known or not.
    Filled,
    /// At least one of the fields is given.
    Any(&'static [&'static str]),
    /// Two fields of which at most one is given.
    NotBoth(&'static str, &'static str),
    /// Two fields that are given together or not at all.
    Together(&'static str, &'static str),
    /// A field that makes no sense without another one.
    Wants(&'static str, &'static str),
    /// A rule in CEL, and what to say if it does not hold.
    Holds(&'static str, &'static str),
    /// Rules for the object within a field, or for each in it.
    In(&'static str, &'static [Rule]),
}

type Table = &'static [(&'static str, &'static [Rule])];

/// Adds the rules of a type.
pub(super) fn of_definition(name: &str, schema: &mut Value, faults: &mut Faults) {
    of(envelopes::TABLE, name, schema, faults);
}

/// Adds the rules of a kind of source to the schema of one event.
pub(super) fn of_source(kind: &str, schema: &mut Value, faults: &mut Faults) {
    of(sources::TABLE, kind, schema, faults);
}

/// Adds the rules of a kind of trigger.
pub(super) fn of_trigger(kind: &str, schema: &mut Value, faults: &mut Faults) {
    of(triggers::TABLE, kind, schema, faults);
}

/// Adds the rule that sources of which every replica serves are not mixed with others.
pub(super) fn of_placements(spec: &mut Value) {
    let (rule, message) = cel::placements();
    push(spec, &rule, &message);
}

fn of(table: Table, name: &str, schema: &mut Value, faults: &mut Faults) {
    for (_, rules) in table.iter().filter(|(of, _)| *of == name) {
        for rule in *rules {
            if let Err(field) = rule.apply(schema) {
                faults.push(format!("{name}: there is no field `{field}`"));
            }
        }
    }
}

fn push(schema: &mut Value, rule: &str, message: &str) {
    let rule = json!({"rule": rule, "message": message});
    append(schema, "x-kubernetes-validations", rule);
}

fn append(schema: &mut Value, list: &str, item: Value) {
    match schema[list].as_array_mut() {
        Some(items) => items.push(item),
        None => schema[list] = json!([item]),
    }
}

impl Rule {
    /// Adds the rule to the schema of an object; gives the field that it does not have.
    fn apply(self, schema: &mut Value) -> Result<(), &'static str> {
        match self {
            Self::Needs(fields) => fields.iter().try_for_each(|field| {
                require(schema, field)?;
                fill(property(schema, field)?);
                Ok(())
            }),
            Self::Has(fields) => fields.iter().try_for_each(|field| require(schema, field)),
            Self::OneOf(field, words) => {
                let words = [&[""], words].concat();
                property(schema, field)?["enum"] = json!(words);
                Ok(())
            }
            Self::Matches(field, pattern) => set(schema, field, "pattern", pattern.into()),
            Self::AtLeast(field, least) => set(schema, field, "minimum", least.into()),
            Self::AtMost(field, most) => set(schema, field, "maximum", most.into()),
            Self::Longest(field, most) => set(schema, field, "maxLength", most.into()),
            Self::Texts(field) => {
                property(schema, field)?["items"] = json!({"type": "string", "minLength": 1});
                Ok(())
            }
            Self::Also(field, of, about) => {
                schema["properties"][field] = json!({"type": of, "description": about});
                Ok(())
            }
            Self::Usually(field, value) => {
                let value = serde_json::from_str(value).expect("rules hold JSON, as a test sees");
                set(schema, field, "default", value)
            }
            Self::Filled => {
                schema["minProperties"] = 1.into();
                Ok(())
            }
            Self::In(field, rules) => {
                let within = inner(property(schema, field)?);
                rules.iter().try_for_each(|rule| rule.apply(within))
            }
            other => {
                let (rule, message) = cel::of(other, schema)?;
                push(schema, &rule, &message);
                Ok(())
            }
        }
    }
}

fn property<'a>(schema: &'a mut Value, field: &'static str) -> Result<&'a mut Value, &'static str> {
    let properties = schema["properties"].as_object_mut();
    properties
        .and_then(|properties: &mut Map<_, _>| properties.get_mut(field))
        .ok_or(field)
}

fn set(
    schema: &mut Value,
    field: &'static str,
    keyword: &str,
    value: Value,
) -> Result<(), &'static str> {
    property(schema, field)?[keyword] = value;
    Ok(())
}

fn require(schema: &mut Value, field: &'static str) -> Result<(), &'static str> {
    property(schema, field)?;
    let there = schema["required"]
        .as_array()
        .is_some_and(|all| all.contains(&field.into()));
    if !there {
        append(schema, "required", field.into());
    }
    Ok(())
}

/// Refuses what is empty.
fn fill(schema: &mut Value) {
    match schema["type"].as_str() {
        Some("string") => schema["minLength"] = 1.into(),
        Some("array") => schema["minItems"] = 1.into(),
        _ => {}
    }
}

/// Returns what lists and maps are made of; the schema itself if it is neither.
fn inner(schema: &mut Value) -> &mut Value {
    for keyword in ["items", "additionalProperties"] {
        if schema[keyword].is_object() {
            return &mut schema[keyword];
        }
    }
    schema
}

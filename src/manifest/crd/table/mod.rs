//! Fields of the kinds that have no configuration in this build yet.
//!
//! Names and types are those of the reference, so that a custom resource is typed whatever is built.
//! A kind that has a configuration of its own is described by that; its rows here are then dead and
//! can go. Rules are elsewhere: [`rules`](super::rules).

mod brokers;
mod clouds;
mod common;
mod places;
mod repositories;
mod triggers;

use super::structural::{INT_OR_STRING, OPAQUE, int32};
use serde_json::{Map, Value, json};

/// A field: name, what it is for, and what it holds.
#[derive(Clone, Copy, Debug)]
pub(super) struct Field {
    name: &'static str,
    about: &'static str,
    form: Form,
}

/// The fields of an object.
pub(super) type Fields = &'static [Field];

/// What a field holds.
#[derive(Clone, Copy, Debug)]
enum Form {
    Text,
    Flag,
    Int32,
    Int64,
    /// A number; anything else can be written, but not used.
    Amount,
    /// A Go duration, or nanoseconds.
    Pause,
    Texts,
    /// Texts by name.
    Map,
    /// An object whose fields are listed.
    Part(Fields),
    /// A list of such objects.
    Parts(Fields),
}

/// Returns the schema of an event of a kind of source.
pub(super) fn source(kind: &str) -> Option<Value> {
    let tables = [
        brokers::SOURCES,
        clouds::SOURCES,
        places::SOURCES,
        repositories::SOURCES,
    ];
    tables
        .into_iter()
        .flatten()
        .find(|(name, _)| *name == kind)
        .map(schema_of)
}

/// Returns the schema of a kind of trigger.
pub(super) fn trigger(kind: &str) -> Option<Value> {
    triggers::TRIGGERS
        .iter()
        .find(|(name, _)| *name == kind)
        .map(schema_of)
}

fn schema_of((_, fields): &(&str, Fields)) -> Value {
    object(fields)
}

fn object(fields: Fields) -> Value {
    let properties: Map<_, _> = fields
        .iter()
        .map(|field| (field.name.to_owned(), field.schema()))
        .collect();
    json!({"type": "object", "properties": properties, OPAQUE: true})
}

impl Field {
    fn schema(&self) -> Value {
        let mut schema = self.form.schema();
        schema["description"] = self.about.into();
        schema
    }
}

impl Form {
    fn schema(self) -> Value {
        match self {
            Self::Text => json!({"type": "string"}),
            Self::Flag => json!({"type": "boolean"}),
            Self::Int32 => int32(),
            Self::Int64 => json!({"type": "integer", "format": "int64"}),
            Self::Amount => json!({OPAQUE: true}),
            Self::Pause => json!({INT_OR_STRING: true}),
            Self::Texts => json!({"type": "array", "items": {"type": "string", "nullable": true}}),
            Self::Map => json!({
                "type": "object",
                "additionalProperties": {"type": "string", "nullable": true},
            }),
            Self::Part(fields) => object(fields),
            Self::Parts(fields) => {
                let mut items = object(fields);
                items["nullable"] = true.into();
                json!({"type": "array", "items": items})
            }
        }
    }
}

const fn field(name: &'static str, about: &'static str, form: Form) -> Field {
    Field { name, about, form }
}

const fn text(name: &'static str, about: &'static str) -> Field {
    field(name, about, Form::Text)
}

const fn flag(name: &'static str, about: &'static str) -> Field {
    field(name, about, Form::Flag)
}

const fn texts(name: &'static str, about: &'static str) -> Field {
    field(name, about, Form::Texts)
}

const fn part(name: &'static str, about: &'static str, fields: Fields) -> Field {
    field(name, about, Form::Part(fields))
}

const fn parts(name: &'static str, about: &'static str, fields: Fields) -> Field {
    field(name, about, Form::Parts(fields))
}

/// A key of a Secret.
const fn secret(name: &'static str, about: &'static str) -> Field {
    part(name, about, common::KEY)
}

//! What names and types a value has, as far as its JSON schema says.

use super::tree::Tree;
use serde_json::Value;
use std::collections::BTreeMap;

/// What names and types a value has.
#[derive(Clone, Debug, Default)]
pub(crate) enum Shape {
    /// Any value, taken as it is.
    #[default]
    Any,
    Scalar(Scalar),
    /// An object with known names.
    Struct(BTreeMap<String, Shape>),
    /// An object with any names.
    Map(Box<Shape>),
    List(Box<Shape>),
    /// A shape of the definitions.
    Named(String),
}

/// A type of values that hold no others.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Scalar {
    Text,
    Boolean,
    Number,
    /// An integer of 32 or 64 bits, with or without a sign.
    Integer {
        bits: u32,
        signed: bool,
    },
}

impl Shape {
    /// Reads a schema.
    pub(crate) fn of(schema: &Value) -> Self {
        if let Some(name) = schema["$ref"]
            .as_str()
            .and_then(|path| path.rsplit('/').next())
        {
            return Self::Named(name.to_owned());
        }
        let mut alternatives = schema["anyOf"].as_array().into_iter().flatten();
        if let Some(one) = alternatives.find(|one| one["type"] != "null") {
            return Self::of(one);
        }
        if let Some(properties) = schema["properties"].as_object() {
            let fields = properties
                .iter()
                .map(|(name, field)| (name.clone(), Self::of(field)));
            return Self::Struct(fields.collect());
        }
        if schema["additionalProperties"].is_object() {
            return Self::Map(Box::new(Self::of(&schema["additionalProperties"])));
        }
        if schema["items"].is_object() {
            return Self::List(Box::new(Self::of(&schema["items"])));
        }
        Scalar::of(schema).map_or(Self::Any, Self::Scalar)
    }

    /// Tells whether a value that holds no others may stand here.
    pub(super) fn accepts(&self, tree: &Tree) -> bool {
        match (self, tree) {
            (Self::Any | Self::Named(_), _) => true,
            (Self::Scalar(scalar), Tree::Scalar(value)) => scalar.accepts(value),
            _ => false,
        }
    }

    /// Names what may stand here.
    pub(super) fn name(&self) -> &'static str {
        match self {
            Self::Any | Self::Named(_) => "anything",
            Self::Scalar(Scalar::Text) => "a text",
            Self::Scalar(Scalar::Boolean) => "true or false",
            Self::Scalar(Scalar::Number) => "a number",
            Self::Scalar(Scalar::Integer { .. }) => "an integer",
            Self::Struct(_) | Self::Map(_) => "an object",
            Self::List(_) => "a list",
        }
    }
}

impl Scalar {
    fn of(schema: &Value) -> Option<Self> {
        let kind = schema["type"]
            .as_str()
            .or_else(|| schema["type"][0].as_str())?;
        let format = schema["format"].as_str().unwrap_or("int64");
        match kind {
            "string" => Some(Self::Text),
            "boolean" => Some(Self::Boolean),
            "number" => Some(Self::Number),
            "integer" => Some(Self::Integer {
                bits: if format.ends_with("32") { 32 } else { 64 },
                signed: !format.starts_with('u'),
            }),
            _ => None,
        }
    }

    fn accepts(self, value: &Value) -> bool {
        match self {
            Self::Text => value.is_string(),
            Self::Boolean => value.is_boolean(),
            Self::Number => value.is_number(),
            Self::Integer {
                bits: 32,
                signed: true,
            } => value
                .as_i64()
                .is_some_and(|integer| i32::try_from(integer).is_ok()),
            Self::Integer {
                bits: 32,
                signed: false,
            } => value
                .as_u64()
                .is_some_and(|integer| u32::try_from(integer).is_ok()),
            Self::Integer { signed: true, .. } => value.is_i64(),
            Self::Integer { signed: false, .. } => value.is_u64(),
        }
    }

    /// Returns what stands for `null`.
    pub(super) fn zero(self) -> Value {
        match self {
            Self::Text => "".into(),
            Self::Boolean => false.into(),
            Self::Number | Self::Integer { .. } => 0.into(),
        }
    }
}

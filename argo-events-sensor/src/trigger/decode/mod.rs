//! Decodes objects as the reference does: names in any case, `null` as absent, and of names that
//! are the same the last, which adds to an object that is there already.
//!
//! Parameters write by path, so that the name in a path may differ in case from the one that is
//! meant. What names and types there are is taken from the JSON schema of the type.

mod shape;
mod tree;

pub(crate) use shape::Shape;

use argo_events_core::{Error, ErrorKind, Result};
use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};
use std::collections::BTreeMap;
use tree::Tree;

/// Knows the names within a type.
#[derive(Clone, Debug, Default)]
pub struct Decoder {
    definitions: BTreeMap<String, Shape>,
    root: Shape,
    drops_unknown: bool,
}

/// Where in the value something does not fit, from the inside to the outside, and why.
#[derive(Debug)]
struct Misfit {
    path: Vec<String>,
    reason: String,
}

type Folded = Result<Value, Misfit>;

impl Decoder {
    /// Learns the names of a type.
    pub fn of<T: JsonSchema>() -> Self {
        let mut generator = SchemaGenerator::default();
        let root = generator.subschema_for::<T>();
        Self::of_schema(&root, generator)
    }

    /// Learns the names of a schema whose definitions the generator holds.
    pub fn of_schema(root: &Schema, mut generator: SchemaGenerator) -> Self {
        let definitions = generator.take_definitions(true);
        Self {
            definitions: definitions
                .iter()
                .map(|(name, it)| (name.clone(), Shape::of(it)))
                .collect(),
            root: Shape::of(root.as_value()),
            drops_unknown: false,
        }
    }

    /// Drops members that the type does not name.
    pub(crate) fn dropping_unknown(mut self) -> Self {
        self.drops_unknown = true;
        self
    }

    /// Learns the names of further members of the object.
    pub(crate) fn with_members(
        mut self,
        members: impl IntoIterator<Item = (String, Shape)>,
    ) -> Self {
        let mut fields = match self.resolved(&self.root) {
            Shape::Struct(fields) => fields.clone(),
            _ => BTreeMap::new(),
        };
        fields.extend(members);
        self.root = Shape::Struct(fields);
        self
    }

    /// Decodes a text.
    ///
    /// # Errors
    /// `PayloadInvalid`, permanent, when it is not JSON or does not fit the type.
    pub fn decode<T: DeserializeOwned>(&self, text: &[u8]) -> Result<T> {
        let value = self.read(text)?;
        T::deserialize(value).map_err(|error| unfit(error.to_string()))
    }

    /// Reads a text and spells its names as the type does.
    ///
    /// # Errors
    /// `PayloadInvalid`, permanent, when it is not JSON or does not fit the type.
    pub fn read(&self, text: &[u8]) -> Result<Value> {
        let tree: Tree = serde_json::from_slice(text).map_err(|error| unfit(error.to_string()))?;
        self.finish(tree)
    }

    /// Spells the names of a value as the type does.
    ///
    /// # Errors
    /// `PayloadInvalid`, permanent, when it does not fit the type.
    pub fn respell(&self, value: Value) -> Result<Value> {
        self.finish(value.into())
    }

    fn finish(&self, tree: Tree) -> Result<Value> {
        self.fold(tree, &self.root, None).map_err(|mut misfit| {
            misfit.path.reverse();
            unfit(misfit.reason).with("field", misfit.path.join("."))
        })
    }

    fn fold(&self, tree: Tree, shape: &Shape, present: Option<Value>) -> Folded {
        match (tree, self.resolved(shape)) {
            (Tree::Object(members), Shape::Struct(fields)) => {
                self.fold_struct(members, fields, present)
            }
            (Tree::Object(members), Shape::Map(inner)) => self.fold_map(members, inner, present),
            (Tree::List(elements), Shape::List(inner)) => {
                let folded = elements.into_iter().enumerate().map(|(index, element)| {
                    self.fold_required(element, inner)
                        .map_err(|misfit| misfit.within(index.to_string()))
                });
                folded.collect()
            }
            (tree, shape) if shape.accepts(&tree) => Ok(tree.into()),
            (tree, shape) => {
                let reason = format!("takes {}, not {}", shape.name(), tree.name());
                Err(Misfit {
                    path: Vec::new(),
                    reason,
                })
            }
        }
    }

    fn fold_struct(
        &self,
        members: Vec<(String, Tree)>,
        fields: &BTreeMap<String, Shape>,
        present: Option<Value>,
    ) -> Folded {
        let mut map = object(present);
        for (name, member) in members {
            let Some((field, shape)) = find(fields, &name) else {
                if !self.drops_unknown {
                    map.insert(name, member.into());
                }
                continue;
            };
            match (member.is_null(), self.resolved(shape)) {
                (false, _) => {
                    let before = map.remove(field);
                    let folded = self.fold(member, shape, before);
                    map.insert(
                        field.to_owned(),
                        folded.map_err(|misfit| misfit.within(field))?,
                    );
                }
                (true, Shape::Scalar(_)) => {}
                (true, _) => drop(map.remove(field)),
            }
        }
        Ok(Value::Object(map))
    }

    fn fold_map(
        &self,
        members: Vec<(String, Tree)>,
        inner: &Shape,
        present: Option<Value>,
    ) -> Folded {
        let mut map = object(present);
        for (name, member) in members {
            let folded = self
                .fold_required(member, inner)
                .map_err(|misfit| misfit.within(&*name))?;
            map.insert(name, folded);
        }
        Ok(Value::Object(map))
    }

    /// Folds what cannot be left out; `null` becomes what the type has for it.
    fn fold_required(&self, tree: Tree, shape: &Shape) -> Folded {
        match self.resolved(shape) {
            Shape::Scalar(scalar) if tree.is_null() => Ok(scalar.zero()),
            Shape::Struct(_) if tree.is_null() => Ok(Value::Object(Map::new())),
            _ => self.fold(tree, shape, None),
        }
    }

    fn resolved<'a>(&'a self, shape: &'a Shape) -> &'a Shape {
        match shape {
            Shape::Named(name) => self.definitions.get(name).unwrap_or(&Shape::Any),
            shape => shape,
        }
    }
}

impl Misfit {
    fn within(mut self, name: impl Into<String>) -> Self {
        self.path.push(name.into());
        self
    }
}

fn object(present: Option<Value>) -> Map<String, Value> {
    match present {
        Some(Value::Object(map)) => map,
        _ => Map::new(),
    }
}

fn find<'a>(fields: &'a BTreeMap<String, Shape>, name: &str) -> Option<(&'a str, &'a Shape)> {
    let exact = fields.get_key_value(name);
    let found = exact.or_else(|| {
        fields
            .iter()
            .find(|(field, _)| field.eq_ignore_ascii_case(name))
    });
    found.map(|(field, shape)| (field.as_str(), shape))
}

fn unfit(reason: String) -> Error {
    Error::permanent(ErrorKind::PayloadInvalid, reason).during("decode")
}

#[cfg(test)]
mod tests {
    use super::*;
    use argo_events_core::api::Parameter;

    fn read<T: JsonSchema>(text: &str) -> Value {
        Decoder::of::<T>().read(text.as_bytes()).unwrap()
    }

    #[test]
    fn names_fit_in_any_case_and_the_last_wins() {
        let value = read::<Parameter>(r#"{"dest":"a","DEST":"b","Src":{"DataKey":"x"}}"#);
        assert_eq!(
            value,
            serde_json::json!({"dest": "b", "src": {"dataKey": "x"}})
        );
    }

    #[test]
    fn a_repeated_object_adds_to_the_first() {
        let value = read::<Parameter>(r#"{"src":{"dataKey":"x"},"SRC":{"value":"y"}}"#);
        assert_eq!(
            value["src"],
            serde_json::json!({"dataKey": "x", "value": "y"})
        );
    }

    #[test]
    fn null_is_absent() {
        let value = read::<Parameter>(r#"{"src":null,"dest":"a","Dest":null}"#);
        assert_eq!(value, serde_json::json!({"dest": "a"}));
        let map = read::<BTreeMap<String, String>>(r#"{"A":null}"#);
        assert_eq!(map, serde_json::json!({"A": ""}));
    }

    #[test]
    fn a_value_of_another_type_is_an_error_that_names_the_field() {
        let error = Decoder::of::<Parameter>()
            .read(br#"{"src":{"dataKey":5}}"#)
            .unwrap_err();
        assert_eq!(
            error.to_string(),
            "takes a text, not a number during decode (field=src.dataKey)"
        );
    }
}

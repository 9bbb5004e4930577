//! An object of any kind, as JSON.

use crate::param::Parameters;
use argo_events_core::{Error, ErrorKind, Firing, Result};
use argo_events_expr::gojson::{encode_f64_into, encode_string_into};
use serde_json::{Map, Value};

/// Doubles from here on do not fit into 64 bits with a sign.
const BEYOND_INTEGERS: f64 = 9_223_372_036_854_775_808.0;

/// An object of any kind, as JSON; always a map.
///
/// ```
/// use argo_events_sensor::kubernetes::Object;
///
/// let text = br#"{"kind": "ConfigMap", "apiVersion": "v1", "metadata": {"name": "a<b"}}"#;
/// let object = Object::read(text)?;
/// assert_eq!((object.kind(), object.name()), ("ConfigMap", "a<b"));
/// let text = "{\"apiVersion\":\"v1\",\"kind\":\"ConfigMap\",\"metadata\":{\"name\":\"a\\u003cb\"}}\n";
/// assert_eq!(object.to_json(), text.as_bytes());
/// # Ok::<(), argo_events_core::Error>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Object(Map<String, Value>);

impl Object {
    /// Wraps the members of an object.
    pub fn new(members: Map<String, Value>) -> Self {
        Self(members)
    }

    /// Reads JSON; integers stay exact.
    ///
    /// # Errors
    /// `PayloadInvalid`, permanent, when it is not a JSON object.
    pub fn read(text: &[u8]) -> Result<Self> {
        serde_json::from_slice(text).map(Self).map_err(|error| {
            let message = format!("this is no object in JSON: {error}");
            Error::permanent(ErrorKind::PayloadInvalid, message)
        })
    }

    /// Turns all numbers into doubles, as the reference does with what it reads from artifacts.
    #[must_use]
    pub fn with_doubles(mut self) -> Self {
        self.0.values_mut().for_each(round);
        self
    }

    /// Edits a copy with the events of a firing.
    ///
    /// # Errors
    /// `PayloadInvalid`, permanent, when a value cannot be found or written, or the copy has no kind.
    pub fn edited(&self, parameters: &Parameters, firing: &Firing) -> Result<Self> {
        let edited = Self::read(&parameters.apply(self.to_json(), firing)?)?;
        if edited.kind().is_empty() {
            let message = "the object has no kind after the parameters were applied";
            return Err(Error::permanent(ErrorKind::PayloadInvalid, message));
        }
        Ok(edited)
    }

    /// Returns the members.
    pub fn members(&self) -> &Map<String, Value> {
        &self.0
    }

    /// Returns the members to change them.
    pub fn members_mut(&mut self) -> &mut Map<String, Value> {
        &mut self.0
    }

    /// Returns the object as a JSON value.
    pub fn into_value(self) -> Value {
        Value::Object(self.0)
    }

    /// Returns the kind; empty if it is missing or no text.
    pub fn kind(&self) -> &str {
        text(self.0.get("kind"))
    }

    /// Returns group and version, such as `batch/v1`; empty if missing or no text.
    pub fn api_version(&self) -> &str {
        text(self.0.get("apiVersion"))
    }

    /// Returns the name; empty if it is missing or no text.
    pub fn name(&self) -> &str {
        text(self.metadata("name"))
    }

    /// Returns what the name begins with when the server completes it; empty if missing or no text.
    pub fn generate_name(&self) -> &str {
        text(self.metadata("generateName"))
    }

    /// Returns the namespace; empty if it is missing or no text.
    pub fn namespace(&self) -> &str {
        text(self.metadata("namespace"))
    }

    /// Tells whether it is meant for one version of what is there only.
    pub fn names_version(&self) -> bool {
        !text(self.metadata("resourceVersion")).is_empty()
    }

    /// Sets the name.
    pub fn set_name(&mut self, name: &str) {
        if let Some(metadata) = self.metadata_mut() {
            metadata.insert("name".to_owned(), name.into());
        }
    }

    /// Sets the namespace, or removes it.
    pub fn set_namespace(&mut self, namespace: Option<&str>) {
        match namespace {
            Some(namespace) => {
                if let Some(metadata) = self.metadata_mut() {
                    metadata.insert("namespace".to_owned(), namespace.into());
                }
            }
            None => {
                if let Some(Value::Object(metadata)) = self.0.get_mut("metadata") {
                    metadata.remove("namespace");
                }
            }
        }
    }

    /// Returns the labels; `None` unless they are a map of texts.
    pub fn labels(&self) -> Option<&Map<String, Value>> {
        let labels = self.metadata("labels")?.as_object()?;
        labels.values().all(Value::is_string).then_some(labels)
    }

    /// Adds labels; labels that are no map of texts are replaced.
    pub fn add_labels(&mut self, added: impl IntoIterator<Item = (&'static str, String)>) {
        let mut labels = self.labels().cloned().unwrap_or_default();
        labels.extend(
            added
                .into_iter()
                .map(|(name, value)| (name.to_owned(), value.into())),
        );
        if let Some(metadata) = self.metadata_mut() {
            metadata.insert("labels".to_owned(), Value::Object(labels));
        }
    }

    /// Writes the object as the reference's client does: names sorted, on one line.
    pub fn to_json(&self) -> Vec<u8> {
        let mut out = Vec::with_capacity(512);
        write_map(&mut out, &self.0);
        out.push(b'\n');
        out
    }

    /// Merges another object into this one: maps are merged, everything else is replaced.
    pub fn merge(&mut self, other: &Self) {
        merge(&mut self.0, &other.0);
    }

    fn metadata(&self, name: &str) -> Option<&Value> {
        self.0.get("metadata")?.get(name)
    }

    /// Returns the metadata to change it; `None` if something else is in its place.
    fn metadata_mut(&mut self) -> Option<&mut Map<String, Value>> {
        self.0
            .entry("metadata")
            .or_insert_with(|| Map::new().into())
            .as_object_mut()
    }
}

fn text(value: Option<&Value>) -> &str {
    value.and_then(Value::as_str).unwrap_or_default()
}

fn merge(old: &mut Map<String, Value>, new: &Map<String, Value>) {
    for (name, value) in new {
        match (old.get_mut(name), value) {
            (Some(Value::Object(old)), Value::Object(new)) => merge(old, new),
            _ => drop(old.insert(name.clone(), value.clone())),
        }
    }
}

/// Makes doubles of all numbers; whole ones are kept as integers, so that they are written as such.
fn round(value: &mut Value) {
    match value {
        Value::Number(number) => {
            if let Some(double) = number.as_f64() {
                *value = whole(double).map_or_else(|| double.into(), Value::from);
            }
        }
        Value::Array(elements) => elements.iter_mut().for_each(round),
        Value::Object(members) => members.values_mut().for_each(round),
        _ => {}
    }
}

#[expect(
    clippy::cast_possible_truncation,
    reason = "only whole numbers in range get here"
)]
fn whole(double: f64) -> Option<i64> {
    let fits = double.fract() == 0.0 && double.abs() < BEYOND_INTEGERS;
    // A negative zero is no integer, and is written with its sign.
    let is_negative_zero = double == 0.0 && double.is_sign_negative();
    (fits && !is_negative_zero).then_some(double as i64)
}

fn write(out: &mut Vec<u8>, value: &Value) {
    match value {
        Value::Null => out.extend_from_slice(b"null"),
        Value::Bool(truth) => out.extend_from_slice(if *truth { b"true" } else { b"false" }),
        Value::Number(number) => write_number(out, number),
        Value::String(text) => encode_string_into(out, text),
        Value::Array(elements) => {
            out.push(b'[');
            for (index, element) in elements.iter().enumerate() {
                if index > 0 {
                    out.push(b',');
                }
                write(out, element);
            }
            out.push(b']');
        }
        Value::Object(members) => write_map(out, members),
    }
}

/// Writes members by name, whatever order the map keeps.
fn write_map(out: &mut Vec<u8>, members: &Map<String, Value>) {
    let mut sorted: Vec<_> = members.iter().collect();
    sorted.sort_unstable_by_key(|(name, _)| *name);
    out.push(b'{');
    for (index, (name, value)) in sorted.into_iter().enumerate() {
        if index > 0 {
            out.push(b',');
        }
        encode_string_into(out, name);
        out.push(b':');
        write(out, value);
    }
    out.push(b'}');
}

/// Writes a number as Go does: what 64 bits with a sign cannot hold is a double.
fn write_number(out: &mut Vec<u8>, number: &serde_json::Number) {
    match (number.as_i64(), number.as_f64()) {
        (Some(integer), _) => out.extend_from_slice(integer.to_string().as_bytes()),
        // JSON has no number that is not finite, so there is nothing to report.
        (None, Some(double)) => drop(encode_f64_into(out, double)),
        (None, None) => out.extend_from_slice(number.to_string().as_bytes()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn object(value: Value) -> Object {
        Object::read(value.to_string().as_bytes()).unwrap()
    }

    fn written(text: &str) -> String {
        let object = Object::read(text.as_bytes()).unwrap();
        String::from_utf8(object.to_json()).unwrap()
    }

    #[test]
    fn numbers_stay_exact_unless_they_come_from_an_artifact() {
        let text = r#"{"a":9007199254740993,"b":1.50,"c":1.0,"d":18446744073709551615,"e":1e21}"#;
        let exact =
            "{\"a\":9007199254740993,\"b\":1.5,\"c\":1,\"d\":18446744073709552000,\"e\":1e+21}\n";
        assert_eq!(written(text), exact);
        let rounded = Object::read(text.as_bytes()).unwrap().with_doubles();
        assert_eq!(rounded.members()["a"], json!(9_007_199_254_740_992_i64));
        assert_eq!(rounded.members()["c"], json!(1));
    }

    #[test]
    fn labels_that_are_no_map_of_texts_are_replaced() {
        for labels in [json!("x"), json!({"a": 1}), json!(null), json!([])] {
            let mut object = object(json!({"metadata": {"labels": labels}}));
            object.add_labels([("l", "1".to_owned())]);
            assert_eq!(
                object.members()["metadata"],
                json!({"labels": {"l": "1"}}),
                "{labels}"
            );
        }
    }

    #[test]
    fn metadata_that_is_no_map_stays_as_it_is() {
        let mut object = object(json!({"metadata": null}));
        object.set_namespace(Some("ns"));
        object.add_labels([("l", "1".to_owned())]);
        assert_eq!(object.to_json(), b"{\"metadata\":null}\n");
    }

    #[test]
    fn maps_are_merged_and_everything_else_is_replaced() {
        let mut old =
            object(json!({"m": {"a": 1, "b": {"c": 1}}, "l": [1, 2], "n": 1, "e": {"k": 1}}));
        let new = object(json!({"m": {"a": null, "b": {"d": 2}}, "l": [], "n": "x", "e": {}}));
        old.merge(&new);
        let merged =
            json!({"m": {"a": null, "b": {"c": 1, "d": 2}}, "l": [], "n": "x", "e": {"k": 1}});
        assert_eq!(old.into_value(), merged);
    }
}

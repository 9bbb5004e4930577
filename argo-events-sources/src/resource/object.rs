//! An object as the API server shows it, and which objects are reported.

use super::{ResourceConfig, ResourceFilter, Selector};
use argo_events_core::{Error, ErrorKind, Result};
use argo_events_expr::{gjson, gojson, re2};
use bytes::Bytes;
use jiff::Timestamp;
use serde_json::{Map, Value};
use std::hash::{DefaultHasher, Hash as _, Hasher as _};

/// What happened to an object.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Change {
    Add,
    Update,
    Delete,
}

impl Change {
    /// Returns the change in the words of manifests and events.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Add => "ADD",
            Self::Update => "UPDATE",
            Self::Delete => "DELETE",
        }
    }
}

/// An object at one of its versions.
#[derive(Clone, Debug)]
pub(super) struct Object {
    /// `<namespace>/<name>`.
    pub(super) key: Box<str>,
    pub(super) uid: Box<str>,
    pub(super) version: Box<str>,
    /// Its JSON in the order of keys, as the reference publishes it.
    pub(super) json: Bytes,
    /// The same for all versions that say the same.
    pub(super) digest: u64,
    created: Option<Timestamp>,
}

impl Object {
    /// Reads an object; `None` if it lacks what every object has.
    pub(super) fn read(mut object: Value) -> Option<Self> {
        let metadata = &object["metadata"];
        let text = |name: &str| metadata[name].as_str().unwrap_or_default();
        let [name, uid, version] = ["name", "uid", "resourceVersion"].map(text);
        if name.is_empty() || uid.is_empty() || version.is_empty() {
            return None;
        }
        let key = format!("{}/{name}", text("namespace")).into();
        let (uid, version) = (uid.into(), version.into());
        let created = text("creationTimestamp").parse().ok();
        let json = encode(&object)?;
        Some(Self {
            key,
            uid,
            version,
            json,
            digest: digest(object["metadata"].as_object_mut()?.clone(), &mut object)?,
            created,
        })
    }

    fn name(&self) -> &str {
        name_of(&self.key)
    }

    /// Tells whether the object was created at a time or later.
    pub(super) fn is_from(&self, time: Timestamp) -> bool {
        self.created.is_some_and(|created| created >= time)
    }
}

/// Returns the name in `<namespace>/<name>`.
pub(super) fn name_of(key: &str) -> &str {
    key.rsplit_once('/').map_or(key, |(_, name)| name)
}

fn encode(object: &Value) -> Option<Bytes> {
    // Written and read by a parser: it nests no deeper than this recursion may, and is no fragment.
    let mut out = Vec::new();
    write(&mut out, object)?;
    Some(out.into())
}

/// Writes a value as Go does: keys in order, numbers that are no integers in Go's form.
fn write(out: &mut Vec<u8>, value: &Value) -> Option<()> {
    match value {
        Value::Object(members) => {
            out.push(b'{');
            for (index, (key, member)) in members.iter().enumerate() {
                out.extend_from_slice(if index == 0 { b"" } else { b"," });
                gojson::encode_string_into(out, key);
                out.push(b':');
                write(out, member)?;
            }
            out.push(b'}');
        }
        Value::Array(elements) => {
            out.push(b'[');
            for (index, element) in elements.iter().enumerate() {
                out.extend_from_slice(if index == 0 { b"" } else { b"," });
                write(out, element)?;
            }
            out.push(b']');
        }
        Value::String(text) => gojson::encode_string_into(out, text),
        Value::Number(number) if number.is_f64() => {
            gojson::encode_f64_into(out, number.as_f64()?).ok()?;
        }
        plain => out.extend_from_slice(plain.to_string().as_bytes()),
    }
    Some(())
}

/// Digests what an object says: not its version, nor who manages which of its fields.
fn digest(mut metadata: Map<String, Value>, object: &mut Value) -> Option<u64> {
    for bookkeeping in ["managedFields", "resourceVersion"] {
        metadata.remove(bookkeeping);
    }
    object["metadata"] = Value::Object(metadata);
    let mut hasher = DefaultHasher::new();
    encode(object)?.hash(&mut hasher);
    Some(hasher.finish())
}

/// Which changes of which objects are reported.
#[derive(Debug)]
pub(super) struct Filter {
    types: Vec<String>,
    prefix: String,
    fields: Vec<Field>,
    created_by: Option<Timestamp>,
    after_start: bool,
}

#[derive(Debug)]
struct Field {
    path: gjson::Path,
    pattern: re2::Regex,
    differs: bool,
}

impl Filter {
    /// Compiles the filter of a configuration.
    ///
    /// # Errors
    /// For what validation would have reported.
    pub(super) fn new(config: &ResourceConfig) -> Result<Self> {
        let types = config.event_types.clone().unwrap_or_default();
        if let Some(unknown) = types
            .iter()
            .find(|name| !super::selection::EVENT_TYPES.contains(&&***name))
        {
            let message = format!("unknown event type {unknown:?}; use ADD, UPDATE or DELETE");
            return Err(invalid(message, "eventTypes"));
        }
        let ResourceFilter {
            prefix,
            fields,
            created_by,
            after_start,
            ..
        } = config.filter.clone().unwrap_or_default();
        let fields = fields.unwrap_or_default();
        Ok(Self {
            types,
            prefix,
            fields: fields.iter().map(Field::new).collect::<Result<_>>()?,
            created_by: created_by
                .as_deref()
                .map(read_time)
                .transpose()?
                .filter(|time| !is_zero(*time)),
            after_start,
        })
    }

    /// Tells whether a kind of change is reported at all.
    pub(super) fn reports(&self, change: Change) -> bool {
        self.types.iter().any(|name| name == change.name())
    }

    /// Tells whether an object is reported when something happens to it.
    pub(super) fn keeps(&self, object: &Object) -> bool {
        let in_time = |limit: Timestamp| object.created.is_none_or(|created| created <= limit);
        object.name().starts_with(&self.prefix)
            && self.created_by.is_none_or(in_time)
            && self.fields.iter().all(|field| field.holds(&object.json))
    }

    /// Tells whether only what happens after the start is reported.
    pub(super) fn is_after_start(&self) -> bool {
        self.after_start
    }
}

impl Field {
    fn new(selector: &Selector) -> Result<Self> {
        let path = gjson::Path::parse(&selector.key)
            .map_err(|error| invalid(error.to_string(), "filter.fields.key"))?;
        let pattern = re2::Regex::new(&selector.value)
            .map_err(|error| invalid(error.to_string(), "filter.fields.value"))?;
        let differs = match selector.operation() {
            "=" | "==" => false,
            "!=" => true,
            other => {
                let message = format!("fields cannot be compared by {other:?}; use ==, = or !=");
                return Err(invalid(message, "filter.fields.operation"));
            }
        };
        Ok(Self {
            path,
            pattern,
            differs,
        })
    }

    /// Compares the text of the field; one that is not there holds for nothing.
    fn holds(&self, json: &[u8]) -> bool {
        let found = self.path.get(json);
        found.exists() && self.pattern.is_match(&found.text_bytes()) != self.differs
    }
}

fn read_time(text: &str) -> Result<Timestamp> {
    text.parse()
        .map_err(|error: jiff::Error| invalid(error.to_string(), "filter.createdBy"))
}

/// Recognises the time that stands for no time at all.
fn is_zero(time: Timestamp) -> bool {
    time.to_string() == "0001-01-01T00:00:00Z"
}

pub(super) fn invalid(message: impl Into<String>, field: &'static str) -> Error {
    Error::permanent(ErrorKind::ConfigInvalid, message).with("field", field)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn object(extra: Value) -> Object {
        let mut object = json!({
            "metadata": {
                "name": "web-1", "namespace": "shop", "uid": "u-1", "resourceVersion": "7",
                "creationTimestamp": "2026-03-04T05:06:07Z",
            },
            "spec": {"replicas": 3, "paused": false, "image": "web:1.2"},
        });
        for (name, value) in extra.as_object().unwrap() {
            object["metadata"][name] = value.clone();
        }
        Object::read(object).unwrap()
    }

    fn keeps(filter: &Value) -> bool {
        let config =
            json!({"version": "v1", "resource": "pods", "eventTypes": ["ADD"], "filter": filter});
        let config: ResourceConfig = serde_json::from_value(config).unwrap();
        Filter::new(&config).unwrap().keeps(&object(json!({})))
    }

    #[test]
    fn the_body_has_sorted_keys_and_numbers_as_go_writes_them() {
        let value = json!({"metadata": {"uid": "u", "resourceVersion": "1", "name": "<n>"}, "b": 1.0, "a": 1e21, "c": -5});
        let object = Object::read(value).unwrap();
        let wanted = r#"{"a":1e+21,"b":1,"c":-5,"metadata":{"name":"\u003cn\u003e","resourceVersion":"1","uid":"u"}}"#;
        assert_eq!(str::from_utf8(&object.json).unwrap(), wanted);
    }

    #[test]
    fn versions_that_say_the_same_have_the_same_digest() {
        let first = object(json!({}));
        let touched = object(json!({"resourceVersion": "8", "managedFields": [{"manager": "m"}]}));
        let changed = object(json!({"labels": {"a": "b"}}));
        assert_eq!(first.digest, touched.digest);
        assert_ne!(first.digest, changed.digest);
    }

    #[test]
    fn what_lacks_name_uid_or_version_is_no_object() {
        for metadata in [
            json!(null),
            json!({"name": "a", "uid": "u"}),
            json!({"name": 5}),
        ] {
            assert!(Object::read(json!({ "metadata": metadata })).is_none());
        }
        assert!(Object::read(json!("text")).is_none());
    }

    #[test]
    fn fields_are_compared_as_texts_whatever_they_are() {
        let field = |key: &str, operation: &str, value: &str| {
            keeps(&json!({"fields": [{"key": key, "operation": operation, "value": value}]}))
        };
        assert!(field("spec.image", "", "^web:"));
        assert!(field("spec.image", "=", "1"));
        assert!(!field("spec.image", "!=", "web"));
        assert!(field("spec.replicas", "==", "^3$"));
        assert!(field("spec.paused", "==", "false"));
        assert!(!field("spec.missing", "==", ""));
        assert!(!field("spec.missing", "!=", "x"));
    }

    #[test]
    fn name_and_time_of_creation_are_compared() {
        assert!(keeps(&json!({"prefix": "web-"})));
        assert!(!keeps(&json!({"prefix": "db-"})));
        assert!(keeps(&json!({"createdBy": "2026-03-04T05:06:07Z"})));
        assert!(!keeps(&json!({"createdBy": "2026-03-04T06:06:06+01:00"})));
        assert!(keeps(&json!({"createdBy": "0001-01-01T00:00:00Z"})));
    }
}

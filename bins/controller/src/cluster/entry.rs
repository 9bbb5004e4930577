//! An object as it is remembered: a few facts, and its JSON as compact text.

use super::Resource;
use crate::object;
use argo_events::{Error, Result, core::ErrorKind};
use serde::Deserialize;
use serde_json::{Value, json};
use std::{
    cmp::Ordering,
    collections::BTreeMap,
    fmt,
    hash::{DefaultHasher, Hash as _, Hasher as _},
    sync::Arc,
};

/// Written by `kubectl apply`: the whole object once more.
const LAST_APPLIED: &str = "kubectl.kubernetes.io/last-applied-configuration";
/// Written by the cluster at every rollout.
const REVISION: &str = "deployment.kubernetes.io/revision";

/// An object as it is remembered.
#[derive(Clone)]
pub(crate) struct Entry {
    /// Where it is.
    pub(crate) namespace: String,
    /// What it is called.
    pub(crate) name: String,
    /// Which of all objects ever called so it is.
    pub(crate) uid: String,
    /// Which version of it this is.
    pub(crate) version: String,
    /// Its labels.
    pub(crate) labels: BTreeMap<String, String>,
    /// The EventBus that it refers to, as `spec.eventBusName`; empty for none.
    pub(crate) bus: String,
    /// Why all but its metadata and status cannot be read; empty if it can.
    pub(crate) fault: String,
    /// Of everything that matters to its owner.
    digest: u64,
    /// Text of everything but the version.
    json: Arc<str>,
}

/// Shows which object it is, never what is in it: it may be a Secret.
impl fmt::Debug for Entry {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            namespace, name, ..
        } = self;
        write!(formatter, "{namespace}/{name}@{}", self.version)
    }
}

/// What is read of an object that cannot be read whole.
#[derive(Deserialize)]
struct Rest {
    metadata: Value,
    #[serde(default)]
    status: Value,
}

impl Entry {
    /// Reads an object. One that is nested too deeply to be read is still known by its metadata.
    ///
    /// # Errors
    /// `PayloadInvalid`, permanent, when not even that is there.
    pub(crate) fn read(text: &[u8], resource: Resource) -> Result<Self> {
        let (mut object, fault) = match serde_json::from_slice::<Value>(text) {
            Ok(object) => (object, String::new()),
            Err(error) => (rest(text)?, error.to_string()),
        };
        // The items of a list do not always say what they are.
        object["apiVersion"] = json!(resource.api_version());
        object["kind"] = json!(resource.kind());
        let mut entry = Self::of(object)?;
        entry.fault = fault;
        Ok(entry)
    }

    /// Remembers an object.
    ///
    /// # Errors
    /// `PayloadInvalid`, permanent, for what has no name.
    pub(crate) fn of(mut object: Value) -> Result<Self> {
        let bus = object["spec"]["eventBusName"].as_str().map(str::to_owned);
        let metadata = object["metadata"].as_object_mut().ok_or_else(nameless)?;
        metadata.remove("managedFields");
        let annotations = metadata.get_mut("annotations");
        if let Some(annotations) = annotations.and_then(Value::as_object_mut) {
            annotations.remove(LAST_APPLIED);
        }
        let text = |name: &str| {
            metadata
                .get(name)
                .and_then(Value::as_str)
                .map(str::to_owned)
        };
        let labels = metadata.get("labels").and_then(Value::as_object);
        let labels = labels.into_iter().flatten();
        let mut entry = Self {
            namespace: text("namespace").unwrap_or_default(),
            name: text("name").ok_or_else(nameless)?,
            uid: text("uid").unwrap_or_default(),
            version: text("resourceVersion").unwrap_or_default(),
            labels: labels
                .filter_map(|(name, label)| Some((name.clone(), label.as_str()?.to_owned())))
                .collect(),
            bus: bus.unwrap_or_default(),
            fault: String::new(),
            digest: 0,
            json: "".into(),
        };
        metadata.remove("resourceVersion");
        entry.json = object.to_string().into();
        entry.digest = digest(&object);
        Ok(entry)
    }

    /// Returns the object, with its version.
    pub(crate) fn value(&self) -> Value {
        let mut value: Value =
            serde_json::from_str(&self.json).expect("what was written as JSON is JSON");
        value["metadata"]["resourceVersion"] = Value::from(self.version.as_str());
        value
    }

    /// Tells whether this is the same object, and nothing but its version differs.
    pub(crate) fn says_the_same(&self, other: &Self) -> bool {
        self.json == other.json
    }

    /// Tells whether this is the same object, and nothing that matters to its owner differs.
    pub(crate) fn asks_the_same(&self, other: &Self) -> bool {
        self.uid == other.uid && self.digest == other.digest
    }

    /// Tells whether this is what is known already, or older.
    ///
    /// Versions of one server can be compared as numbers; where they are none, what comes counts.
    pub(crate) fn is_known(&self, known: &Self) -> bool {
        self.uid == known.uid && compare(&self.version, &known.version).is_some_and(Ordering::is_le)
    }

    /// Tells whether this was written after a list of a version was made.
    pub(crate) fn is_newer_than(&self, list: &str) -> bool {
        compare(&self.version, list).is_some_and(Ordering::is_gt)
    }
}

fn rest(text: &[u8]) -> Result<Value> {
    // What is not asked for is skipped without recursion, however deep it is.
    let rest: Rest = serde_json::from_slice(text).map_err(|error| nameless().caused_by(error))?;
    Ok(json!({ "metadata": rest.metadata, "status": rest.status }))
}

fn nameless() -> Error {
    let message = "the Kubernetes API sent an object without a name that can be read";
    Error::permanent(ErrorKind::PayloadInvalid, message)
}

/// Condenses what somebody asks for, how many pods of it are ready, and whether one of these is as
/// asked for: all but the rest of the status and the revision of a rollout.
fn digest(asked: &Value) -> u64 {
    let mut hasher = DefaultHasher::new();
    object::has_current_pods(asked).hash(&mut hasher);
    for (key, value) in asked.as_object().into_iter().flatten() {
        match key.as_str() {
            "status" => value["readyReplicas"].as_i64().hash(&mut hasher),
            "metadata" => metadata_digest(value, &mut hasher),
            _ => (key, value.to_string()).hash(&mut hasher),
        }
    }
    hasher.finish()
}

fn metadata_digest(metadata: &Value, hasher: &mut DefaultHasher) {
    for (key, value) in metadata.as_object().into_iter().flatten() {
        if key != "annotations" {
            (key, value.to_string()).hash(hasher);
            continue;
        }
        let annotations = value.as_object().into_iter().flatten();
        for (key, value) in annotations.filter(|(key, _)| *key != REVISION) {
            (key, value.to_string()).hash(hasher);
        }
    }
}

/// Compares versions; `None` if they differ and are no numbers.
fn compare(one: &str, other: &str) -> Option<Ordering> {
    if one == other {
        return Some(Ordering::Equal);
    }
    let number = |text: &str| text.parse::<u128>().ok();
    Some(number(one)?.cmp(&number(other)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(version: &str, label: &str) -> Entry {
        let object = json!({
            "metadata": {
                "name": "a", "namespace": "n", "uid": "u", "resourceVersion": version,
                "labels": { "x": label },
                "managedFields": [{ "manager": "somebody" }],
                "annotations": { LAST_APPLIED: "{}", "mine": "kept", REVISION: version },
            },
            "status": { "updatedReplicas": version },
        });
        Entry::of(object).unwrap()
    }

    #[test]
    fn what_is_older_or_the_same_is_known_already() {
        let known = entry("12", "");
        assert!(entry("12", "").is_known(&known));
        assert!(entry("9", "").is_known(&known));
        assert!(!entry("13", "").is_known(&known));
        assert!(!entry("another server's", "").is_known(&known));
    }

    #[test]
    fn what_others_added_is_not_kept() {
        let value = entry("12", "y").value();
        let annotations = json!({ "mine": "kept", REVISION: "12" });
        assert_eq!(
            value["metadata"],
            json!({
                "name": "a", "namespace": "n", "uid": "u", "resourceVersion": "12",
                "labels": { "x": "y" }, "annotations": annotations,
            })
        );
    }

    #[test]
    fn a_rollout_asks_for_nothing_new() {
        assert!(entry("12", "y").asks_the_same(&entry("13", "y")));
        assert!(!entry("12", "y").says_the_same(&entry("13", "y")));
        assert!(!entry("12", "y").asks_the_same(&entry("13", "z")));
    }

    #[test]
    fn that_the_ready_pod_is_the_new_one_matters_to_the_owner() {
        let rollout = |replicas: u32| {
            let status = json!({
                "observedGeneration": 2, "replicas": replicas, "updatedReplicas": 1, "readyReplicas": 1,
            });
            let metadata = json!({ "name": "a", "uid": "u", "generation": 2 });
            Entry::of(json!({ "metadata": metadata, "status": status })).unwrap()
        };
        assert!(rollout(2).asks_the_same(&rollout(3)));
        assert!(!rollout(2).asks_the_same(&rollout(1)));
    }

    #[test]
    fn an_object_nested_without_end_is_known_by_name() {
        let deep = format!("{}{}", "[".repeat(9000), "]".repeat(9000));
        let text = format!(r#"{{"spec":{{"x":{deep}}},"metadata":{{"name":"a","uid":"u"}}}}"#);
        let entry = Entry::read(text.as_bytes(), Resource::Sensors).unwrap();
        assert_eq!(
            (&*entry.name, &entry.value()["kind"]),
            ("a", &json!("Sensor"))
        );
        assert!(entry.fault.contains("recursion"), "{}", entry.fault);
        assert!(Entry::read(b"{}", Resource::Sensors).is_err());
    }
}

//! What the server keeps, and how writes change it.

use super::{
    Server,
    answer::{found, refusal},
    path::Path,
};
use axum::body::Body;
use http::{Method, Response};
use serde_json::{Value, json};
use std::{collections::BTreeMap, sync::Arc};

/// A call that was made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Call {
    /// `get`, `list`, `watch`, `create`, `update`, `patch`, `status` or `delete`.
    pub(crate) verb: &'static str,
    /// The resource.
    pub(crate) plural: String,
    /// The object, where one is meant.
    pub(crate) name: String,
}

/// What happens to a call instead of what should.
#[derive(Clone)]
pub(crate) enum Fault {
    /// Code, reason, and seconds to wait.
    Refuse(u16, String, u32),
    /// No answer ever comes.
    Hang,
    /// The connection cannot be made.
    Away,
    /// Somebody is quicker.
    Meanwhile(Arc<dyn Fn(&Server) + Send + Sync>),
}

impl Fault {
    /// Refuses for ever, with a code and a reason.
    pub(crate) fn refuse(code: u16, reason: &str) -> Self {
        Self::Refuse(code, reason.to_owned(), 0)
    }

    /// Lets somebody else be quicker.
    pub(crate) fn meanwhile(edit: impl Fn(&Server) + Send + Sync + 'static) -> Self {
        Self::Meanwhile(Arc::new(edit))
    }
}

struct Script {
    verb: String,
    plural: String,
    times: usize,
    fault: Fault,
}

/// A change: what was there before, and what is there now.
#[derive(Clone)]
pub(super) struct Change {
    pub(super) version: u64,
    pub(super) plural: String,
    pub(super) before: Option<Value>,
    pub(super) after: Option<Value>,
}

type Key = (String, String, String);

/// What the server keeps.
#[derive(Default)]
pub(crate) struct State {
    pub(super) version: u64,
    objects: BTreeMap<Key, Value>,
    pub(super) changes: Vec<Change>,
    /// What is not newer than this is forgotten.
    pub(super) oldest: u64,
    pub(super) is_away: bool,
    scripts: Vec<Script>,
    pub(super) calls: Vec<Call>,
    uids: u64,
}

impl Call {
    pub(super) fn of(method: &Method, path: &Path) -> Self {
        let verb = match (method.as_str(), &path.name) {
            ("GET", _) if path.is_watch() => "watch",
            ("GET", None) => "list",
            ("GET", Some(_)) => "get",
            ("POST", _) => "create",
            ("PUT", _) => "update",
            ("PATCH", _) if path.part.is_some() => "status",
            ("PATCH", _) => "patch",
            _ => "delete",
        };
        Self {
            verb,
            plural: path.plural.clone(),
            name: path.name.clone().unwrap_or_default(),
        }
    }

    /// Tells whether it changes something.
    pub(crate) fn is_write(&self) -> bool {
        !matches!(self.verb, "get" | "list" | "watch")
    }
}

impl State {
    /// Notes a call, and returns the fault that it meets.
    pub(super) fn meet(&mut self, call: Call) -> Option<Fault> {
        self.calls.push(call.clone());
        if self.is_away {
            return Some(Fault::Away);
        }
        let script = self.scripts.iter_mut().find(|script| {
            script.times > 0
                && (script.verb == call.verb || script.verb == "*")
                && (script.plural == call.plural || script.plural == "*")
        })?;
        script.times -= 1;
        Some(script.fault.clone())
    }

    pub(super) fn last_calls(&self, count: usize) -> &[Call] {
        &self.calls[self.calls.len().saturating_sub(count)..]
    }

    pub(super) fn script(&mut self, verb: &str, plural: &str, times: usize, fault: Fault) {
        self.scripts.push(Script {
            verb: verb.to_owned(),
            plural: plural.to_owned(),
            times,
            fault,
        });
    }

    /// Takes all faults back.
    pub(crate) fn mend(&mut self) {
        self.scripts.clear();
    }

    /// Returns an object.
    pub(crate) fn get(&self, plural: &str, namespace: &str, name: &str) -> Option<Value> {
        let key = (plural.to_owned(), namespace.to_owned(), name.to_owned());
        self.objects.get(&key).cloned()
    }

    pub(super) fn all(&self, plural: &str) -> Vec<Value> {
        let objects = self.objects.iter().filter(|(key, _)| key.0 == plural);
        objects.map(|(_, object)| object.clone()).collect()
    }

    pub(crate) fn compact(&mut self) {
        self.oldest = self.version;
        self.changes.clear();
    }

    /// Makes or replaces an object, keeping its status unless one is given.
    pub(crate) fn apply(&mut self, mut object: Value) {
        let plural = plural(object["kind"].as_str().unwrap());
        let metadata = &mut object["metadata"];
        if metadata["namespace"].is_null() {
            metadata["namespace"] = json!("prod");
        }
        let key = key(plural, &object);
        let before = self.objects.get(&key).cloned();
        if let Some(before) = &before {
            for kept in ["finalizers", "uid"] {
                if object["metadata"][kept].is_null() {
                    object["metadata"][kept] = before["metadata"][kept].clone();
                }
            }
            if object["status"].is_null() {
                object["status"] = before["status"].clone();
            }
        }
        self.store(key, object, before);
    }

    /// Replaces an object of any resource as it is given.
    pub(crate) fn put(&mut self, plural: &str, namespace: &str, name: &str, object: Value) {
        let key = (plural.to_owned(), namespace.to_owned(), name.to_owned());
        let before = self.objects.get(&key).cloned();
        self.store(key, object, before);
    }

    /// Deletes an object, or marks it if somebody is to do something first.
    pub(crate) fn delete(&mut self, plural: &str, namespace: &str, name: &str) {
        let key = (plural.to_owned(), namespace.to_owned(), name.to_owned());
        let Some(before) = self.objects.get(&key).cloned() else {
            return;
        };
        if has_finalizers(&before) {
            let mut object = before.clone();
            object["metadata"]["deletionTimestamp"] = json!("2026-01-01T00:00:00Z");
            self.store(key, object, Some(before));
        } else {
            self.remove(&key);
        }
    }

    fn remove(&mut self, key: &Key) {
        let before = self.objects.remove(key);
        self.version += 1;
        self.changes.push(Change {
            version: self.version,
            plural: key.0.clone(),
            before: before.map(|mut before| {
                before["metadata"]["resourceVersion"] = json!(self.version.to_string());
                before
            }),
            after: None,
        });
    }

    fn store(&mut self, key: Key, mut object: Value, before: Option<Value>) -> Value {
        self.version += 1;
        let generation = before.as_ref().map_or(0, |before| {
            before["metadata"]["generation"].as_i64().unwrap_or(0)
        });
        let asks_anew = before.as_ref().is_none_or(|before| {
            before["spec"] != object["spec"]
                || before["metadata"]["deletionTimestamp"]
                    != object["metadata"]["deletionTimestamp"]
        });
        let metadata = &mut object["metadata"];
        if metadata["uid"].is_null() {
            self.uids += 1;
            metadata["uid"] = json!(format!("uid-{}", self.uids));
        }
        metadata["generation"] = json!(generation + i64::from(asks_anew));
        metadata["resourceVersion"] = json!(self.version.to_string());
        metadata["creationTimestamp"] = json!("2026-01-01T00:00:00Z");
        self.objects.insert(key.clone(), object.clone());
        self.changes.push(Change {
            version: self.version,
            plural: key.0,
            before,
            after: Some(object.clone()),
        });
        object
    }

    pub(super) fn answer(&mut self, method: &Method, path: &Path, body: &[u8]) -> Response<Body> {
        let body: Value = serde_json::from_slice(body).unwrap_or_default();
        match (method.as_str(), &path.name) {
            ("GET", None) => self.list(path),
            ("GET", Some(_)) => self.with(path, |_, _, object| found(200, &object)),
            ("POST", _) => self.create(path, body),
            ("PUT", _) => self.with(path, |state, key, before| state.replace(key, before, body)),
            ("PATCH", _) => self.with(path, |state, key, before| {
                state.patch(path, key, before, &body)
            }),
            _ => self.with(path, |state, key, before| {
                state.delete_by(key, &before, &body)
            }),
        }
    }

    fn with(
        &mut self,
        path: &Path,
        then: impl FnOnce(&mut Self, Key, Value) -> Response<Body>,
    ) -> Response<Body> {
        let namespace = path.namespace.clone().unwrap_or_default();
        let key = (path.plural.clone(), namespace, path.name.clone().unwrap());
        match self.objects.get(&key).cloned() {
            Some(object) => then(self, key, object),
            None => refusal(
                404,
                "NotFound",
                &format!("{} \"{}\" not found", key.0, key.2),
                0,
            ),
        }
    }

    fn list(&self, path: &Path) -> Response<Body> {
        let all = self.all(&path.plural);
        let selected: Vec<_> = all.into_iter().filter(|one| path.selects(one)).collect();
        let limit: usize = path
            .query
            .get("limit")
            .map_or(usize::MAX, |it| it.parse().unwrap());
        let from: usize = path
            .query
            .get("continue")
            .map_or(0, |it| it.parse().unwrap());
        let items: Vec<_> = selected.iter().skip(from).take(limit).map(listed).collect();
        let next = from + items.len();
        let token = if next < selected.len() {
            next.to_string()
        } else {
            String::new()
        };
        let metadata = json!({ "resourceVersion": self.version.to_string(), "continue": token });
        found(
            200,
            &json!({ "kind": "List", "metadata": metadata, "items": items }),
        )
    }

    fn create(&mut self, path: &Path, mut object: Value) -> Response<Body> {
        if let Some(namespace) = &path.namespace {
            object["metadata"]["namespace"] = json!(namespace);
        }
        assert!(
            object["metadata"]["name"].is_string(),
            "a name is given: {object}"
        );
        assert_eq!(object["apiVersion"], json!(path.api_version));
        let key = key(&path.plural, &object);
        if self.objects.contains_key(&key) {
            let message = format!("{} \"{}\" already exists", key.0, key.2);
            return refusal(409, "AlreadyExists", &message, 0);
        }
        found(201, &self.store(key, object, None))
    }

    fn replace(&mut self, key: Key, before: Value, object: Value) -> Response<Body> {
        let version = |object: &Value| object["metadata"]["resourceVersion"].clone();
        if !version(&object).is_null() && version(&object) != version(&before) {
            return refusal(409, "Conflict", "the object has been modified", 0);
        }
        if same_but_version(&before, &object) {
            return found(200, &before);
        }
        found(200, &self.store(key, object, Some(before)))
    }

    fn patch(&mut self, path: &Path, key: Key, before: Value, patch: &Value) -> Response<Body> {
        let mut object = merge(before.clone(), patch);
        let expected = &patch["metadata"]["resourceVersion"];
        if !expected.is_null() && *expected != before["metadata"]["resourceVersion"] {
            return refusal(409, "Conflict", "the object has been modified", 0);
        }
        // The status is written by itself, and by nothing else.
        if path.part.is_some() {
            let status = object["status"].take();
            object = before.clone();
            object["status"] = status;
        } else {
            object["status"] = before["status"].clone();
        }
        if object["metadata"]["deletionTimestamp"].is_string() && !has_finalizers(&object) {
            self.remove(&key);
            return found(200, &object);
        }
        found(200, &self.store(key, object, Some(before)))
    }

    fn delete_by(&mut self, key: Key, before: &Value, options: &Value) -> Response<Body> {
        let uid = &options["preconditions"]["uid"];
        if !uid.is_null() && *uid != before["metadata"]["uid"] {
            return refusal(409, "Conflict", "the uid is another", 0);
        }
        self.delete(&key.0, &key.1, &key.2);
        found(200, &json!({ "kind": "Status", "status": "Success" }))
    }
}

/// Items of a list do not say what they are, but those of custom resources.
fn listed(object: &Value) -> Value {
    let mut object = object.clone();
    if object["apiVersion"] != "argoproj.io/v1alpha1" {
        let members = object.as_object_mut().unwrap();
        members.remove("kind");
        members.remove("apiVersion");
    }
    object
}

fn key(plural: &str, object: &Value) -> Key {
    let text = |field: &str| {
        object["metadata"][field]
            .as_str()
            .unwrap_or_default()
            .to_owned()
    };
    (plural.to_owned(), text("namespace"), text("name"))
}

fn plural(kind: &str) -> &'static str {
    match kind {
        "EventBus" => "eventbus",
        "EventSource" => "eventsources",
        "Sensor" => "sensors",
        "Deployment" => "deployments",
        "StatefulSet" => "statefulsets",
        "Service" => "services",
        "ConfigMap" => "configmaps",
        "Secret" => "secrets",
        "PersistentVolumeClaim" => "persistentvolumeclaims",
        other => panic!("no plural of {other} is known"),
    }
}

fn has_finalizers(object: &Value) -> bool {
    let finalizers = object["metadata"]["finalizers"].as_array();
    finalizers.is_some_and(|list| !list.is_empty())
}

fn same_but_version(one: &Value, other: &Value) -> bool {
    let bare = |object: &Value| {
        let mut object = object.clone();
        object["metadata"]["resourceVersion"] = Value::Null;
        object
    };
    bare(one) == bare(other)
}

/// RFC 7396.
fn merge(target: Value, patch: &Value) -> Value {
    let Value::Object(patch) = patch else {
        return patch.clone();
    };
    let mut target = target.as_object().cloned().unwrap_or_default();
    for (key, value) in patch {
        if value.is_null() {
            target.remove(key);
        } else {
            let before = target.remove(key).unwrap_or_default();
            target.insert(key.clone(), merge(before, value));
        }
    }
    Value::Object(target)
}

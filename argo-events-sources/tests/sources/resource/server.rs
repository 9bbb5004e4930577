//! The part of an API server that serves deployments: lists in pages, watches, versions that expire.

use axum::body::Body;
use futures::stream;
use http::{Request, Response, StatusCode};
use serde_json::{Value, json};
use std::{
    collections::BTreeMap,
    io,
    sync::{Arc, Mutex, MutexGuard},
};
use tokio::sync::watch;

const ROOT: &str = "/apis/apps/v1";

/// An API server; clones are the same one.
#[derive(Clone)]
pub(crate) struct Api {
    state: Arc<Mutex<State>>,
    changes: watch::Sender<u64>,
}

#[derive(Default)]
struct State {
    version: u64,
    log: Vec<Entry>,
    /// Versions before this one are gone.
    floor: u64,
    /// Watches of an earlier epoch end.
    epoch: u64,
    page: usize,
    is_down: bool,
    /// Answers that ask for patience, or refuse, before the next one that does not.
    refusals: Vec<Value>,
    requests: Vec<String>,
}

#[derive(Clone)]
struct Entry {
    version: u64,
    kind: &'static str,
    object: Value,
}

impl Default for Api {
    fn default() -> Self {
        let state = State {
            version: 100,
            page: usize::MAX,
            ..State::default()
        };
        Self {
            state: Arc::new(Mutex::new(state)),
            changes: watch::Sender::new(0),
        }
    }
}

impl Api {
    /// Makes a client of the server.
    pub(crate) fn client(&self) -> kube::Client {
        let api = self.clone();
        let service = tower::service_fn(move |request: Request<kube::client::Body>| {
            let answer = api.answer(request.uri());
            async move { answer }
        });
        kube::Client::new(service, "shop")
    }

    /// Creates or changes a deployment; what is given replaces members of its spec.
    pub(crate) fn put(&self, name: &str, spec: Value) {
        self.change(|state| {
            let before = state.objects(u64::MAX).remove(name);
            let kind = if before.is_some() {
                "MODIFIED"
            } else {
                "ADDED"
            };
            let mut object = before.unwrap_or_else(|| {
                let uid = format!("uid-{}", state.version + 1);
                json!({"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {
                    "name": name, "namespace": "shop", "uid": uid,
                    "creationTimestamp": "2026-03-04T05:06:07Z",
                }, "spec": {}})
            });
            for (name, value) in spec.as_object().into_iter().flatten() {
                object["spec"][name] = value.clone();
            }
            state.write(kind, object);
        });
    }

    /// Changes who manages a deployment, and nothing else.
    pub(crate) fn manage(&self, name: &str) {
        self.change(|state| {
            let mut object = state.objects(u64::MAX).remove(name).expect("it is there");
            object["metadata"]["managedFields"] = json!([{"manager": "m", "operation": "Update"}]);
            state.write("MODIFIED", object);
        });
    }

    /// Deletes a deployment.
    pub(crate) fn delete(&self, name: &str) {
        self.change(|state| {
            let object = state.objects(u64::MAX).remove(name).expect("it is there");
            state.write("DELETED", object);
        });
    }

    /// Tells every watch how far it is.
    pub(crate) fn bookmark(&self) {
        self.change(|state| {
            state.version += 7;
            let metadata = json!({"resourceVersion": state.version.to_string()});
            state.tell(
                "BOOKMARK",
                json!({"kind": "Deployment", "metadata": metadata}),
            );
        });
    }

    /// Tells something that is no object.
    pub(crate) fn tell_nonsense(&self) {
        self.change(|state| {
            state.version += 1;
            state.tell("ADDED", json!({"metadata": {"name": "x"}}));
        });
    }

    /// Sends a line that is no event, to every watch that begins before the next change.
    pub(crate) fn garble(&self) {
        self.change(|state| {
            state.version += 1;
            state.tell("GARBLED", Value::Null);
        });
    }

    /// Forgets what happened so far, and ends all watches.
    pub(crate) fn expire(&self) {
        self.change(|state| {
            state.floor = state.version;
            state.epoch += 1;
        });
    }

    /// Lets things happen that no watch can tell any more.
    pub(crate) fn fail_quietly(&self, happen: impl FnOnce(&Self)) {
        let unheard = Self {
            state: Arc::clone(&self.state),
            changes: watch::Sender::new(0),
        };
        self.state().epoch += 1;
        happen(&unheard);
        self.expire();
    }

    /// Says that a deployment was created long ago.
    pub(crate) fn backdate(&self, name: &str) {
        let mut state = self.state();
        let is_it = |entry: &&mut Entry| entry.object["metadata"]["name"] == name;
        for entry in state.log.iter_mut().filter(is_it) {
            entry.object["metadata"]["creationTimestamp"] = json!("2020-01-01T00:00:00Z");
        }
    }

    /// Returns the version of the last change.
    pub(crate) fn version(&self) -> u64 {
        self.state().version
    }

    /// Ends all watches.
    pub(crate) fn cut(&self) {
        self.change(|state| state.epoch += 1);
    }

    /// Is out of reach until further notice.
    pub(crate) fn fail(&self) {
        self.change(|state| {
            state.is_down = true;
            state.epoch += 1;
        });
    }

    /// Is within reach again.
    pub(crate) fn repair(&self) {
        self.change(|state| state.is_down = false);
    }

    /// Answers the next request with a status.
    pub(crate) fn refuse(&self, code: u16, message: &str) {
        let status = json!({"kind": "Status", "apiVersion": "v1", "status": "Failure",
            "message": message, "reason": message, "code": code});
        self.state().refusals.push(status);
    }

    /// Gives out lists in pages of a size.
    pub(crate) fn page(&self, size: usize) {
        self.state().page = size;
    }

    /// Returns every request so far.
    pub(crate) fn requests(&self) -> Vec<String> {
        self.state().requests.clone()
    }

    /// Waits until the server was asked for something.
    pub(crate) async fn asked(&self, what: &str) {
        let mut changes = self.changes.subscribe();
        while !self.requests().iter().any(|request| request.contains(what)) {
            changes.changed().await.expect("the server is there");
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().expect("nobody panicked")
    }

    fn change(&self, change: impl FnOnce(&mut State)) {
        change(&mut self.state());
        self.changes.send_modify(|count| *count += 1);
    }

    fn answer(&self, uri: &http::Uri) -> io::Result<Response<Body>> {
        let answer = self.respond(uri);
        self.changes.send_modify(|count| *count += 1);
        answer
    }

    fn respond(&self, uri: &http::Uri) -> io::Result<Response<Body>> {
        let mut state = self.state();
        if state.is_down {
            return Err(io::Error::other("connection refused"));
        }
        state.requests.push(uri.to_string());
        let query = query(uri);
        let number = |name: &str| query.get(name).and_then(|it| it.parse::<u64>().ok());
        if let Some(status) = state.refusals.pop() {
            return Ok(json_answer(&status));
        }
        if uri.path() == ROOT {
            return Ok(json_answer(&discovery()));
        }
        if uri.path().rsplit('/').next() != Some("deployments") {
            return Ok(json_answer(
                &json!({"kind": "Status", "code": 404, "message": "no such path"}),
            ));
        }
        let version = number("resourceVersion").unwrap_or(state.version);
        let page = query
            .get("continue")
            .and_then(|token| token.split_once('-'));
        if version < state.floor {
            return Ok(json_answer(&expired()));
        }
        if query.contains_key("watch") {
            let epoch = state.epoch;
            drop(state);
            return Ok(Response::new(self.stream(version, epoch)));
        }
        let (version, from) = match page {
            Some((version, from)) => (version.parse().unwrap_or(0), from.parse().unwrap_or(0)),
            None => (version, 0),
        };
        if version < state.floor {
            return Ok(json_answer(&expired()));
        }
        Ok(json_answer(&state.list(version, from)))
    }

    /// Streams what happens after a version until the epoch ends.
    fn stream(&self, version: u64, epoch: u64) -> Body {
        let begin = (self.clone(), self.changes.subscribe(), version);
        Body::from_stream(stream::unfold(
            begin,
            move |(api, mut changes, after)| async move {
                loop {
                    let (next, is_over) = {
                        let state = api.state();
                        let next = state.log.iter().find(|it| it.version > after).cloned();
                        (next, state.epoch != epoch)
                    };
                    if is_over {
                        return None;
                    }
                    if let Some(entry) = next {
                        let line: io::Result<String> = Ok(entry.line());
                        return Some((line, (api, changes, entry.version)));
                    }
                    changes.changed().await.ok()?;
                }
            },
        ))
    }
}

impl State {
    fn write(&mut self, kind: &'static str, mut object: Value) {
        self.version += 1;
        object["metadata"]["resourceVersion"] = json!(self.version.to_string());
        self.tell(kind, object);
    }

    fn tell(&mut self, kind: &'static str, object: Value) {
        let version = self.version;
        self.log.push(Entry {
            version,
            kind,
            object,
        });
    }

    /// Returns what was there at a version.
    fn objects(&self, version: u64) -> BTreeMap<String, Value> {
        let mut objects = BTreeMap::new();
        for entry in self.log.iter().take_while(|it| it.version <= version) {
            let name = entry.object["metadata"]["name"]
                .as_str()
                .unwrap_or_default();
            match entry.kind {
                "DELETED" => {
                    objects.remove(name);
                }
                "ADDED" | "MODIFIED" if entry.object["spec"].is_object() => {
                    objects.insert(name.to_owned(), entry.object.clone());
                }
                _ => {}
            }
        }
        objects
    }

    /// Items of a list do not say what they are.
    fn list(&self, version: u64, from: usize) -> Value {
        let mut items: Vec<_> = self.objects(version).into_values().collect();
        for item in &mut items {
            let item = item.as_object_mut().expect("it is an object");
            item.retain(|name, _| name != "kind" && name != "apiVersion");
        }
        let count = items.len();
        let items: Vec<_> = items.into_iter().skip(from).take(self.page).collect();
        let until = from + items.len();
        let next = if until < count {
            format!("{version}-{until}")
        } else {
            String::new()
        };
        json!({"kind": "DeploymentList", "apiVersion": "apps/v1", "items": items,
            "metadata": {"resourceVersion": version.to_string(), "continue": next}})
    }
}

impl Entry {
    fn line(&self) -> String {
        if self.kind == "GARBLED" {
            return "{\"type\":\"ADDED\",\"obj\n".to_owned();
        }
        format!("{}\n", json!({"type": self.kind, "object": self.object}))
    }
}

fn query(uri: &http::Uri) -> BTreeMap<String, String> {
    let pairs = uri.query().unwrap_or_default().split('&');
    let pairs = pairs.filter_map(|pair| pair.split_once('='));
    pairs
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .collect()
}

fn json_answer(body: &Value) -> Response<Body> {
    let code = body["code"]
        .as_u64()
        .and_then(|code| u16::try_from(code).ok());
    let code = code.and_then(|code| StatusCode::from_u16(code).ok());
    let mut answer = Response::new(Body::from(body.to_string()));
    *answer.status_mut() = code.unwrap_or_default();
    answer
}

fn expired() -> Value {
    json!({"kind": "Status", "status": "Failure", "reason": "Expired", "code": 410,
        "message": "too old resource version"})
}

fn discovery() -> Value {
    let resource = |name: &str, kind: &str, verbs: &[&str]| {
        json!({"name": name, "kind": kind, "singularName": kind.to_lowercase(),
            "namespaced": true, "verbs": verbs, "shortNames": [&kind.to_lowercase()[..2]]})
    };
    json!({"kind": "APIResourceList", "groupVersion": "apps/v1", "resources": [
        resource("deployments", "Deployment", &["list", "watch"]),
        resource("deployments/scale", "Scale", &["get"]),
        resource("reviews", "Review", &["create"]),
    ]})
}

//! The part of an API server that serves leases.

use argo_events::Result;
use argo_events_testkit::leader::Gate;
use http::{Method, Request, Response};
use kube::client::Body;
use serde_json::{Value, json};
use std::{
    collections::BTreeMap,
    io,
    sync::{
        Arc, Mutex, MutexGuard,
        atomic::{AtomicUsize, Ordering},
    },
};

const PATH: &str = "/apis/coordination.k8s.io/v1/namespaces/prod/leases";

/// Leases with their versions, shared by all clients.
#[derive(Clone, Default)]
pub(super) struct Server(Arc<Mutex<State>>);

#[derive(Default)]
struct State {
    leases: BTreeMap<String, Value>,
    version: u64,
    is_forbidden: bool,
}

impl Server {
    /// Makes a client that reaches the server as the gate says; refusals take turns in their kind.
    pub(super) fn client(&self, gate: Gate) -> kube::Client {
        let (server, refused) = (self.clone(), Arc::new(AtomicUsize::new(0)));
        let service = tower::service_fn(move |request: Request<Body>| {
            let (server, gate, refused) = (server.clone(), gate.clone(), refused.clone());
            async move {
                let (parts, body) = request.into_parts();
                let body = body.collect_bytes().await.map_err(io::Error::other)?;
                let answer = async { Ok(server.answer(&parts.method, parts.uri.path(), &body)) };
                let answer: Result<_> = gate.pass(answer).await;
                let (code, body) = match answer {
                    Ok(answer) => answer,
                    Err(error) => match refused.fetch_add(1, Ordering::Relaxed) % 4 {
                        0 => return Err(io::Error::other(error)),
                        1 => status(429, "TooManyRequests", 1),
                        2 => status(504, "Timeout", 0),
                        _ => (502, json!("<html>bad gateway</html>")),
                    },
                };
                let body = Body::from(serde_json::to_vec(&body)?);
                let response = Response::builder().status(code).body(body);
                response.map_err(io::Error::other)
            }
        });
        kube::Client::new(service, "prod")
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap()
    }

    fn answer(&self, method: &Method, path: &str, body: &[u8]) -> (u16, Value) {
        let mut state = self.state();
        if state.is_forbidden {
            return status(403, "Forbidden", 0);
        }
        let rest = path.strip_prefix(PATH).expect("only leases are asked for");
        let name = rest.trim_start_matches('/');
        match *method {
            Method::GET => match state.leases.get(name) {
                Some(lease) => (200, lease.clone()),
                None => status(404, "NotFound", 0),
            },
            Method::POST => {
                let lease: Value = serde_json::from_slice(body).unwrap();
                let name = lease["metadata"]["name"].as_str().unwrap().to_owned();
                if state.leases.contains_key(&name) {
                    return status(409, "AlreadyExists", 0);
                }
                (201, state.store(&name, lease))
            }
            Method::PUT => {
                let lease: Value = serde_json::from_slice(body).unwrap();
                let Some(found) = state.leases.get(name) else {
                    return status(404, "NotFound", 0);
                };
                let version = |lease: &Value| lease["metadata"]["resourceVersion"].clone();
                if version(found) != version(&lease) {
                    return status(409, "Conflict", 0);
                }
                (200, state.store(name, lease))
            }
            _ => status(405, "MethodNotAllowed", 0),
        }
    }

    /// Writes a record as somebody else does.
    pub(super) fn put(&self, name: &str, spec: Value) {
        let mut state = self.state();
        let mut lease = state.leases.get(name).cloned().unwrap_or_else(|| json!({}));
        lease["spec"] = spec;
        state.store(name, lease);
    }

    /// Writes a label as somebody else does.
    pub(super) fn label(&self, name: &str, key: &str, value: &str) {
        let mut state = self.state();
        let mut lease = state.leases[name].clone();
        lease["metadata"]["labels"][key] = json!(value);
        state.store(name, lease);
    }

    /// Deletes a lease as somebody else does.
    pub(super) fn delete(&self, name: &str) {
        self.state().leases.remove(name);
    }

    /// Allows nothing from now on.
    pub(super) fn forbid(&self) {
        self.state().is_forbidden = true;
    }

    pub(super) fn spec(&self, name: &str) -> Value {
        self.state().leases[name]["spec"].clone()
    }

    pub(super) fn labels(&self, name: &str) -> Value {
        self.state().leases[name]["metadata"]["labels"].clone()
    }
}

impl State {
    fn store(&mut self, name: &str, mut lease: Value) -> Value {
        self.version += 1;
        lease["metadata"]["name"] = json!(name);
        lease["metadata"]["namespace"] = json!("prod");
        lease["metadata"]["resourceVersion"] = json!(self.version.to_string());
        self.leases.insert(name.to_owned(), lease.clone());
        lease
    }
}

fn status(code: u16, reason: &str, retry_after: u32) -> (u16, Value) {
    let status = json!({
        "kind": "Status",
        "apiVersion": "v1",
        "metadata": {},
        "status": "Failure",
        "message": reason,
        "reason": reason,
        "code": code,
        "details": {"retryAfterSeconds": retry_after},
    });
    (code, status)
}

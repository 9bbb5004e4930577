//! What the cluster does with a server that is slow, busy, gone, or keeps its secrets.

use super::*;
use argo_events_core::{Error, ErrorKind};
use axum::{
    Router,
    body::Body,
    extract::{Request, State},
    http::StatusCode,
    response::{IntoResponse, Response},
};
use http_body_util::BodyExt as _;
use serde_json::{Value, json};
use std::{
    collections::{HashMap, VecDeque},
    sync::{Arc, Mutex},
    time::Duration,
};

/// An API server within the process: stores objects by path, unless an answer is scripted.
#[derive(Clone, Debug, Default)]
pub(crate) struct Server(Arc<Mutex<Shelves>>);

#[derive(Debug, Default)]
struct Shelves {
    objects: HashMap<String, Value>,
    scripted: HashMap<String, VecDeque<Scripted>>,
    calls: Vec<(String, Value)>,
}

/// An answer that was decided before.
#[derive(Clone, Debug)]
pub(crate) enum Scripted {
    Status(u16, &'static str),
    After(u16, &'static str),
    Object(Value),
    Never,
}

impl Server {
    /// Makes a server that lists a few kinds, one of them with an odd plural.
    pub(crate) fn new() -> Self {
        let server = Self::default();
        let listed = |kind: &str, name: &str, namespaced: bool| json!({"name": name, "kind": kind, "namespaced": namespaced});
        let core = json!({"resources": [listed("Endpoints", "endpoints", true), listed("ConfigMap", "configmaps", true),
            listed("Pod", "pods/status", true), listed("Pod", "pods", true), listed("Node", "nodes", false)]});
        server.put("/api/v1", core);
        server
    }

    pub(crate) fn cluster(&self) -> Cluster {
        let router = Router::new().fallback(answer).with_state(self.clone());
        Cluster::with_client(kube::Client::new(router, "pod-ns"))
    }

    pub(crate) fn put(&self, path: &str, object: Value) {
        self.0
            .lock()
            .unwrap()
            .objects
            .insert(path.to_owned(), object);
    }

    pub(crate) fn stored(&self, path: &str) -> Option<Value> {
        self.0.lock().unwrap().objects.get(path).cloned()
    }

    /// Scripts answers for `VERB path`.
    pub(crate) fn script(&self, call: &str, answers: impl IntoIterator<Item = Scripted>) {
        let mut shelves = self.0.lock().unwrap();
        shelves
            .scripted
            .insert(call.to_owned(), answers.into_iter().collect());
    }

    /// Returns the calls so far, discovery left out.
    pub(crate) fn calls(&self) -> Vec<String> {
        let shelves = self.0.lock().unwrap();
        let calls = shelves.calls.iter().map(|(call, _)| call.clone());
        calls.filter(|call| call.matches('/').count() > 3).collect()
    }

    pub(crate) fn discoveries(&self) -> usize {
        let shelves = self.0.lock().unwrap();
        shelves
            .calls
            .iter()
            .filter(|(call, _)| call.matches('/').count() <= 3)
            .count()
    }

    pub(crate) fn body(&self, call: &str) -> Value {
        let shelves = self.0.lock().unwrap();
        let found = shelves.calls.iter().rev().find(|(made, _)| made == call);
        found.map(|(_, body)| body.clone()).unwrap_or_default()
    }

    fn handle(&self, verb: &str, path: &str, query: Option<&str>, body: Value) -> Option<Response> {
        let mut shelves = self.0.lock().unwrap();
        let target = query.map_or(path.to_owned(), |query| format!("{path}?{query}"));
        shelves
            .calls
            .push((format!("{verb} {target}"), body.clone()));
        if let Some(answers) = shelves.scripted.get_mut(&format!("{verb} {path}"))
            && let Some(answer) = answers.pop_front()
        {
            return answer.response();
        }
        Some(shelves.answer(verb, path, body))
    }
}

impl Scripted {
    fn response(self) -> Option<Response> {
        match self {
            Self::Status(code, reason) => Some(status(code, reason)),
            Self::After(code, reason) => {
                let mut response = status(code, reason);
                response
                    .headers_mut()
                    .insert("retry-after", "5".parse().unwrap());
                Some(response)
            }
            Self::Object(object) => Some(object.to_string().into_response()),
            Self::Never => None,
        }
    }
}

impl Shelves {
    fn answer(&mut self, verb: &str, path: &str, body: Value) -> Response {
        match verb {
            "POST" => {
                let name = body["metadata"]["name"].as_str().unwrap_or_default();
                let path = format!("{path}/{name}");
                if self.objects.contains_key(&path) {
                    return status(409, "AlreadyExists");
                }
                self.objects.insert(path, body.clone());
                body.to_string().into_response()
            }
            "DELETE" => match self.objects.remove(path) {
                Some(_) => json!({"kind": "Status"}).to_string().into_response(),
                None => status(404, "NotFound"),
            },
            "GET" => match self.objects.get(path) {
                Some(object) => object.to_string().into_response(),
                None => status(404, "NotFound"),
            },
            // Operations of a patch; what they do is not looked at.
            "PATCH" if body.is_array() => self.answer("GET", path, Value::Null),
            _ => {
                self.objects.insert(path.to_owned(), body.clone());
                body.to_string().into_response()
            }
        }
    }
}

async fn answer(State(server): State<Server>, request: Request) -> Response {
    let (head, body) = request.into_parts();
    let body = http_body_util::Limited::new(body, 1 << 20);
    let body = body.collect().await.unwrap().to_bytes();
    let body = serde_json::from_slice(&body).unwrap_or_default();
    let response = server.handle(
        head.method.as_str(),
        head.uri.path(),
        head.uri.query(),
        body,
    );
    match response {
        Some(response) => response,
        None => std::future::pending().await,
    }
}

fn status(code: u16, reason: &str) -> Response {
    let body = json!({"kind": "Status", "message": format!("scripted {code}"), "reason": reason});
    let mut response = Response::new(Body::from(body.to_string()));
    *response.status_mut() = StatusCode::from_u16(code).unwrap();
    response
}

async fn pods(cluster: &Cluster) -> Resource {
    cluster.resource("v1", "Pod").await.unwrap()
}

async fn get_error(cluster: &Cluster) -> Error {
    let pods = pods(cluster).await;
    cluster.get(&pods, "ns", "p").await.unwrap_err()
}

#[tokio::test]
async fn discovery_knows_odd_plurals_and_kinds_without_a_namespace_and_is_asked_once() {
    let server = Server::new();
    let cluster = server.cluster();
    for (kind, path) in [
        ("Endpoints", "/api/v1/namespaces/ns/endpoints/x"),
        ("Pod", "/api/v1/namespaces/ns/pods/x"),
        ("Node", "/api/v1/nodes/x"),
    ] {
        let resource = cluster.resource("v1", kind).await.unwrap();
        assert_eq!(resource.path("ns", Some("x")).unwrap(), path);
    }
    assert_eq!(server.discoveries(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_kind_that_is_missing_is_looked_for_again_later() {
    let server = Server::new();
    let cluster = server.cluster();
    for _ in 0..3 {
        let error = cluster.resource("v1", "Widget").await.unwrap_err();
        assert_eq!(
            (error.kind(), error.is_transient()),
            (ErrorKind::NotFound, true)
        );
    }
    assert_eq!(server.discoveries(), 1);
    let widgets =
        json!({"resources": [{"name": "widgetry", "kind": "Widget", "namespaced": true}]});
    server.put("/api/v1", widgets);
    tokio::time::advance(Duration::from_secs(11)).await;
    assert_eq!(
        cluster.resource("v1", "Widget").await.unwrap().plural,
        "widgetry"
    );
}

#[tokio::test]
async fn where_discovery_is_forbidden_names_are_guessed() {
    let server = Server::new();
    server.script("GET /api/v1", [Scripted::Status(403, "Forbidden")]);
    let cluster = server.cluster();
    assert_eq!(
        cluster.resource("v1", "Endpoints").await.unwrap().plural,
        "endpointses"
    );
}

#[tokio::test]
async fn an_unknown_api_version_is_an_error_that_names_it() {
    let error = Server::new()
        .cluster()
        .resource("x.io/v1", "Widget")
        .await
        .unwrap_err();
    assert_eq!(error.context("apiVersion"), Some("x.io/v1"));
}

#[tokio::test(start_paused = true)]
async fn a_busy_server_is_asked_again_when_it_says_so() {
    let server = Server::new();
    let call = "GET /api/v1/namespaces/ns/pods/p";
    let busy = [
        Scripted::After(429, "TooManyRequests"),
        Scripted::After(503, "ServiceUnavailable"),
    ];
    server.script(
        call,
        busy.into_iter()
            .chain([Scripted::Object(json!({"kind": "Pod"}))]),
    );
    let cluster = server.cluster();
    let pods = pods(&cluster).await;
    let began = tokio::time::Instant::now();
    assert_eq!(cluster.get(&pods, "ns", "p").await.unwrap().kind(), "Pod");
    assert_eq!(began.elapsed(), Duration::from_secs(10));
}

#[tokio::test]
async fn a_busy_server_that_does_not_say_when_is_a_transient_error_at_once() {
    let server = Server::new();
    let call = "GET /api/v1/namespaces/ns/pods/p";
    server.script(call, [Scripted::Status(429, "TooManyRequests")]);
    let error = get_error(&server.cluster()).await;
    assert_eq!(
        (error.kind(), error.is_transient()),
        (ErrorKind::RateLimited, true)
    );
    assert_eq!(server.calls(), [call]);
}

#[tokio::test(start_paused = true)]
async fn a_server_that_never_answers_is_given_up() {
    let server = Server::new();
    server.script("GET /api/v1/namespaces/ns/pods/p", [Scripted::Never]);
    let error = get_error(&server.cluster()).await;
    assert_eq!(
        (error.kind(), error.is_transient()),
        (ErrorKind::Timeout, true)
    );
}

#[tokio::test]
async fn a_server_that_is_gone_is_a_transient_error() {
    let gone = tower::service_fn(|_: http::Request<kube::client::Body>| async {
        Err::<http::Response<kube::client::Body>, _>(std::io::Error::other("connection refused"))
    });
    let cluster = Cluster::with_client(kube::Client::new(gone, "ns"));
    let error = cluster.resource("v1", "Pod").await.unwrap_err();
    assert_eq!(
        (error.kind(), error.is_transient()),
        (ErrorKind::Unavailable, true)
    );
    assert!(error.message().contains("connection refused"), "{error}");
}

#[tokio::test]
async fn what_is_not_there_is_none_and_no_error() {
    let cluster = Server::new().cluster();
    let pods = pods(&cluster).await;
    assert_eq!(cluster.find(&pods, "ns", "p").await.unwrap(), None);
}

//! Artifacts from web servers, files and config maps.

use super::*;
use argo_events_core::{
    Error, ErrorKind, Result, SystemClock, backoff::Schedule, registry::TriggerBuild,
    secret::MemorySecrets,
};
use axum::{
    Router,
    extract::State,
    http::{HeaderMap, StatusCode},
    response::{IntoResponse, Response},
};
use serde_json::json;
use std::sync::{Arc, Mutex};
use tokio::task::JoinSet;

const OBJECT: &str = "kind: ConfigMap\nmetadata: {name: a}\n";

/// Answers in order, the last one again and again, with the conditions of the requests.
#[derive(Clone, Default)]
struct Server(Arc<Mutex<Told>>);

/// Answers to come, and conditions of requests that came.
type Told = (Vec<Answer>, Vec<Option<String>>);

#[derive(Clone)]
struct Answer(u16, Vec<(&'static str, &'static str)>, Vec<u8>);

impl Server {
    async fn start(answers: Vec<Answer>) -> (Self, String) {
        let server = Self::default();
        server.0.lock().unwrap().0 = answers;
        let router = Router::new().fallback(answer).with_state(server.clone());
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let mut tasks = JoinSet::new();
        tasks.spawn(async move { axum::serve(listener, router).await.unwrap() });
        tasks.detach_all();
        (server, address.to_string())
    }

    /// Returns what each request said it has already.
    fn conditions(&self) -> Vec<Option<String>> {
        self.0.lock().unwrap().1.clone()
    }
}

async fn answer(State(server): State<Server>, headers: HeaderMap) -> Response {
    let mut state = server.0.lock().unwrap();
    let condition = headers.get("if-none-match");
    let condition = condition.map(|value| value.to_str().unwrap().to_owned());
    state.1.push(condition);
    let index = (state.1.len() - 1).min(state.0.len() - 1);
    let Answer(status, headers, body) = state.0[index].clone();
    let mut response = body.into_response();
    *response.status_mut() = StatusCode::from_u16(status).unwrap();
    for (name, value) in headers {
        response.headers_mut().insert(name, value.parse().unwrap());
    }
    response
}

fn ok(body: &str) -> Answer {
    Answer(200, vec![], body.into())
}

fn artifact(location: serde_json::Value, secrets: MemorySecrets) -> Artifact {
    let mut schedule = Schedule::default();
    schedule.first = 1;
    let build = TriggerBuild::new("s", "t", Arc::new(secrets), Arc::new(SystemClock));
    let readers = Readers::with_schedule(schedule);
    build.clients.get_or_make("", || readers);
    Artifact::new(serde_json::from_value(location).unwrap(), &build)
}

async fn read(location: serde_json::Value) -> Result<String> {
    let object = artifact(location, MemorySecrets::default()).read().await?;
    Ok(object.name().to_owned())
}

async fn read_url(answers: Vec<Answer>) -> (Result<String>, usize) {
    let (server, address) = Server::start(answers).await;
    let url = format!("http://{address}/o.yaml");
    let read = read(json!({"url": {"path": url}})).await;
    (read, server.conditions().len())
}

fn of(error: &Error) -> (ErrorKind, bool) {
    (error.kind(), error.is_transient())
}

#[tokio::test]
async fn what_time_can_heal_is_asked_again_five_times_in_all() {
    let busy = Answer(503, vec![], vec![]);
    let (read, count) = read_url(vec![busy.clone(), busy.clone(), ok(OBJECT)]).await;
    assert_eq!((read.unwrap().as_str(), count), ("a", 3));
    let (read, count) = read_url(vec![busy]).await;
    assert_eq!(
        (of(&read.unwrap_err()), count),
        ((ErrorKind::Unavailable, true), 5)
    );
}

#[tokio::test]
async fn a_refusal_for_good_and_a_text_that_is_no_object_are_not_asked_again() {
    for (answer, kind) in [
        (Answer(404, vec![], vec![]), ErrorKind::NotFound),
        (Answer(403, vec![], vec![]), ErrorKind::Unauthorized),
        (Answer(204, vec![], vec![]), ErrorKind::Rejected),
        (ok("- a"), ErrorKind::PayloadInvalid),
    ] {
        let (read, count) = read_url(vec![answer]).await;
        assert_eq!((of(&read.unwrap_err()), count), ((kind, false), 1));
    }
}

#[tokio::test]
async fn a_document_beyond_the_limit_is_refused_and_not_cut() {
    let long = format!("{OBJECT}# {}", "c".repeat(512 * 1024));
    let (read, count) = read_url(vec![ok(&long)]).await;
    assert_eq!(
        (of(&read.unwrap_err()), count),
        ((ErrorKind::TooLarge, false), 1)
    );
}

#[tokio::test]
async fn a_zipped_document_is_unzipped() {
    use std::io::Write as _;
    let mut zipped = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    zipped.write_all(OBJECT.as_bytes()).unwrap();
    let answer = Answer(
        200,
        vec![("content-encoding", "gzip")],
        zipped.finish().unwrap(),
    );
    assert_eq!(read_url(vec![answer]).await.0.unwrap(), "a");
}

#[tokio::test]
async fn what_did_not_change_is_not_sent_again() {
    let tagged = Answer(200, vec![("etag", "\"1\"")], OBJECT.into());
    let (server, address) = Server::start(vec![tagged, Answer(304, vec![], vec![])]).await;
    let location = json!({"url": {"path": format!("http://{address}/o.yaml")}});
    let artifact = artifact(location, MemorySecrets::default());
    for _ in 0..2 {
        assert_eq!(artifact.read().await.unwrap().name(), "a");
    }
    assert_eq!(server.conditions(), [None, Some("\"1\"".to_owned())]);
}

#[tokio::test]
async fn of_several_places_the_first_counts() {
    let both = json!({"resource": {"metadata": {"name": "r"}}, "inline": "metadata: {name: i}"});
    assert_eq!(read(both).await.unwrap(), "i");
    assert_eq!(
        of(&read(json!({})).await.unwrap_err()),
        (ErrorKind::ConfigInvalid, false)
    );
}

#[tokio::test]
async fn files_and_config_maps_are_read_at_each_attempt() {
    let file = tempfile::NamedTempFile::new().unwrap();
    let location = json!({"file": {"path": file.path()}});
    let from_file = artifact(location, MemorySecrets::default());
    for name in ["a", "b"] {
        std::fs::write(file.path(), format!("metadata: {{name: {name}}}")).unwrap();
        assert_eq!(from_file.read().await.unwrap().name(), name);
    }
    let maps = MemorySecrets::default().with_config("m", "k", OBJECT);
    let location = json!({"configmap": {"name": "m", "key": "k"}});
    assert_eq!(artifact(location, maps).read().await.unwrap().name(), "a");
    let missing = read(json!({"file": {"path": "/no/such/file"}})).await;
    assert_eq!(of(&missing.unwrap_err()), (ErrorKind::NotFound, false));
}

#[tokio::test]
async fn an_object_in_a_bucket_is_read_from_the_region_that_the_server_names() {
    let refusal =
        "<Error><Code>AuthorizationHeaderMalformed</Code><Region>eu-west-1</Region></Error>";
    let (server, address) =
        Server::start(vec![Answer(400, vec![], refusal.into()), ok(OBJECT)]).await;
    let secrets = MemorySecrets::default()
        .with_secret("s", "id", " AKID \n")
        .with_secret("s", "key", "secret");
    let key = |key: &str| json!({"name": "s", "key": key});
    let s3 = json!({"endpoint": address, "insecure": true, "bucket": {"name": "bkt", "key": "o.yaml"},
        "accessKey": key("id"), "secretKey": key("key")});
    let artifact = artifact(json!({"s3": s3}), secrets);
    assert_eq!(artifact.read().await.unwrap().name(), "a");
    assert_eq!(server.conditions().len(), 2);
}

//! An API server that answers as a vector says, keeps what it is sent, and records every call.

use super::super::{events, trigger_http::recorder};
use serde_json::{Value, json};
use std::{
    collections::HashMap,
    io,
    net::SocketAddr,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};
use tokio::{
    io::AsyncWriteExt as _,
    net::{TcpListener, TcpStream},
    task::JoinSet,
};

/// Label whose value is a time.
const TIME: &str = "\"events.argoproj.io/action-timestamp\":\"";
const TIME_DIGITS: usize = 13;
/// What the server adds to the name that is to be completed.
const SUFFIX: &str = "abcde";
/// Resource versions begin behind this one.
const FIRST_VERSION: usize = 100;

/// A server on the loopback.
pub(in crate::families) struct Server {
    address: SocketAddr,
    state: Arc<Mutex<State>>,
    /// Keeps the server running.
    _tasks: JoinSet<()>,
}

#[derive(Default)]
struct State {
    objects: HashMap<String, Value>,
    /// Answers by verb and path; the last one repeats.
    answers: HashMap<String, Vec<Value>>,
    calls: Vec<Value>,
    count: usize,
}

impl Server {
    /// Starts a server with the objects and answers of a vector.
    pub(in crate::families) async fn open(cluster: &Value) -> io::Result<Self> {
        let members = |name: &str| cluster[name].as_object().into_iter().flatten();
        let mut state = State::default();
        for (path, object) in members("objects") {
            state.objects.insert(path.clone(), object.clone());
        }
        for (call, answers) in members("answers") {
            let answers = answers.as_array().cloned().unwrap_or_default();
            state.answers.insert(call.clone(), answers);
        }
        let state = Arc::new(Mutex::new(state));
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let address = listener.local_addr()?;
        let mut tasks = JoinSet::new();
        let shared = Arc::clone(&state);
        tasks.spawn(async move {
            let mut connections = JoinSet::new();
            while let Ok((stream, _)) = listener.accept().await {
                let state = Arc::clone(&shared);
                connections.spawn(async move {
                    // The client may hang up whenever it likes.
                    let _ = converse(stream, &state).await;
                });
            }
        });
        Ok(Self {
            address,
            state,
            _tasks: tasks,
        })
    }

    /// Makes a client of the server, which repeats nothing by itself.
    pub(in crate::families) fn client(&self) -> kube::Client {
        let url = format!("http://{}", self.address);
        let url = url.parse().expect("an address makes a URL");
        let mut config = kube::Config::new(url);
        config.default_retry = false;
        kube::Client::try_from(config).expect("a plain URL needs nothing more")
    }

    /// Takes the calls that came since the last time, as vectors write them.
    pub(in crate::families) fn take(&self) -> Vec<Value> {
        std::mem::take(&mut lock(&self.state).calls)
    }
}

fn lock(state: &Mutex<State>) -> MutexGuard<'_, State> {
    state.lock().unwrap_or_else(PoisonError::into_inner)
}

async fn converse(mut stream: TcpStream, state: &Mutex<State>) -> io::Result<()> {
    stream.set_nodelay(true)?;
    let mut buffer = Vec::new();
    while let Some(request) = recorder::read_request("K1", &mut stream, &mut buffer).await? {
        let (status, body) = lock(state).answer(&request);
        let message = format!(
            "HTTP/1.1 {status} X\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
            body.len()
        );
        stream.write_all(message.as_bytes()).await?;
    }
    Ok(())
}

impl State {
    fn answer(&mut self, request: &Value) -> (u64, String) {
        let line = request["line"].as_str().unwrap_or_default();
        let mut words = line.split(' ');
        let (verb, target) = (
            words.next().unwrap_or_default(),
            words.next().unwrap_or("/"),
        );
        let (path, query) = target.split_once('?').unwrap_or((target, ""));
        if is_discovery(verb, path) {
            return refusal(403, "Forbidden", "where kinds are found is a secret");
        }
        let body = events::bytes(&request["body"]).unwrap_or_default();
        self.record(verb, path, query, request, &body);
        self.count += 1;
        if let Some(answers) = self.answers.get_mut(&format!("{verb} {path}")) {
            let answer = if answers.len() > 1 {
                answers.remove(0)
            } else {
                answers.first().cloned().unwrap_or_default()
            };
            return scripted(&answer);
        }
        let object = serde_json::from_slice(&body).unwrap_or_default();
        self.keep(verb, path, object)
    }

    fn record(&mut self, verb: &str, path: &str, query: &str, request: &Value, body: &[u8]) {
        let mut call = json!({ "verb": verb, "path": path });
        if !query.is_empty() {
            call["query"] = query.into();
        }
        let headers = request["headers"].as_array().into_iter().flatten();
        let mut content_types = headers.filter(|header| {
            header[0]
                .as_str()
                .is_some_and(|name| name.eq_ignore_ascii_case("content-type"))
        });
        if let Some(header) = content_types.next() {
            call["contentType"] = header[1].clone();
        }
        if !body.is_empty() {
            call["body"] = json!({ "utf8": without_time(&String::from_utf8_lossy(body)) });
        }
        self.calls.push(call);
    }

    /// Does what an API server does.
    fn keep(&mut self, verb: &str, path: &str, body: Value) -> (u64, String) {
        let name = path.rsplit('/').next().unwrap_or_default().to_owned();
        let missing = || refusal(404, "NotFound", &format!("{name} not found"));
        match verb {
            "POST" => self.create(path, body),
            "GET" => match self.objects.get(path) {
                Some(object) => (200, object.to_string()),
                None => missing(),
            },
            "DELETE" => match self.objects.remove(path) {
                Some(_) => (
                    200,
                    json!({"kind": "Status", "apiVersion": "v1", "status": "Success"}).to_string(),
                ),
                None => missing(),
            },
            "PATCH" => {
                let mut object = self.objects.get(path).cloned().unwrap_or_else(|| json!({}));
                merge(&mut object, &body);
                self.store(path, object)
            }
            _ => self.store(path, body),
        }
    }

    fn create(&mut self, path: &str, mut object: Value) -> (u64, String) {
        let metadata = object["metadata"].clone();
        let named = |name: &str| metadata[name].as_str().unwrap_or_default();
        let name = match (named("name"), named("generateName")) {
            ("", "") => return refusal(422, "Invalid", "name or generateName is required"),
            ("", beginning) => format!("{beginning}{SUFFIX}"),
            (name, _) => name.to_owned(),
        };
        object["metadata"]["name"] = name.as_str().into();
        let path = format!("{path}/{name}");
        if self.objects.contains_key(&path) {
            return refusal(409, "AlreadyExists", &format!("{name} already exists"));
        }
        object["metadata"]["uid"] = format!("uid-{}", self.count).into();
        self.store(&path, object)
    }

    fn store(&mut self, path: &str, mut object: Value) -> (u64, String) {
        if object["metadata"].is_object() {
            object["metadata"]["resourceVersion"] = (FIRST_VERSION + self.count).to_string().into();
        }
        self.objects.insert(path.to_owned(), object.clone());
        (200, object.to_string())
    }
}

/// Tells whether somebody asks what kinds there are.
fn is_discovery(verb: &str, path: &str) -> bool {
    let segments: Vec<_> = path.trim_start_matches('/').split('/').collect();
    verb == "GET" && matches!(segments.as_slice(), ["api", _] | ["apis", _, _])
}

fn scripted(answer: &Value) -> (u64, String) {
    let status = answer["status"].as_u64().unwrap_or(200);
    if let Some(text) = answer["text"].as_str() {
        return (status, text.to_owned());
    }
    if answer["object"].is_object() {
        return (status, answer["object"].to_string());
    }
    let reason = answer["reason"].as_str().unwrap_or_default();
    refusal(status, reason, &format!("scripted {status}"))
}

fn refusal(status: u64, reason: &str, message: &str) -> (u64, String) {
    let body = json!({
        "kind": "Status",
        "apiVersion": "v1",
        "status": "Failure",
        "message": message,
        "reason": reason,
        "code": status,
    });
    (status, body.to_string())
}

fn merge(old: &mut Value, new: &Value) {
    let (Value::Object(members), Value::Object(changes)) = (&mut *old, new) else {
        *old = new.clone();
        return;
    };
    for (name, change) in changes {
        if change.is_null() {
            members.remove(name);
        } else {
            merge(members.entry(name).or_insert(Value::Null), change);
        }
    }
}

/// Masks the label with a time; a name that vectors leave open stands there as they write it.
fn without_time(body: &str) -> String {
    let mut out = body.replace("\\u003cRUN\\u003e", "<RUN>");
    if let Some(at) = out.find(TIME) {
        let start = at + TIME.len();
        let digits = out[start..]
            .chars()
            .take_while(char::is_ascii_digit)
            .count();
        if digits == TIME_DIGITS {
            out.replace_range(start..start + digits, "<ms>");
        }
    }
    out
}

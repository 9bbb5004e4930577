//! What the triggers call: counts calls by firing, and keeps what each firing said.

use axum::{
    Router,
    body::Bytes,
    extract::State,
    http::{HeaderMap, Uri},
};
use serde::Deserialize;
use std::{
    collections::{HashMap, HashSet},
    io,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};
use tokio::{net::TcpListener, sync::watch, task::JoinSet};

/// The events that a firing was made of, by the numbers of their posts.
pub(crate) type Pair = (Option<usize>, Option<usize>);

/// What came of one firing id.
#[derive(Debug)]
pub(crate) struct Firing {
    pub(crate) trigger: String,
    pub(crate) pair: Pair,
    pub(crate) calls: usize,
}

/// What was called so far.
#[derive(Debug, Default)]
pub(crate) struct Calls {
    /// By firing id.
    pub(crate) firings: HashMap<String, Firing>,
    /// Calls that make no sense, such as one firing id with two contents.
    pub(crate) nonsense: Vec<String>,
    /// Which `a` came alone.
    pub(crate) each: HashSet<usize>,
    /// Keys that were joined.
    pub(crate) joined: HashSet<String>,
    /// The newest event that was part of a pair.
    pub(crate) newest_paired: usize,
}

/// A server that takes every call.
#[derive(Debug)]
pub(crate) struct Sink {
    port: u16,
    shared: Arc<Shared>,
    // Ends with the sink.
    _server: JoinSet<()>,
}

#[derive(Debug)]
struct Shared {
    calls: Mutex<Calls>,
    changed: watch::Sender<()>,
}

#[derive(Deserialize)]
struct Body {
    a: Option<String>,
    b: Option<String>,
    key: Option<String>,
}

impl Sink {
    pub(crate) async fn start() -> io::Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let port = listener.local_addr()?.port();
        let shared = Arc::new(Shared {
            calls: Mutex::default(),
            changed: watch::channel(()).0,
        });
        let router = Router::new().fallback(take).with_state(shared.clone());
        let mut server = JoinSet::new();
        server.spawn(async move {
            // It ends only with the test.
            let _ = axum::serve(listener, router).await;
        });
        Ok(Self {
            port,
            shared,
            _server: server,
        })
    }

    /// Returns the address that a trigger calls.
    pub(crate) fn url(&self, trigger: &str) -> String {
        format!("http://127.0.0.1:{}/{trigger}", self.port)
    }

    /// Returns what was called so far.
    pub(crate) fn calls(&self) -> MutexGuard<'_, Calls> {
        self.shared.calls()
    }

    /// Waits until what was called is enough.
    pub(crate) async fn wait_until(&self, enough: impl Fn(&Calls) -> bool) {
        let mut changed = self.shared.changed.subscribe();
        while !enough(&self.calls()) {
            if changed.changed().await.is_err() {
                return;
            }
        }
    }
}

impl Shared {
    fn calls(&self) -> MutexGuard<'_, Calls> {
        self.calls.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

async fn take(State(shared): State<Arc<Shared>>, uri: Uri, headers: HeaderMap, body: Bytes) {
    let id = headers.get("idempotency-key");
    let id = id.and_then(|id| id.to_str().ok()).unwrap_or_default();
    shared.calls().note(uri.path(), id, &body);
    shared.changed.send_replace(());
}

impl Calls {
    fn note(&mut self, path: &str, id: &str, body: &[u8]) {
        let trigger = path.trim_start_matches('/');
        let Ok(body) = serde_json::from_slice::<Body>(body) else {
            let text = String::from_utf8_lossy(body);
            return self.nonsense.push(format!("{trigger} was sent {text}"));
        };
        let number = |text: Option<String>| text.and_then(|text| text.parse().ok());
        let pair = (number(body.a), number(body.b));
        match trigger {
            "each" => self.each.extend(pair.0),
            "join" => self.joined.extend(body.key),
            _ => self.newest_paired = self.newest_paired.max(pair.0.max(pair.1).unwrap_or(0)),
        }
        let firing = self.firings.entry(id.to_owned()).or_insert(Firing {
            trigger: trigger.to_owned(),
            pair,
            calls: 0,
        });
        firing.calls += 1;
        if firing.trigger != trigger || firing.pair != pair {
            let other = (&firing.trigger, firing.pair);
            let message = format!("firing {id} is {trigger} {pair:?}, and was {other:?}");
            self.nonsense.push(message);
        }
    }
}

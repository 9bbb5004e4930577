//! Target of the HTTP trigger: a real server on the loopback interface.

use argo_events_core::{Clock, Result, SystemClock, Trigger, secret::MemorySecrets};
use argo_events_testkit::{
    servers::reserve_port,
    trigger::{Effect, Need, Pace, Target, TriggerHarness},
};
use async_trait::async_trait;
use axum::{
    Router,
    body::Bytes,
    extract::State,
    http::{HeaderMap, StatusCode},
    routing::post,
};
use serde_json::{Value, json};
use std::{
    net::SocketAddr,
    sync::{Arc, Mutex, OnceLock},
};
use tokio::{net::TcpListener, sync::watch, task::JoinSet};

/// What requests must bring, and nobody may see.
const TOKEN: &str = "open-sesame";
const PASSWORD: &str = "correct-horse";
/// `jane:correct-horse`, as it is sent.
const CREDENTIALS: &str = "amFuZTpjb3JyZWN0LWhvcnNl";

/// A server that can be told what to answer, and can go and come back at its port.
pub(crate) struct Server {
    book: Arc<Book>,
    address: OnceLock<SocketAddr>,
    running: Mutex<JoinSet<()>>,
}

struct Book {
    behavior: watch::Sender<Target>,
    effects: Mutex<Vec<Effect>>,
}

impl Default for Server {
    fn default() -> Self {
        let book = Book {
            behavior: watch::Sender::new(Target::Succeeds),
            effects: Mutex::default(),
        };
        Self {
            book: Arc::new(book),
            address: OnceLock::new(),
            running: Mutex::default(),
        }
    }
}

impl Server {
    /// Listens, at the port that it had before.
    async fn listen(&self) -> SocketAddr {
        let reserve = || reserve_port().expect("a port is free");
        let address = *self.address.get_or_init(reserve);
        let listener = TcpListener::bind(address).await.expect("the port is free");
        let router = Router::new().route("/paid", post(answer));
        let router = router.with_state(Arc::clone(&self.book));
        let serving = async { axum::serve(listener, router).await.expect("it serves") };
        self.running.lock().expect("nobody panicked").spawn(serving);
        address
    }

    /// Hangs up. Connections that were answered before stay open, as behind a proxy.
    async fn leave(&self) {
        let mut running = std::mem::take(&mut *self.running.lock().expect("nobody panicked"));
        running.shutdown().await;
    }
}

async fn answer(State(book): State<Arc<Book>>, headers: HeaderMap, body: Bytes) -> StatusCode {
    let header = |name| {
        headers
            .get(name)
            .map(|value| value.to_str().expect("it is text"))
    };
    assert_eq!(header("x-token"), Some(TOKEN));
    assert_eq!(
        header("authorization"),
        Some(&*format!("Basic {CREDENTIALS}"))
    );
    let mut behavior = book.behavior.subscribe();
    let behavior = behavior.wait_for(|behavior| *behavior != Target::Waits);
    match *behavior.await.expect("the book lives") {
        Target::Later => return StatusCode::SERVICE_UNAVAILABLE,
        Target::Never => return StatusCode::UNPROCESSABLE_ENTITY,
        _ => {}
    }
    let body: Value = serde_json::from_slice(&body).expect("it is JSON");
    let effect = Effect {
        number: body["number"]
            .as_str()
            .expect("it is text")
            .parse()
            .expect("it is a number"),
        key: header("idempotency-key").map(str::to_owned),
    };
    book.effects.lock().expect("nobody panicked").push(effect);
    StatusCode::OK
}

#[async_trait]
impl TriggerHarness for Server {
    async fn trigger(&self) -> Result<Arc<dyn Trigger>> {
        let address = self.listen().await;
        let key = |key: &str| json!({"name": "target", "key": key});
        let config = json!({
            "url": format!("http://{address}/paid"),
            "payload": [{"src": {"dependencyName": "paid", "dataKey": "number"}, "dest": "number"}],
            "secureHeaders": [{"name": "X-Token", "valueFrom": {"secretKeyRef": key("token")}}],
            "basicAuth": {"username": key("user"), "password": key("password")},
        });
        let secrets = MemorySecrets::default()
            .with_secret("target", "token", TOKEN)
            .with_secret("target", "user", "jane")
            .with_secret("target", "password", PASSWORD);
        crate::build("http", "ship", &config, Arc::new(secrets))
    }

    async fn effects(&self) -> Vec<Effect> {
        self.book.effects.lock().expect("nobody panicked").clone()
    }

    fn lacks(&self, _: Need) -> Option<&'static str> {
        None
    }

    async fn target(&self, behavior: Target) {
        let before = self.book.behavior.send_replace(behavior);
        match (before, behavior) {
            (_, Target::Gone) => self.leave().await,
            (Target::Gone, _) => drop(self.listen().await),
            _ => {}
        }
    }

    fn secrets(&self) -> Vec<String> {
        [TOKEN, PASSWORD, CREDENTIALS].map(str::to_owned).into()
    }

    fn hands_over_status(&self) -> bool {
        true
    }

    fn clock(&self) -> Arc<dyn Clock> {
        Arc::new(SystemClock)
    }

    fn pace(&self) -> Pace {
        Pace::REAL
    }
}

//! Where the actions of a scenario arrive.

use crate::scenario::{Firings, action};
use axum::{Router, extract::State, http::Uri};
use std::{
    net::SocketAddr,
    sync::{Arc, Mutex},
};
use tokio::{net::TcpListener, sync::Notify, task::JoinSet};

/// A server that remembers what it was sent and says yes to all of it.
pub(crate) struct Sink {
    pub(crate) address: SocketAddr,
    received: Arc<Received>,
    _server: JoinSet<()>,
}

#[derive(Default)]
struct Received {
    firings: Mutex<Firings>,
    news: Notify,
}

impl Sink {
    pub(crate) async fn start() -> Self {
        let received = Arc::new(Received::default());
        let router = Router::new().fallback(receive).with_state(received.clone());
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let mut server = JoinSet::new();
        server.spawn(async move { axum::serve(listener, router).await.unwrap() });
        Self {
            address,
            received,
            _server: server,
        }
    }

    /// Waits for the next action.
    pub(crate) async fn news(&self) {
        self.received.news.notified().await;
    }

    /// Returns what came so far.
    pub(crate) fn firings(&self) -> Firings {
        self.received.firings.lock().unwrap().clone()
    }

    /// Returns what came since the last call.
    pub(crate) fn take(&self) -> Firings {
        std::mem::take(&mut self.received.firings.lock().unwrap())
    }
}

async fn receive(State(received): State<Arc<Received>>, uri: Uri, body: String) {
    let payload = serde_json::from_str(&body).unwrap();
    let action = action(uri.path().trim_start_matches('/'), &payload);
    *received.firings.lock().unwrap().entry(action).or_default() += 1;
    received.news.notify_one();
}

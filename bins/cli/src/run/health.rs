//! Metrics and health for whoever watches the process: `/metrics`, `/readyz`, `/livez`.

use argo_events::{Running, engine::Probe};
use axum::{Router, extract::State, http::StatusCode, routing::get};
use std::net::SocketAddr;
use tokio::{net::TcpListener, sync::watch, task::JoinSet};

/// What there is to say.
#[derive(Clone, Debug)]
enum Watched {
    Starting,
    Running(Probe),
    Draining(Probe),
}

/// The server; dropping it ends it.
#[derive(Debug)]
pub(crate) struct Health {
    address: Option<SocketAddr>,
    watched: watch::Sender<Watched>,
    _server: JoinSet<()>,
}

impl Health {
    /// Listens, unless the address is `off`. Until there is something to watch, it says "starting".
    pub(crate) async fn open(address: &str) -> Result<Self, String> {
        let (watched, receiver) = watch::channel(Watched::Starting);
        let mut server = JoinSet::new();
        if address == "off" {
            return Ok(Self {
                address: None,
                watched,
                _server: server,
            });
        }
        let listener = TcpListener::bind(address).await.map_err(|error| {
            format!("metrics cannot listen on {address}: {error}; use --metrics ADDRESS, or `off`")
        })?;
        let address = listener.local_addr().map_err(|error| error.to_string())?;
        server.spawn(serve(listener, receiver));
        Ok(Self {
            address: Some(address),
            watched,
            _server: server,
        })
    }

    /// Returns where it listens; `None` if it does not.
    pub(crate) fn address(&self) -> Option<SocketAddr> {
        self.address
    }

    /// Speaks of an engine from now on.
    pub(crate) fn watch(&self, running: &Running) {
        self.watched.send_replace(Watched::Running(running.probe()));
    }

    /// Says from now on that no more requests are to be sent here.
    pub(crate) fn draining(&self) {
        self.watched.send_modify(|watched| {
            if let Watched::Running(probe) = watched {
                *watched = Watched::Draining(probe.clone());
            }
        });
    }
}

async fn serve(listener: TcpListener, watched: watch::Receiver<Watched>) {
    let app = Router::new()
        .route("/metrics", get(metrics))
        .route("/readyz", get(ready))
        .route("/livez", get(|| async { "ok\n" }))
        .with_state(watched);
    if let Err(error) = axum::serve(listener, app).await {
        tracing::warn!(%error, "the metrics server ended");
    }
}

async fn metrics(State(watched): State<watch::Receiver<Watched>>) -> String {
    let now = watched.borrow().clone();
    match now {
        Watched::Starting => String::new(),
        Watched::Running(probe) | Watched::Draining(probe) => probe.metrics(),
    }
}

async fn ready(State(watched): State<watch::Receiver<Watched>>) -> (StatusCode, String) {
    // Cloned first, so that no lock is held while others are asked.
    let now = watched.borrow().clone();
    let waiting = match now {
        Watched::Starting => vec!["starting".to_owned()],
        Watched::Draining(_) => vec!["draining".to_owned()],
        Watched::Running(probe) => probe.readiness().await.waiting,
    };
    if waiting.is_empty() {
        return (StatusCode::OK, "ready\n".to_owned());
    }
    (StatusCode::SERVICE_UNAVAILABLE, waiting.join("\n") + "\n")
}

//! Metrics and health for whoever watches the process: `/metrics`, `/readyz`, `/livez`.

use crate::exit::{Exit, Failure};
use argo_events::{EventBus, Running, core::telemetry::Metrics};
use axum::{Router, extract::State, http::StatusCode, routing::get};
use std::sync::Arc;
use tokio::{sync::watch, task::JoinSet};

#[derive(Clone)]
struct Watched {
    metrics: Metrics,
    bus: Arc<dyn EventBus>,
}

/// The server; dropping it ends it.
pub(crate) struct Health {
    watched: watch::Sender<Watched>,
    _server: JoinSet<()>,
}

impl Health {
    /// Speaks of another engine from now on.
    pub(crate) fn watch(&self, running: &Running) {
        self.watched.send_replace(watched(running));
    }
}

fn watched(running: &Running) -> Watched {
    Watched {
        metrics: running.metrics().clone(),
        bus: running.bus().clone(),
    }
}

pub(crate) async fn serve(address: &str, running: &Running) -> Result<Health, Failure> {
    let listener = tokio::net::TcpListener::bind(address)
        .await
        .map_err(|error| {
            let message =
                format!("metrics cannot listen on {address}: {error}; use --metrics ADDRESS");
            Failure::new(Exit::Unreachable, message)
        })?;
    let (watched, receiver) = watch::channel(watched(running));
    let app = Router::new()
        .route("/metrics", get(metrics))
        .route("/readyz", get(ready))
        .route("/livez", get(|| async { "ok\n" }))
        .with_state(receiver);
    let mut server = JoinSet::new();
    server.spawn(async move {
        if let Err(error) = axum::serve(listener, app).await {
            tracing::warn!(%error, "the metrics server ended");
        }
    });
    Ok(Health {
        watched,
        _server: server,
    })
}

async fn metrics(State(watched): State<watch::Receiver<Watched>>) -> String {
    watched.borrow().metrics.render()
}

async fn ready(State(watched): State<watch::Receiver<Watched>>) -> (StatusCode, String) {
    let bus = watched.borrow().bus.clone();
    match bus.check().await {
        Ok(()) => (StatusCode::OK, "ready\n".to_owned()),
        Err(error) => (StatusCode::SERVICE_UNAVAILABLE, format!("bus: {error}\n")),
    }
}

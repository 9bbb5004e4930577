//! Metrics and probes: `/metrics`, `/healthz`, `/livez`, `/readyz`.

use super::unreachable;
use argo_events::core::telemetry::Metrics;
use argo_events_process::{Failure, tell_build};
use axum::{
    Router,
    http::{StatusCode, header::CONTENT_TYPE},
    routing::get,
};
use std::sync::Arc;
use tokio::{net::TcpListener, task::JoinSet};
use tracing::warn;

/// The text format of Prometheus.
const METRICS_TYPE: &str = "text/plain; version=0.0.4; charset=utf-8";

/// Tells what is not ready, one line for each; nothing if all is.
pub(super) type Waiting = Arc<dyn Fn() -> Vec<String> + Send + Sync>;

/// Makes the metrics of a process; one tells the build.
pub(super) fn metrics() -> Metrics {
    let metrics = Metrics::default();
    tell_build(&metrics);
    metrics
}

/// Answers on ports from now on, as long as what is returned lives; port 0 is none.
pub(super) async fn open(
    ports: &[u16],
    metrics: &Metrics,
    waiting: Waiting,
) -> Result<JoinSet<()>, Failure> {
    let mut servers = JoinSet::new();
    let mut ports: Vec<u16> = ports.iter().copied().filter(|port| *port != 0).collect();
    ports.dedup();
    for port in ports {
        let listener = listen(port).await?;
        servers.spawn(serve(listener, routes(metrics.clone(), waiting.clone())));
    }
    Ok(servers)
}

/// Listens on a port of every address.
pub(super) async fn listen(port: u16) -> Result<TcpListener, Failure> {
    let mut opened = TcpListener::bind(("::", port)).await;
    if opened.is_err() {
        // A machine without IPv6 has the addresses of IPv4 all the same.
        opened = TcpListener::bind(("0.0.0.0", port)).await;
    }
    opened.map_err(|error| unreachable(&format!("port {port} cannot be listened on"), error))
}

fn routes(metrics: Metrics, waiting: Waiting) -> Router {
    let alive = || async { "ok\n" };
    let shown = move || {
        let text = metrics.render();
        async move { ([(CONTENT_TYPE, METRICS_TYPE)], text) }
    };
    let ready = move || {
        let waiting = waiting();
        async move {
            if waiting.is_empty() {
                return (StatusCode::OK, "ready\n".to_owned());
            }
            (StatusCode::SERVICE_UNAVAILABLE, waiting.join("\n") + "\n")
        }
    };
    Router::new()
        .route("/metrics", get(shown))
        .route("/readyz", get(ready))
        .route("/healthz", get(alive))
        .route("/livez", get(alive))
}

async fn serve(listener: TcpListener, routes: Router) {
    if let Err(error) = axum::serve(listener, routes).await {
        warn!(%error, "the server of metrics and probes ended");
    }
}

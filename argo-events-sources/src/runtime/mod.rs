//! Runs the sources of an EventSource: restart, filter, envelope, publish, metrics, drain.
//!
//! [`SourceRuntime::start`] builds every entry and keeps each running on its own; one bad entry is
//! reported and its neighbours go on.
//! Protocols are the business of the kinds, ports that of the [`HttpHost`](argo_events_core::http_host::HttpHost).

#[cfg(feature = "expr")]
mod expression;
mod filter;
mod placement;
mod plan;
mod publisher;
mod running;
mod settings;
mod status;
mod supervisor;

#[cfg(feature = "expr")]
pub use expression::Expressions;
pub use filter::{EventFilter, FilterCompiler, validate_filter};
pub use placement::{Alone, Leadership, Term};
pub use plan::Entry;
pub use running::Running;
pub use settings::SourceRuntime;
pub use status::Status;

use argo_events_core::api;
use std::time::Duration;
use tokio_util::sync::CancellationToken;

/// Runs an EventSource until the token is cancelled, then drains for at most the grace period.
///
/// ```
/// # async fn example(bus: std::sync::Arc<dyn argo_events_core::EventBus>) {
/// use argo_events_core::{Registry, api};
/// use argo_events_sources::{http::WebServer, register, runtime::{SourceRuntime, run_event_source}};
/// use std::{sync::Arc, time::Duration};
/// use tokio_util::sync::CancellationToken;
///
/// let runtime = SourceRuntime::new(bus)
///     .registry(register(Registry::default()))
///     .host(Arc::new(WebServer::default()));
/// let source = api::EventSource::default();
/// let stop = CancellationToken::new();
/// run_event_source(&runtime, &source, stop, Duration::from_secs(30)).await;
/// # }
/// ```
pub async fn run_event_source(
    runtime: &SourceRuntime,
    source: &api::EventSource,
    stop: CancellationToken,
    grace: Duration,
) {
    let running = runtime.start(source);
    stop.cancelled().await;
    running.drain(grace).await;
}

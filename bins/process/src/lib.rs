//! What the binaries share: how they end, hear of signals, say how they are and which build they
//! are, and log for programs.
//!
//! Nothing here knows events. What a command does is that command's own business.

pub mod exit;
pub mod health;
pub mod logging;
pub mod signals;

pub use exit::{Exit, Failure};
pub use health::{Health, Member};
pub use signals::Signals;

use argo_events::core::telemetry::{Metrics, names};

/// Installs the one TLS provider of the process.
pub fn install_tls() {
    // One that is there already is as good; nothing is logged yet.
    let _ = rustls::crypto::ring::default_provider().install_default();
}

/// Tells by a metric which build this is.
pub fn tell_build(metrics: &Metrics) {
    let commit = option_env!("ARGO_EVENTS_COMMIT").unwrap_or("unknown");
    let labels = [("version", env!("CARGO_PKG_VERSION")), ("commit", commit)];
    metrics.set(names::BUILD_INFO, &labels, 1.0);
}

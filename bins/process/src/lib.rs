//! What the binaries share: how they end, hear of signals, say how they are, and log for programs.
//!
//! Nothing here knows events. What a command does is that command's own business.

pub mod exit;
pub mod health;
pub mod logging;
pub mod signals;

pub use exit::{Exit, Failure};
pub use health::{Health, Member};
pub use signals::Signals;

/// Installs the one TLS provider of the process.
pub fn install_tls() {
    // One that is there already is as good; nothing is logged yet.
    let _ = rustls::crypto::ring::default_provider().install_default();
}

//! How the command logs: short lines for people, or one JSON object per line.

use crate::arguments::LogFormat;
use std::io::IsTerminal as _;
use tracing_subscriber::{EnvFilter, fmt};

/// Starts logging to standard error. `RUST_LOG` and the reference's `LOG_LEVEL` choose what.
pub(crate) fn start(format: LogFormat) {
    // Per event the command prints lines of its own, so that people need only warnings.
    let default = match format {
        LogFormat::Pretty => "warn",
        LogFormat::Json => "info",
    };
    let level = std::env::var("RUST_LOG").or_else(|_| std::env::var("LOG_LEVEL"));
    let filter = EnvFilter::new(level.unwrap_or_else(|_| default.to_owned()));
    let builder = fmt().with_env_filter(filter).with_writer(std::io::stderr);
    match format {
        LogFormat::Pretty => {
            builder
                .with_ansi(std::io::stderr().is_terminal())
                .with_target(false)
                .compact()
                .init();
        }
        LogFormat::Json => builder.json().flatten_event(true).init(),
    }
}

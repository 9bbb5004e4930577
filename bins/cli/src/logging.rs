//! How the command logs: short lines for people, or one JSON object per line, as the reference writes.

mod json;
mod short;

use crate::arguments::LogFormat;
use json::Json;
use short::Short;
pub(crate) use short::clock_time;
use std::{env, io};
use tracing_subscriber::{EnvFilter, fmt, fmt::format::JsonFields};

/// What people see beside the lines for each event. Warnings about manifests are printed before.
const FOR_PEOPLE: &str = "warn,argo_events::engine::fault=off";
const FOR_PROGRAMS: &str = "info";

/// Starts logging: to standard error for people, to standard output for programs. `RUST_LOG` and
/// the reference's `LOG_LEVEL` choose what.
pub(crate) fn start(format: LogFormat) {
    let level = env::var("RUST_LOG").or_else(|_| env::var("LOG_LEVEL"));
    let filter = |default: &str| {
        let level = level.as_deref().ok().filter(|level| !level.is_empty());
        EnvFilter::new(level.unwrap_or(default))
    };
    match format {
        LogFormat::Pretty => fmt()
            .with_env_filter(filter(FOR_PEOPLE))
            .with_writer(io::stderr)
            .event_format(Short::new())
            .init(),
        LogFormat::Json => fmt()
            .with_env_filter(filter(FOR_PROGRAMS))
            .with_writer(io::stdout)
            .fmt_fields(JsonFields::new())
            .event_format(Json)
            .init(),
    }
}

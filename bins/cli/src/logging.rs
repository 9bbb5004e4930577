//! How the command logs: short lines for people, or one JSON object per line, as the reference writes.

mod short;

use crate::arguments::LogFormat;
use argo_events_process::logging;
use short::Short;
pub(crate) use short::clock_time;
use std::io;
use tracing_subscriber::fmt;

/// What people see beside the lines for each event. Warnings about manifests are printed before.
const FOR_PEOPLE: &str = "warn,argo_events::engine::fault=off";

/// Starts logging: to standard error for people, to standard output for programs.
pub(crate) fn start(format: LogFormat) -> Option<logging::Ending> {
    match format {
        LogFormat::Pretty => {
            fmt()
                .with_env_filter(logging::filter(FOR_PEOPLE))
                .with_writer(io::stderr)
                .event_format(Short::new())
                .init();
            None
        }
        LogFormat::Json => Some(logging::for_programs(logging::WITH_TRACES)),
    }
}

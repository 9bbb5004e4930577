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

/// Starts logging: to standard error for people, to standard output for programs.
pub(crate) fn start(format: LogFormat) {
    let filter = |default| EnvFilter::new(directives(default, |name| env::var(name).ok()));
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

/// Chooses what is logged: what `RUST_LOG` says, else from the level in the reference's `LOG_LEVEL`
/// upwards. A level that is none means `info`, as there.
fn directives(default: &str, variable: impl Fn(&str) -> Option<String>) -> String {
    let set = |name| variable(name).filter(|value| !value.trim().is_empty());
    let level = |value: String| {
        let level = value.trim().to_ascii_lowercase();
        let mut known = ["debug", "info", "warn", "error"].into_iter();
        known
            .find(|known| level == *known)
            .unwrap_or("info")
            .to_owned()
    };
    set("RUST_LOG")
        .or_else(|| set("LOG_LEVEL").map(level))
        .unwrap_or_else(|| default.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_level_counts_where_directives_are_absent_or_empty() {
        let cases = [
            (None, None, "the default"),
            (Some(""), Some(""), "the default"),
            (Some(""), Some("debug"), "debug"),
            (None, Some(" WARN "), "warn"),
            (None, Some("error"), "error"),
            (None, Some("loud"), "info"),
            (None, Some("argo_events_bus=trace"), "info"),
            (
                Some("argo_events_bus=trace"),
                Some("warn"),
                "argo_events_bus=trace",
            ),
        ];
        for (directive, level, wanted) in cases {
            let variable = |name: &str| match name {
                "RUST_LOG" => directive.map(str::to_owned),
                "LOG_LEVEL" => level.map(str::to_owned),
                other => panic!("{other} has no part in it"),
            };
            let got = directives("the default", variable);
            assert_eq!(got, wanted, "{directive:?} {level:?}");
        }
    }
}

//! How a process logs for programs, and what it logs.

mod json;
mod lines;

pub use json::Json;
pub use lines::{Ending, flush};

use argo_events::sensor::runtime::Observer;
use std::env;
use tracing_subscriber::{EnvFilter, fmt, fmt::format::JsonFields};

/// Lets lines that are effects be written before their deliveries are acknowledged.
#[derive(Clone, Copy, Debug, Default)]
pub struct Flushing;

impl Observer for Flushing {
    fn flush(&self) {
        flush();
    }
}

/// What is logged where nothing else is asked for: lines, and in each of them the ids of its trace.
pub const WITH_TRACES: &str = "info";
/// Lines alone. The ids of events are in them all the same; a span for each firing costs a pod a fifth
/// of its time. What the Kubernetes client says of each failed call is left to those who made it.
pub const WITHOUT_TRACES: &str = "info,argo_events::trace=off,kube_client::client=off";

/// Starts logging to standard output: one JSON object per line, as the reference writes.
///
/// `default` is what is logged unless the environment says otherwise. Lines are written in large
/// pieces. Sensors need [`Flushing`], or one that calls [`flush`].
///
/// # Panics
/// When logging was started before.
pub fn for_programs(default: &str) -> Ending {
    fmt()
        .with_env_filter(filter(default))
        .with_writer(|| lines::Output)
        .fmt_fields(JsonFields::new())
        .event_format(Json)
        .init();
    lines::start()
}

/// Returns what is logged, from `RUST_LOG` or `LOG_LEVEL`; the default where neither is set.
pub fn filter(default: &str) -> EnvFilter {
    EnvFilter::new(directives(default, |name| env::var(name).ok()))
}

/// Chooses what is logged: what `RUST_LOG` says, else from the level in the reference's `LOG_LEVEL`
/// upwards. A level that is none means `info`, as there. What the default leaves out stays out of all
/// levels but `debug`.
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
    let except = |level: String| match default.split_once(',') {
        Some((_, except)) if level != "debug" => format!("{level},{except}"),
        _ => level,
    };
    set("RUST_LOG")
        .or_else(|| set("LOG_LEVEL").map(level).map(except))
        .unwrap_or_else(|| default.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_default_leaves_out_comes_with_debug_only() {
        let level = |level: &'static str| {
            directives(WITHOUT_TRACES, |name| {
                (name == "LOG_LEVEL").then(|| level.to_owned())
            })
        };
        assert_eq!(level(""), WITHOUT_TRACES);
        let warn = WITHOUT_TRACES.replace("info", "warn");
        assert_eq!(level("warn"), warn);
        assert_eq!(level("debug"), "debug");
    }

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

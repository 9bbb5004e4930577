//! Family `trigger-queue`: triggers other than over HTTP; of these the log exists.

mod capture;

use super::{events, trigger_http::Attempt};
use crate::{Outcome, exceptions};
use capture::Captured;
use serde_json::{Value, json};

/// Runs one vector.
pub(super) fn check(vector: &Value) -> Outcome {
    if vector["group"] != "log" {
        return Outcome::Waits("queue triggers are not built yet");
    }
    if events::lacks_templates(&vector["in"]["trigger"]) {
        return Outcome::Waits("templates: issue 4");
    }
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build();
    match runtime {
        Ok(runtime) => run(vector, &runtime),
        Err(error) => Outcome::failed("a runtime", error.to_string()),
    }
}

fn run(vector: &Value, runtime: &tokio::runtime::Runtime) -> Outcome {
    let (attempt, captured) = (Attempt::new(&vector["in"]), Captured::default());
    let fired = super::trigger_http::fired_events(&vector["in"]);
    let outcomes: Vec<bool> = tracing::subscriber::with_default(captured.clone(), || {
        fired
            .iter()
            .map(|events| runtime.block_on(attempt.fire(events)).is_ok())
            .collect()
    });
    let wanted = match vector["want"]["firings"].as_array() {
        Some(firings) => firings
            .iter()
            .map(|firing| firing["outcome"] == "success")
            .collect(),
        None => vec![vector["want"]["outcome"] == "success"],
    };
    if wanted != outcomes {
        return Outcome::failed(format!("{wanted:?}"), format!("{outcomes:?}"));
    }
    let (wanted, got) = (&vector["want"]["lines"], json!(captured.lines()));
    if *wanted == got {
        return Outcome::Passed;
    }
    exceptions::sensor::log_lines(vector, &got)
        .unwrap_or_else(|| Outcome::failed(wanted.to_string(), got.to_string()))
}

//! Log lines: those that the contract names, brought into one form.
//!
//! Of the reference's other lines only the fact counts: that a trigger gave up (a warning), and that
//! its dead letter gave up too (an error). Texts of errors are not compared.

use serde_json::{Map, Value, json};
use std::{
    fmt,
    sync::{Arc, Mutex, PoisonError},
};
use tracing::{
    Event, Level, Subscriber,
    field::{Field, Visit},
    subscriber::DefaultGuard,
};
use tracing_subscriber::layer::{Context, Layer, SubscriberExt as _};

const REQUEST: &str = "Making a http request...";
const SUCCESS: &str = "Successfully processed trigger";
const FAILURE: &str = "Failed to execute a trigger";

/// Where our policies log, and the log trigger.
const POLICY: &str = "argo_events_sensor::policy";
const LOG_TRIGGER: &str = "argo-events";

/// The lines of this project, as they come.
#[derive(Clone, Debug, Default)]
pub(super) struct Lines(Arc<Mutex<Vec<Value>>>);

impl Lines {
    /// Collects what this thread logs until the guard is dropped.
    pub(super) fn collect(&self) -> DefaultGuard {
        let subscriber = tracing_subscriber::registry().with(Collector(self.clone()));
        tracing::subscriber::set_default(subscriber)
    }

    pub(super) fn take(&self) -> Vec<Value> {
        std::mem::take(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

struct Collector(Lines);

impl<S: Subscriber> Layer<S> for Collector {
    fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
        if *event.metadata().level() > Level::INFO {
            return;
        }
        let mut fields = Fields::default();
        event.record(&mut fields);
        let level = event.metadata().level().to_string().to_lowercase();
        if let Some(line) = ours(event.metadata().target(), &level, &fields.0) {
            self.0
                .0
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .push(line);
        }
    }
}

#[derive(Default)]
struct Fields(Map<String, Value>);

impl Visit for Fields {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        let text = format!("{value:?}");
        // Lists are written as JSON writes them.
        let value = match serde_json::from_str(&text) {
            Ok(Value::Array(list)) => Value::Array(list),
            _ => text.into(),
        };
        self.0.insert(field.name().to_owned(), value);
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        self.0.insert(field.name().to_owned(), value.into());
    }
}

/// Brings a line of this project into the common form.
fn ours(target: &str, level: &str, fields: &Map<String, Value>) -> Option<Value> {
    let message = fields
        .get("message")
        .and_then(Value::as_str)
        .unwrap_or_default();
    if target == LOG_TRIGGER || is_marker(message) {
        return Some(line(level, message, fields));
    }
    let gave_up = || given_up(level, &fields["triggerName"]);
    target.starts_with(POLICY).then(gave_up)
}

/// Brings a line of the reference into the common form; `None` for those that are not compared.
pub(super) fn recorded(entry: &Value) -> Option<Value> {
    let fields = entry.as_object()?;
    let (level, message) = (entry["level"].as_str()?, entry["msg"].as_str()?);
    if is_marker(message) || fields.contains_key("eventContext") {
        return Some(line(level, message, fields));
    }
    let gave_up = message.starts_with("failed to trigger actions")
        || message.starts_with("failed to trigger dlqTrigger");
    gave_up.then(|| given_up(level, &entry["triggerName"]))
}

fn is_marker(message: &str) -> bool {
    message == REQUEST || message == FAILURE || message.starts_with(SUCCESS)
}

fn line(level: &str, message: &str, fields: &Map<String, Value>) -> Value {
    let names: &[&str] = match message {
        REQUEST => &["triggerName", "triggerType", "url"],
        FAILURE => &["triggerName", "triggeredBy", "triggeredByEvents"],
        _ if message.starts_with(SUCCESS) => &[
            "triggerName",
            "triggerType",
            "triggeredBy",
            "triggeredByEvents",
        ],
        _ => &[
            "triggerName",
            "triggerType",
            "dependencyName",
            "eventContext",
        ],
    };
    let mut line = json!({ "level": level, "msg": message });
    for name in names {
        line[*name] = fields.get(*name).cloned().unwrap_or_default();
    }
    line
}

fn given_up(level: &str, trigger: &Value) -> Value {
    json!({ "level": level, "gaveUp": trigger })
}

/// The lines that the rules require, in the common form.
pub(super) mod required {
    use super::*;

    pub(in super::super) fn request(name: &str, url: &str) -> Value {
        json!({ "level": "info", "msg": REQUEST, "triggerName": name, "triggerType": "HTTP", "url": url })
    }

    pub(in super::super) fn success(name: &str, dependencies: &[&str], ids: &[&str]) -> Value {
        json!({
            "level": "info",
            "msg": format!("{SUCCESS} '{name}'"),
            "triggerName": name,
            "triggerType": "HTTP",
            "triggeredBy": dependencies,
            "triggeredByEvents": ids,
        })
    }

    pub(in super::super) fn failure(name: &str, dependencies: &[&str], ids: &[&str]) -> Value {
        json!({
            "level": "error",
            "msg": FAILURE,
            "triggerName": name,
            "triggeredBy": dependencies,
            "triggeredByEvents": ids,
        })
    }

    pub(in super::super) fn gave_up(level: &str, name: &str) -> Value {
        given_up(level, &name.into())
    }
}

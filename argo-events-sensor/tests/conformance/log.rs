//! Target of the log trigger: a subscriber that keeps its lines.

use argo_events_core::{Result, Trigger, secret::MemorySecrets};
use argo_events_testkit::trigger::{Effect, Need, TriggerHarness};
use async_trait::async_trait;
use serde_json::{Value, json};
use std::{
    collections::HashMap,
    fmt::Debug,
    sync::{
        Arc, Mutex, Once,
        atomic::{AtomicU32, Ordering},
    },
};
use tracing::{
    Event, Metadata, Subscriber,
    field::{Field, Visit},
    span,
};

/// Messages of every trigger that wrote in this process, with the trigger's name.
static LINES: Mutex<Vec<(String, String)>> = Mutex::new(Vec::new());

/// Reads the lines of one trigger, which has a name of its own.
pub(crate) struct Log {
    trigger: String,
}

impl Default for Log {
    fn default() -> Self {
        static NAMES: AtomicU32 = AtomicU32::new(0);
        static LISTEN: Once = Once::new();
        LISTEN.call_once(|| {
            tracing::subscriber::set_global_default(Lines).expect("nobody else listens");
        });
        let trigger = format!("log-{}", NAMES.fetch_add(1, Ordering::Relaxed));
        Self { trigger }
    }
}

#[async_trait]
impl TriggerHarness for Log {
    async fn trigger(&self) -> Result<Arc<dyn Trigger>> {
        let secrets = Arc::new(MemorySecrets::default());
        crate::build("log", &self.trigger, &json!({}), secrets)
    }

    async fn effects(&self) -> Vec<Effect> {
        let lines = LINES.lock().expect("nobody panicked");
        let mine = lines.iter().filter(|(trigger, _)| *trigger == self.trigger);
        mine.map(|(_, message)| effect(message)).collect()
    }

    fn lacks(&self, need: Need) -> Option<&'static str> {
        match need {
            Need::Key => Some("a line has no place for a key"),
            Need::Secrets => Some("it is given no secrets"),
            _ => Some("the log takes every line"),
        }
    }
}

fn effect(message: &str) -> Effect {
    let body: Value = serde_json::from_str(message).expect("the body is the message");
    let number = body["number"].as_u64().expect("it has a number");
    Effect {
        number: number.try_into().expect("it is small"),
        key: None,
    }
}

/// Keeps what triggers write.
struct Lines;

impl Subscriber for Lines {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        metadata.target() == "argo-events"
    }

    fn event(&self, event: &Event<'_>) {
        let mut fields = Fields::default();
        event.record(&mut fields);
        let mut take = |name| fields.0.remove(name).unwrap_or_default();
        let line = (take("triggerName"), take("message"));
        LINES.lock().expect("nobody panicked").push(line);
    }

    fn new_span(&self, _: &span::Attributes<'_>) -> span::Id {
        span::Id::from_u64(1)
    }

    fn record(&self, _: &span::Id, _: &span::Record<'_>) {}

    fn record_follows_from(&self, _: &span::Id, _: &span::Id) {}

    fn enter(&self, _: &span::Id) {}

    fn exit(&self, _: &span::Id) {}
}

/// Fields of a line by name.
#[derive(Default)]
struct Fields(HashMap<&'static str, String>);

impl Visit for Fields {
    fn record_str(&mut self, field: &Field, value: &str) {
        self.0.insert(field.name(), value.to_owned());
    }

    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        self.0.insert(field.name(), format!("{value:?}"));
    }
}

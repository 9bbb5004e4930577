//! What may be done to EventBuses, EventSources and Sensors, judged from the objects alone.
//!
//! An object must be right, as the controller and `argo-events validate` see it, and an EventBus may
//! not become another kind of bus. That a Sensor comes before its EventBus is fine: whoever applies a
//! folder does not choose an order.

use crate::{check, object};
use argo_events::{
    Manifests, Registry,
    manifest::{Checks, Diagnostic},
};
use argo_events_core::Severity;
use serde::Deserialize;
use serde_json::{Value, json};

/// Most warnings that are shown, and the most characters of one: the API server shows no more.
const MOST_WARNINGS: usize = 10;
const LONGEST_WARNING: usize = 240;

/// What somebody does to an object.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum Operation {
    /// It is made.
    Create,
    /// It is changed.
    Update,
    /// It is deleted.
    Delete,
    /// Somebody connects to it.
    Connect,
}

/// What is to be judged.
#[derive(Clone, Copy, Debug)]
pub struct Question<'a> {
    /// What is done.
    pub operation: Operation,
    /// `EventBus`, `EventSource` or `Sensor`.
    pub kind: &'a str,
    /// The object as it would be.
    pub object: &'a Value,
    /// The object as it is; null if there is none.
    pub old: &'a Value,
    /// The EventBus that it refers to, if there is one.
    pub bus: Option<&'a Value>,
}

/// Whether it may be done.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Verdict {
    /// Why not; empty if it may.
    pub message: String,
    /// What is worth a second look, though it may be done.
    pub warnings: Vec<String>,
}

impl Verdict {
    /// Tells whether it may be done.
    pub fn is_allowed(&self) -> bool {
        self.message.is_empty()
    }

    fn denied(message: impl Into<String>) -> Self {
        Self {
            message: message.into(),
            warnings: Vec::new(),
        }
    }
}

/// Judges what somebody wants to do to an object.
pub fn judge(question: &Question<'_>, registry: &Registry) -> Verdict {
    if matches!(question.operation, Operation::Delete | Operation::Connect) {
        return Verdict::default();
    }
    let kind = question.kind;
    if !matches!(kind, "EventBus" | "EventSource" | "Sensor") {
        return Verdict::denied(format!("`{kind}` is not judged here"));
    }
    let is_update = question.operation == Operation::Update && question.old.is_object();
    // What asks for nothing new may not be held up by rules that came later: a finalizer must go.
    if is_update && generation(question.object) == generation(question.old) {
        return Verdict::default();
    }
    let found = diagnostics(question, registry);
    let (errors, warnings): (Vec<_>, Vec<_>) = found
        .into_iter()
        .partition(|one| one.severity == Severity::Error);
    if !errors.is_empty() {
        let message = check::message(&errors);
        // A folder that is applied has many of a kind, and nobody else says which one it is.
        return Verdict::denied(match object::name(question.object) {
            "" => format!("invalid {kind}: {message}"),
            name => format!("invalid {kind}: {name}: {message}"),
        });
    }
    if is_update
        && kind == "EventBus"
        && let Err(message) = change_of_bus(&question.old["spec"], &question.object["spec"])
    {
        let name = object::name(question.object);
        return Verdict::denied(format!("invalid {kind}: {name}: {message}"));
    }
    Verdict {
        message: String::new(),
        warnings: shown(&warnings),
    }
}

fn generation(object: &Value) -> Option<i64> {
    object["metadata"]["generation"].as_i64()
}

/// Checks the object, with its bus if it is there; what is wrong with the bus does not count.
fn diagnostics(question: &Question<'_>, registry: &Registry) -> Vec<Diagnostic> {
    const OBJECT: &str = "object";
    let metadata = &question.object["metadata"];
    let bare = json!({
        "apiVersion": argo_events_core::api::API_VERSION,
        "kind": question.kind,
        "metadata": { "name": metadata["name"], "namespace": metadata["namespace"] },
        "spec": question.object["spec"],
    });
    let bus = question.bus.map(|bus| ("bus", bus.to_string()));
    let texts = [(OBJECT, bare.to_string())].into_iter().chain(bus);
    let (_, found) = Manifests::checked(texts, registry, &Checks::of_a_part());
    let about_it = found.into_iter().filter(|one| one.file == OBJECT);
    about_it.collect()
}

fn shown(warnings: &[Diagnostic]) -> Vec<String> {
    let shown = warnings.iter().take(MOST_WARNINGS);
    shown
        .map(|one| {
            let line = check::message([one]);
            line.chars().take(LONGEST_WARNING).collect()
        })
        .collect()
}

/// Judges whether a bus may become what it is asked to be.
fn change_of_bus(old: &Value, new: &Value) -> Result<(), String> {
    let has = |spec: &Value, kind: &str| spec[kind].is_object();
    // Of several kinds the first counts, as for the controller.
    let kinds = ["nats", "jetstream", "jetstreamExotic"];
    let Some(kind) = kinds.into_iter().find(|kind| has(new, kind)) else {
        return Ok(());
    };
    if !has(old, kind) {
        let before = kinds
            .into_iter()
            .chain(["kafka"])
            .find(|kind| has(old, kind));
        return Err(format!(
            "an event bus cannot change from {} to {kind}: events would be lost; make a new \
             EventBus and point EventSources and Sensors to it",
            before.unwrap_or("another kind")
        ));
    }
    match kind {
        "nats" => change_of_nats(&old[kind], &new[kind]),
        "jetstream" => immutable(
            &old[kind]["streamConfig"],
            &new[kind]["streamConfig"],
            "spec.jetstream.streamConfig",
        ),
        _ => Ok(()),
    }
}

fn change_of_nats(old: &Value, new: &Value) -> Result<(), String> {
    for (from, to) in [("exotic", "native"), ("native", "exotic")] {
        if !old[to].is_object() && new[to].is_object() {
            return Err(format!(
                "a NATS event bus cannot change from {from} to {to}; make a new EventBus"
            ));
        }
    }
    let auth = |nats: &Value| match nats["native"]["auth"].as_str() {
        None | Some("") => json!("none"),
        Some(auth) => json!(auth),
    };
    if !new["native"].is_object() {
        return Ok(());
    }
    immutable(&auth(old), &auth(new), "spec.nats.native.auth")
}

fn immutable(old: &Value, new: &Value, path: &str) -> Result<(), String> {
    if old == new {
        return Ok(());
    }
    Err(format!(
        "{path} cannot be changed (it is {old}, asked for is {new}); make a new EventBus"
    ))
}

#[cfg(test)]
mod tests {
    use super::*;
    use argo_events::BuiltinKinds as _;

    fn bus(generation: i64, spec: Value) -> Value {
        json!({
            "metadata": { "name": "default", "generation": generation },
            "spec": spec,
        })
    }

    fn update(old: Value, new: Value) -> Verdict {
        let (old, new) = (bus(1, old), bus(2, new));
        let question = Question {
            operation: Operation::Update,
            kind: "EventBus",
            object: &new,
            old: &old,
            bus: None,
        };
        judge(&question, &Registry::builtin())
    }

    #[test]
    fn a_bus_stays_the_kind_it_is_and_may_only_leave_for_kafka() {
        let kafka = json!({ "kafka": { "url": "kafka:9092" } });
        let jetstream = json!({ "jetstream": { "version": "latest" } });
        assert!(update(jetstream.clone(), kafka.clone()).is_allowed());
        let denied = update(kafka, jetstream);
        assert!(
            denied.message.contains("from kafka to jetstream")
                && denied.message.contains("new EventBus"),
            "{}",
            denied.message
        );
    }

    #[test]
    fn the_settings_of_a_stream_are_fixed_and_its_servers_are_not() {
        let of = |replicas: i64, config: Value| {
            json!({ "jetstream": {
                "version": "latest", "replicas": replicas, "streamConfig": config,
            }})
        };
        assert!(update(of(1, json!("maxAge: 1h")), of(3, json!("maxAge: 1h"))).is_allowed());
        for new in [json!("maxAge: 2h"), Value::Null] {
            let denied = update(of(1, json!("maxAge: 1h")), of(1, new));
            assert!(
                denied.message.contains("streamConfig"),
                "{}",
                denied.message
            );
        }
    }

    #[test]
    fn no_authentication_and_none_are_the_same() {
        let of = |auth: Value| json!({ "nats": { "native": { "auth": auth } } });
        assert!(update(of(Value::Null), of(json!("none"))).is_allowed());
        assert!(!update(of(json!("none")), of(json!("token"))).is_allowed());
    }

    #[test]
    fn a_sensor_may_come_before_its_bus() {
        let sensor = json!({
            "metadata": { "name": "orders" },
            "spec": {
                "eventBusName": "later",
                "dependencies": [{ "name": "a", "eventSourceName": "s", "eventName": "e" }],
                "triggers": [{ "template": { "name": "t", "log": {} } }],
            },
        });
        let mut question = Question {
            operation: Operation::Create,
            kind: "Sensor",
            object: &sensor,
            old: &Value::Null,
            bus: None,
        };
        assert_eq!(judge(&question, &Registry::builtin()).message, "");
        question.kind = "Pod";
        assert!(!judge(&question, &Registry::builtin()).is_allowed());
        question.operation = Operation::Delete;
        assert!(judge(&question, &Registry::builtin()).is_allowed());
    }

    #[test]
    fn what_is_wrong_is_said_with_its_place() {
        let sensor = json!({
            "metadata": { "name": "orders" },
            "spec": { "dependencies": [], "triggers": [] },
        });
        let question = Question {
            operation: Operation::Create,
            kind: "Sensor",
            object: &sensor,
            old: &Value::Null,
            bus: None,
        };
        let message = judge(&question, &Registry::builtin()).message;
        assert!(
            message.starts_with("invalid Sensor: orders: ") && message.contains("spec.triggers"),
            "{message}"
        );
    }
}

//! The status of objects, and the columns that `kubectl get` prints.
//!
//! Written by the controller; nothing here is required, since status of the reference's controller
//! stays until ours has looked at an object.

use super::structural::{OPAQUE, opaque};
use serde_json::{Value, json};

const READY_PODS: &str = "Number of pods that are ready.";

/// Returns the schema of `status`.
pub(super) fn schema(kind: &str) -> Value {
    let mut properties = json!({
        "conditions": conditions(),
        "observedGeneration": {
            "type": "integer",
            "format": "int64",
            "description": "Generation of the object that this is about.",
        },
        "readyReplicas": {"type": "integer", "description": READY_PODS},
    });
    if kind == "EventBus" {
        properties["config"] = config();
    }
    json!({"type": "object", "description": "What was found.", "properties": properties, OPAQUE: true})
}

fn conditions() -> Value {
    json!({
        "type": "array",
        "description": "What holds and what does not, and why.",
        "x-kubernetes-list-type": "map",
        "x-kubernetes-list-map-keys": ["type"],
        "items": {
            "type": "object",
            "required": ["type", "status"],
            OPAQUE: true,
            "properties": {
                "type": {"type": "string", "description": "What it is about, such as Deployed."},
                "status": {"type": "string", "description": "True, False or Unknown."},
                "reason": {"type": "string", "description": "Why, in one word."},
                "message": {"type": "string", "description": "Why, for people."},
                "lastTransitionTime": moment("When `status` last changed."),
                "observedGeneration": {
                    "type": "integer",
                    "format": "int64",
                    "description": "Generation of the object that this is about.",
                },
            },
        },
    })
}

fn moment(about: &str) -> Value {
    json!({"type": "string", "format": "date-time", "description": about})
}

/// How clients reach the bus; one of them is there.
fn config() -> Value {
    let mut config = opaque();
    config["description"] = "How clients reach the bus.".into();
    config["properties"] = json!({
        "nats": described("NATS Streaming.", &["url", "clusterID", "auth", "accessSecret"]),
        "jetstream": described("NATS JetStream.", &["url", "accessSecret", "streamConfig", "tls"]),
        "kafka": described(
            "Kafka.",
            &["url", "topic", "version", "tls", "sasl", "consumerGroup", "partitioner"],
        ),
    });
    config
}

/// Returns the schema of a connection: what is no text is written by the controller as in `spec`.
fn described(about: &str, fields: &[&str]) -> Value {
    const OBJECTS: &[&str] = &["accessSecret", "tls", "sasl", "consumerGroup"];
    let mut object = opaque();
    object["description"] = about.into();
    for field in fields {
        let is_object = OBJECTS.contains(field);
        object["properties"][field] = if is_object {
            opaque()
        } else {
            json!({"type": "string"})
        };
    }
    object
}

/// Returns the columns that `kubectl get` prints.
pub(super) fn columns(kind: &str) -> Value {
    let deployed = |field: &str| format!(".status.conditions[?(@.type==\"Deployed\")].{field}");
    let mut columns = vec![
        column("Ready", "string", &deployed("status"), "Whether it runs."),
        column(
            "State",
            "string",
            &deployed("reason"),
            "Why it runs, or does not.",
        ),
    ];
    if kind != "EventBus" {
        columns.push(column(
            "Bus",
            "string",
            ".spec.eventBusName",
            "Name of its EventBus.",
        ));
    }
    columns.extend([
        column("Pods", "integer", ".status.readyReplicas", READY_PODS),
        column(
            "Age",
            "date",
            ".metadata.creationTimestamp",
            "When it was made.",
        ),
    ]);
    columns.into()
}

fn column(name: &str, of: &str, path: &str, about: &str) -> Value {
    json!({"name": name, "type": of, "jsonPath": path, "description": about})
}

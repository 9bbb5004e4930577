//! Objects that tests begin with.

use serde_json::{Value, json};

/// An EventBus that exists elsewhere, so that nothing is set up for it.
pub(crate) fn bus() -> Value {
    json!({
        "apiVersion": "argoproj.io/v1alpha1",
        "kind": "EventBus",
        "metadata": { "name": "default" },
        "spec": { "kafka": { "url": "kafka:9092" } },
    })
}

/// An EventBus that is set up.
pub(crate) fn jetstream() -> Value {
    json!({
        "apiVersion": "argoproj.io/v1alpha1",
        "kind": "EventBus",
        "metadata": { "name": "default" },
        "spec": { "jetstream": { "version": "latest", "replicas": 1, "streamConfig": "replicas: 1" } },
    })
}

/// A Sensor.
pub(crate) fn sensor(name: &str) -> Value {
    json!({
        "apiVersion": "argoproj.io/v1alpha1",
        "kind": "Sensor",
        "metadata": { "name": name },
        "spec": {
            "dependencies": [{ "name": "paid", "eventSourceName": "shop", "eventName": "paid" }],
            "triggers": [{ "template": { "name": "ship", "log": {} } }],
        },
    })
}

/// A Sensor that shares pods.
pub(crate) fn packed(name: &str) -> Value {
    let mut packed = sensor(name);
    packed["metadata"]["annotations"] = json!({ "events.argoproj.io/packed": "true" });
    packed
}

/// An EventSource with a Service.
pub(crate) fn source(name: &str) -> Value {
    json!({
        "apiVersion": "argoproj.io/v1alpha1",
        "kind": "EventSource",
        "metadata": { "name": name },
        "spec": {
            "service": { "ports": [{ "port": 12000, "targetPort": 12000 }] },
            "webhook": { "paid": { "endpoint": "/paid", "port": "12000", "method": "POST" } },
        },
    })
}

/// Returns a condition of an object.
pub(crate) fn condition(object: &Value, kind: &str) -> Option<Value> {
    let list = object["status"]["conditions"].as_array()?;
    list.iter().find(|one| one["type"] == kind).cloned()
}

/// Returns status and reason of a condition, such as `False InvalidSpec`.
pub(crate) fn says(object: &Value, kind: &str) -> String {
    let Some(condition) = condition(object, kind) else {
        return String::new();
    };
    let text = |field: &str| condition[field].as_str().unwrap_or_default();
    format!("{} {}", text("status"), text("reason"))
        .trim_end()
        .to_owned()
}

/// Tells whether an object is deployed.
pub(crate) fn is_deployed(object: &Value) -> bool {
    condition(object, "Deployed").is_some_and(|one| one["status"] == "True")
}

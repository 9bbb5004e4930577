//! Builds the Service of an EventSource; its Deployment is built as that of a Sensor.

use crate::{
    children, object,
    workload::{SOURCE, resources},
};
use serde_json::{Value, json};

/// Returns the name of the Service.
pub(super) fn service_name(source: &Value) -> String {
    format!("{}-eventsource-svc", object::name(source))
}

/// Builds the Service, if the EventSource asks for one.
pub(super) fn service(source: &Value) -> Option<Value> {
    let ports = resources::service_ports(source);
    if ports.is_empty() {
        return None;
    }
    let wanted = &source["spec"]["service"];
    let system = resources::system_labels(&SOURCE, source);
    let labels = object::overlaid([
        &wanted["metadata"]["labels"],
        &source["metadata"]["labels"],
        &system.clone().into(),
    ]);
    let mut service = json!({
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": object::child_metadata(source, &service_name(source), labels),
        "spec": { "type": "ClusterIP", "ports": ports, "selector": system },
    });
    object::copy(
        &wanted["metadata"],
        &["annotations"],
        &mut service["metadata"],
    );
    object::copy(wanted, &["clusterIP"], &mut service["spec"]);
    Some(children::marked(service))
}

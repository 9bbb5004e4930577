//! Rules of the admission webhook.

use super::Rule;
use serde_json::Value;

/// Whoever applies a folder does not choose an order.
pub const NO_BUS_YET: Rule = Rule {
    name: "validate: a sensor before its event bus",
    reason: "the reference refuses it, so that manifests must be applied in an order",
    required: "allowed; the sensor's status says that the bus is not there",
    applies: |vector| {
        let input = &vector["in"];
        let named = input["object"]["spec"]["eventBusName"].as_str();
        let name = named.filter(|name| !name.is_empty()).unwrap_or("default");
        let buses = input["existingBuses"].as_array();
        let is_there =
            buses.is_some_and(|buses| buses.iter().any(|bus| bus["metadata"]["name"] == name));
        input["kind"] == "Sensor" && !is_there
    },
};

/// A finalizer must go, whatever the object is.
pub const NOTHING_NEW: Rule = Rule {
    name: "validate: an update that asks for nothing new",
    reason: "the reference reads the object before it looks at its generation, so that the \
             finalizer of one that cannot be read can never be removed",
    required: "allowed",
    applies: |vector| {
        let generation = |object: &str| {
            let generation: &Value = &vector["in"][object]["metadata"]["generation"];
            generation.as_i64()
        };
        vector["in"]["operation"] == "UPDATE" && generation("object") == generation("oldObject")
    },
};

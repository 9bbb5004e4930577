//! Where the reference's controllers do what cannot work, or what nobody can want.

use super::Rule;
use argo_events::manifest::value_of;
use serde_json::Value;

/// Nobody could pause an object without deleting it.
pub const PAUSED: Rule = Rule {
    name: "reconcile: no replicas",
    reason: "the reference takes 0 for 1, so that nothing can be paused without losing it",
    required: "a Deployment without pods",
    applies: |vector| steps(vector).any(|object| object["spec"]["replicas"] == 0),
};

/// What a manifest says about pulling its image is never looked at.
pub const PULL_POLICY: Rule = Rule {
    name: "reconcile: imagePullPolicy of a template",
    reason: "the reference sets the controller's policy first and then fills in the manifest's only \
             where none is set, so that the field never has an effect",
    required: "the policy that the manifest gives",
    applies: |vector| steps(vector).any(|object| container(object)["imagePullPolicy"].is_string()),
};

/// Names that user and controller both give make pods that no cluster takes.
pub const DUPLICATES: Rule = Rule {
    name: "reconcile: names that user and controller both give",
    reason: "the reference writes both, and a real API server refuses two volumes of one name and \
             two mounts at one place",
    required: "the controller's, once",
    applies: |vector| {
        steps(vector).any(|object| {
            let named = |list: &Value, field: &str, name: &str| {
                list.as_array()
                    .is_some_and(|list| list.iter().any(|one| one[field] == name))
            };
            named(&container(object)["env"], "name", "POD_NAME")
                || named(&container(object)["volumeMounts"], "mountPath", "/tmp")
                || named(&object["spec"]["template"]["volumes"], "name", "tmp")
        })
    },
};

/// Fields that the reference does not know are cut off on the way to the pod.
pub const UNKNOWN_FIELDS: Rule = Rule {
    name: "reconcile: fields of a trigger that the reference does not know",
    reason: "the reference passes the object through its own types; here the pod gets it as it was \
             written, with the fields that this project has beyond the reference's",
    required: "the object as it is",
    applies: |vector| {
        steps(vector).any(|object| {
            let triggers = object["spec"]["triggers"].as_array().into_iter().flatten();
            triggers.into_iter().any(|trigger| {
                let template = &trigger["template"];
                ["argoWorkflow", "email", "k8s", "slack"]
                    .iter()
                    .any(|kind| template[kind]["payload"].is_array())
                    || template["log"]["parameters"].is_array()
            })
        })
    },
};

/// NATS Streaming has ended, and there is no client for it here.
pub const NATS_STREAMING: Rule = Rule {
    name: "reconcile: NATS Streaming",
    reason: "its server has been given up by its makers, and pods of this project cannot speak to it; \
             to start some that fail for ever would be worse than to say so",
    required: "Deployed False with a reason, and nothing created or changed",
    applies: |vector| {
        let existing = vector["in"]["existing"].as_array().into_iter().flatten();
        steps(vector)
            .any(|object| object["spec"]["nats"].is_object() && object["kind"] == "EventBus")
            || existing
                .filter(|object| object["kind"] == "EventBus")
                .any(|bus| bus["status"]["config"]["nats"].is_object())
    },
};

/// A version that is not configured leaves half a bus behind.
pub const UNKNOWN_VERSION: Rule = Rule {
    name: "reconcile: a version of JetStream that is not configured",
    reason: "the reference creates secrets, configuration and Service of a bus that it then cannot \
             set up",
    required: "the same condition, and nothing created",
    applies: |vector| {
        steps(vector).any(|object| {
            let known = &vector["in"]["config"]["eventBus"]["jetstream"]["versions"];
            let version = &object["spec"]["jetstream"]["version"];
            version.is_string()
                && known
                    .as_array()
                    .is_some_and(|list| list.iter().all(|one| one["version"] != *version))
        })
    },
};

/// A stream with more copies than servers cannot be created.
pub const COPIES: Rule = Rule {
    name: "reconcile: more copies of the stream than servers",
    reason: "the reference asks for three copies on one server, which the server refuses for ever",
    required: "as many copies as there are servers",
    applies: |vector| {
        steps(vector).any(|object| {
            let bus = &object["spec"]["jetstream"];
            let copies = |text: &Value| {
                let settings = value_of(text.as_str().unwrap_or_default()).ok()?;
                settings["replicas"].as_i64()
            };
            let defaults = &vector["in"]["config"]["eventBus"]["jetstream"]["streamConfig"];
            let wanted = copies(&bus["streamConfig"]).or_else(|| copies(defaults));
            bus.is_object() && wanted > Some(bus["replicas"].as_i64().unwrap_or(3))
        })
    },
};

/// Settings of a stream that cannot be read, or that nobody knows.
pub const STREAM: Rule = Rule {
    name: "reconcile: settings of the stream that mean nothing",
    reason: "the reference leaves the bus without a condition that says so, or takes a misspelt key \
             in silence",
    required: "Configured False with what is wrong, and nothing created",
    applies: |vector| {
        steps(vector).any(|object| {
            const KNOWN: [&str; 7] = [
                "retention",
                "discard",
                "maxmsgs",
                "maxage",
                "maxbytes",
                "replicas",
                "duplicates",
            ];
            let Some(text) = object["spec"]["jetstream"]["streamConfig"].as_str() else {
                return false;
            };
            match value_of(text) {
                Ok(Value::Object(settings)) => settings
                    .keys()
                    .any(|key| !KNOWN.contains(&key.to_lowercase().as_str())),
                _ => true,
            }
        })
    },
};

/// A bus that says nothing can never be deleted.
pub const UNDELETABLE: Rule = Rule {
    name: "reconcile: deletion of a bus without a kind",
    reason: "the reference finds its specification invalid when it is to be deleted too, and keeps \
             its finalizer for ever",
    required: "it is gone",
    applies: |vector| {
        vector["in"]["thenDelete"] == true
            && steps(vector).any(|object| {
                object["kind"] == "EventBus"
                    && object["spec"]
                        .as_object()
                        .is_none_or(|spec| spec.is_empty())
            })
    },
};

/// Returns the objects of a vector, in the order in which they are written.
fn steps(vector: &Value) -> impl Iterator<Item = &Value> {
    vector["in"]["steps"].as_array().into_iter().flatten()
}

fn container(object: &Value) -> &Value {
    &object["spec"]["template"]["container"]
}

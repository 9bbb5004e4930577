//! One child: whether it is created, replaced or left alone.
//!
//! A child is replaced when what is wanted of it has changed, or when it no longer is as wanted, by
//! whose hand ever. What the API server and others wrote into it beside that is kept.

use crate::{
    compare::{self, HASH},
    object::{self, Ownership},
    plan::{Action, Verb},
};
use serde_json::{Value, json};

/// What is wanted of a child, and the reasons that a condition gives when the API server refuses.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Reasons {
    /// It could not be created.
    pub(crate) create: &'static str,
    /// It could not be replaced.
    pub(crate) update: &'static str,
}

impl Reasons {
    /// Gives one reason whatever was refused.
    pub(crate) const fn same(reason: &'static str) -> Self {
        Self {
            create: reason,
            update: reason,
        }
    }
}

/// Annotations of a pod template that people set to restart its pods.
const RESTARTED: &str = "kubectl.kubernetes.io/restartedAt";

/// Marks a child with the hash of itself.
pub(crate) fn marked(mut wanted: Value) -> Value {
    let hash = compare::hash(&wanted);
    wanted["metadata"]["annotations"][HASH] = json!(hash);
    wanted
}

/// Finds the child of a kind and name among what exists.
pub(crate) fn find<'a>(children: &'a [Value], kind: &str, name: &str) -> Option<&'a Value> {
    children
        .iter()
        .find(|child| object::kind(child) == kind && object::name(child) == name)
}

/// Says what to do so that a marked child is as wanted.
///
/// What belongs to somebody else under the same name is left alone: creating ours is refused then,
/// which the object's status tells.
pub(crate) fn ensure(
    wanted: Value,
    found: Option<&Value>,
    owner: &Value,
    reasons: Reasons,
) -> Vec<Action> {
    let found = found.filter(|found| {
        object::ownership(found, owner) != Ownership::Foreign && !object::is_deleting(found)
    });
    let Some(found) = found else {
        return vec![create(wanted, reasons.create)];
    };
    if must_be_remade(&wanted, found) {
        let verb = match object::kind(found) {
            "StatefulSet" => Verb::Orphan,
            _ => Verb::Delete,
        };
        return vec![
            delete_by(verb, found, reasons.update),
            create(wanted, reasons.create),
        ];
    }
    if is_current(&wanted, found) {
        return Vec::new();
    }
    vec![Action {
        verb: Verb::Update,
        object: merged(wanted, found),
        refused: reasons.update,
    }]
}

pub(crate) fn create(object: Value, refused: &'static str) -> Action {
    Action {
        verb: Verb::Create,
        object,
        refused,
    }
}

/// Deletes a child by its uid.
pub(crate) fn delete(found: &Value, refused: &'static str) -> Action {
    delete_by(Verb::Delete, found, refused)
}

fn delete_by(verb: Verb, found: &Value, refused: &'static str) -> Action {
    let mut metadata = json!({});
    object::copy(
        &found["metadata"],
        &["name", "namespace", "uid"],
        &mut metadata,
    );
    let identity = json!({
        "apiVersion": found["apiVersion"],
        "kind": found["kind"],
        "metadata": metadata,
    });
    Action {
        verb,
        object: identity,
        refused,
    }
}

fn is_current(wanted: &Value, found: &Value) -> bool {
    let owned = &found["metadata"]["ownerReferences"];
    let owner = &wanted["metadata"]["ownerReferences"][0];
    let mut wanted = wanted.clone();
    if let Some(metadata) = wanted["metadata"].as_object_mut() {
        metadata.remove("ownerReferences");
        // What exists has its name; the reference's prefix may be longer, and no update changes it.
        metadata.remove("generateName");
    }
    let is_owned = owner.is_null()
        || owned
            .as_array()
            .is_some_and(|list| list.iter().any(|one| one["uid"] == owner["uid"]));
    is_owned && compare::holds(&wanted, found)
}

/// Tells whether a difference is one that the API server never lets anybody write.
fn must_be_remade(wanted: &Value, found: &Value) -> bool {
    match object::kind(found) {
        "StatefulSet" => {
            let (wanted, found) = (&wanted["spec"], &found["spec"]);
            let claims = |spec: &Value| spec["volumeClaimTemplates"].as_array().map_or(0, Vec::len);
            claims(wanted) != claims(found)
                || ["serviceName", "podManagementPolicy", "volumeClaimTemplates"]
                    .iter()
                    .any(|field| !compare::holds(&wanted[field], &found[field]))
        }
        "Service" => {
            let address = &wanted["spec"]["clusterIP"];
            let headless = |address: &Value| address == "None";
            let current = &found["spec"]["clusterIP"];
            (!object::is_empty(address) && !object::is_empty(current) && address != current)
                || (object::is_empty(address) && headless(current))
        }
        _ => false,
    }
}

/// Lays what is wanted over what exists.
fn merged(wanted: Value, found: &Value) -> Value {
    let mut object = found.clone();
    let metadata = &wanted["metadata"];
    object["metadata"]["labels"] = metadata["labels"].clone();
    object["metadata"]["annotations"] = match object::kind(found) {
        // Nobody else writes to those of a Service within the cluster.
        "Service" => metadata["annotations"].clone(),
        _ => object::overlaid([&found["metadata"]["annotations"], &metadata["annotations"]]).into(),
    };
    object["metadata"]["ownerReferences"] = owners(metadata, found);
    for field in ["data", "stringData", "spec"] {
        if !wanted[field].is_null() {
            object[field] = wanted[field].clone();
        }
    }
    keep_allocated(&mut object, found);
    object
}

fn owners(metadata: &Value, found: &Value) -> Value {
    let wanted = metadata["ownerReferences"].as_array();
    let mut list: Vec<Value> = wanted.into_iter().flatten().cloned().collect();
    let has_controller = list.iter().any(|one| one["controller"] == true);
    let others = found["metadata"]["ownerReferences"].as_array();
    for other in others.into_iter().flatten() {
        let is_known = list.iter().any(|one| one["uid"] == other["uid"]);
        let is_replaced = has_controller && other["controller"] == true;
        if !is_known && !is_replaced {
            list.push(other.clone());
        }
    }
    list.into()
}

/// Keeps what the API server chose once, or what cannot change.
fn keep_allocated(object: &mut Value, found: &Value) {
    let kept: &[&str] = match object::kind(found) {
        "Service" => &["clusterIP", "clusterIPs", "ipFamilies", "ipFamilyPolicy"],
        "Deployment" | "StatefulSet" => &["selector"],
        _ => return,
    };
    let wanted = object["spec"].clone();
    for field in kept {
        let is_chosen = !object::is_empty(&found["spec"][field]);
        if is_chosen && (*field == "selector" || object::is_empty(&wanted[field])) {
            object["spec"][*field] = found["spec"][field].clone();
        }
    }
    let restarted = &found["spec"]["template"]["metadata"]["annotations"][RESTARTED];
    if restarted.is_string() {
        object["spec"]["template"]["metadata"]["annotations"][RESTARTED] = restarted.clone();
    }
    if object::kind(found) == "StatefulSet" {
        // Compared equal before; the one that exists has the defaults, which must not change.
        object::copy(
            &found["spec"],
            &["volumeClaimTemplates"],
            &mut object["spec"],
        );
    }
}

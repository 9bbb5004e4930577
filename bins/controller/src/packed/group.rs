//! Which objects share pods.

use super::{
    ANNOTATION, GROUP_LABEL,
    resources::{FULL, file_name},
};
use crate::{
    Settings, compare, object,
    workload::{Flavour, SENSOR, SOURCE, resources},
};
use argo_events_core::registry::Placement;
use serde_json::{Map, Value, json};

/// Annotation of a group's children: what the group is made of.
const MADE_OF: &str = "events.argoproj.io/packed-members";

/// Which objects share pods.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Group {
    /// `EventSource` or `Sensor`.
    pub kind: String,
    /// Namespace of the objects.
    pub namespace: String,
    /// Name of the EventBus.
    pub bus: String,
    /// Name of the service account; empty for the namespace's own.
    pub service_account: String,
    /// Class of pods: sources that run once are kept apart from those that every replica runs.
    pub class: String,
}

impl Group {
    /// Returns the name of the group's Deployment, which is also the value of its label.
    pub fn name(&self) -> String {
        let made_of = [&self.kind, &self.bus, &self.service_account, &self.class];
        let hash = compare::hash(&json!(made_of));
        format!("packed-{}-{}", self.flavour().infix, &hash[..10])
    }

    /// Returns the group that a child belongs to, also when none of its objects is left.
    pub fn of_child(child: &Value) -> Option<Self> {
        let made_of: Value = serde_json::from_str(object::annotation(child, MADE_OF)?).ok()?;
        let text = |field: &str| made_of[field].as_str().map(str::to_owned);
        let group = Self {
            kind: text("kind")?,
            namespace: object::namespace(child).to_owned(),
            bus: text("bus")?,
            service_account: text("serviceAccount")?,
            class: text("class")?,
        };
        let is_its_own = child["metadata"]["labels"][GROUP_LABEL] == group.name();
        is_its_own.then_some(group)
    }

    pub(super) fn flavour(&self) -> &'static Flavour {
        if self.kind == "Sensor" {
            &SENSOR
        } else {
            &SOURCE
        }
    }

    /// Returns the labels of the group's children, by which its pods are selected.
    pub(crate) fn labels(&self) -> Map<String, Value> {
        let labels = json!({
            "controller": self.flavour().controller,
            GROUP_LABEL: self.name(),
        });
        object::overlaid([&labels])
    }

    pub(super) fn annotations(&self) -> Value {
        let made_of = json!({
            "kind": self.kind,
            "bus": self.bus,
            "serviceAccount": self.service_account,
            "class": self.class,
        });
        json!({ MADE_OF: made_of.to_string() })
    }
}

/// Tells which group an EventSource or a Sensor belongs to, if it shares pods.
pub fn group_of(object: &Value, settings: &Settings) -> Option<Group> {
    let asks = match object::annotation(object, ANNOTATION) {
        Some(answer) => answer == "true",
        None => settings.packed,
    };
    let template = &object["spec"]["template"];
    let is_plain = template
        .as_object()
        .into_iter()
        .flatten()
        .all(|(field, value)| field == "serviceAccountName" || object::is_empty(value));
    let elects = object::annotation(object, resources::LEADER_ELECTION);
    if !asks || !is_plain || elects.is_some() || resources::replicas(object) != 1 {
        return None;
    }
    // No ConfigMap could hold its file, and nobody else's pods would start.
    if file_name(object).len() + resources::bare(object).to_string().len() > FULL {
        return None;
    }
    let class = match object::kind(object) {
        "Sensor" => "sensors",
        "EventSource" if !listens(&object["spec"]) => class(object, settings),
        _ => return None,
    };
    Some(Group {
        kind: object::kind(object).to_owned(),
        namespace: object::namespace(object).to_owned(),
        bus: object::bus_name(object).to_owned(),
        service_account: template["serviceAccountName"]
            .as_str()
            .unwrap_or_default()
            .to_owned(),
        class: class.to_owned(),
    })
}

/// Tells whether an EventSource listens on a port, which two of them in one pod may want.
fn listens(spec: &Value) -> bool {
    let kinds = spec.as_object().into_iter().flatten();
    let mut events = kinds
        .filter_map(|(_, events)| events.as_object())
        .flat_map(|events| events.values());
    !object::is_empty(&spec["service"])
        || events.any(|event| {
            !object::is_empty(&event["port"]) || !object::is_empty(&event["webhook"]["port"])
        })
}

fn class(object: &Value, settings: &Settings) -> &'static str {
    let kinds = object["spec"].as_object().into_iter().flatten();
    let mut placements = kinds
        .filter_map(|(kind, _)| settings.registry.source(kind).ok())
        .map(|source| source.placement);
    match placements.next() {
        Some(Placement::Replicated) => "replicated",
        _ => "single",
    }
}

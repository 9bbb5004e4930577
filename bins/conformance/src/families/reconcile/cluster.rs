//! A small model of the API server: objects, versions, finalizers; no collection of what is left.

use argo_events_controller::{
    Action, Finalizer, Plan, Settings, Verb, bus, event_source, object, sensor,
    workload::{Bus, Observed},
};
use argo_events_core::Timestamp;
use serde_json::{Map, Value, json};

/// Everything that exists.
pub(super) struct Cluster {
    objects: Vec<Value>,
    versions: u64,
}

/// Kinds of children, as vectors call them.
const CHILDREN: [(&str, &str); 5] = [
    ("ConfigMap", "configMaps"),
    ("Deployment", "deployments"),
    ("Secret", "secrets"),
    ("Service", "services"),
    ("StatefulSet", "statefulSets"),
];

impl Cluster {
    pub(super) fn with(existing: &Value) -> Self {
        let objects = existing.as_array().cloned().unwrap_or_default();
        Self {
            objects,
            versions: 0,
        }
    }

    /// Writes an object as its user does: finalizers and status stay.
    pub(super) fn write(&mut self, object: &Value) {
        let mut written = object.clone();
        match self.position(object) {
            Some(at) => {
                let known = &self.objects[at];
                written["status"] = known["status"].clone();
                written["metadata"]["finalizers"] = known["metadata"]["finalizers"].clone();
                self.objects[at] = written;
            }
            None => self.objects.push(written),
        }
    }

    pub(super) fn delete(&mut self, object: &Value) {
        if let Some(at) = self.position(object) {
            self.objects[at]["metadata"]["deletionTimestamp"] = json!("2026-01-01T00:00:00Z");
        }
    }

    pub(super) fn get(&self, object: &Value) -> Option<&Value> {
        self.position(object).map(|at| &self.objects[at])
    }

    /// Carries plans out until nothing is left to do, and returns the last error.
    pub(super) fn reconcile(
        &mut self,
        object: &Value,
        settings: &Settings,
    ) -> Result<Option<String>, String> {
        let plan = self.plan(object, settings);
        let error = plan.error.clone();
        self.carry_out(object, plan)?;
        if self.get(object).is_some() {
            let rest = self.plan(object, settings);
            if !rest.is_settled() {
                return Err(format!("nothing left to do, and not {rest:?}"));
            }
        }
        Ok(error)
    }

    fn plan(&self, object: &Value, settings: &Settings) -> Plan {
        const NOW: Timestamp = Timestamp::from_millis(1_780_000_000_000);
        let Some(current) = self.get(object) else {
            return Plan::default();
        };
        if object::kind(current) == "EventBus" {
            return bus::plan(
                &bus::Observed {
                    bus: current,
                    children: &self.objects,
                    users: &self.objects,
                    now: NOW,
                },
                settings,
            );
        }
        let bus = self.objects.iter().find(|one| {
            object::kind(one) == "EventBus"
                && object::name(one) == object::bus_name(current)
                && object::namespace(one) == object::namespace(current)
        });
        let observed = Observed {
            object: current,
            bus: bus.map_or(Bus::Absent, Bus::Found),
            children: &self.objects,
            packed_into: None,
            now: NOW,
        };
        match object::kind(current) {
            "Sensor" => sensor::plan(&observed, settings),
            _ => event_source::plan(&observed, settings),
        }
    }

    fn carry_out(&mut self, object: &Value, plan: Plan) -> Result<(), String> {
        let at = self.position(object).ok_or("there is no such object")?;
        if let Some(Finalizer::Add(finalizer)) = plan.finalizer {
            self.objects[at]["metadata"]["finalizers"] = json!([finalizer]);
        }
        if let Some(status) = plan.status {
            self.objects[at]["status"] = status;
        }
        for action in plan.actions {
            self.act(action)?;
        }
        if let Some(Finalizer::Remove(_)) = plan.finalizer {
            self.objects.remove(at);
        }
        Ok(())
    }

    fn act(&mut self, action: Action) -> Result<(), String> {
        let at = self.position(&action.object);
        self.versions += 1;
        let mut object = action.object;
        match (action.verb, at) {
            (Verb::Create, None) => {
                object["metadata"]["uid"] = json!(format!("uid-{}", self.versions));
                object["metadata"]["resourceVersion"] = json!(self.versions.to_string());
                self.objects.push(object);
            }
            (Verb::Update, Some(at)) => {
                let known = &self.objects[at]["metadata"]["resourceVersion"];
                if object["metadata"]["resourceVersion"] != *known {
                    return Err(format!("conflict: {object}"));
                }
                object["metadata"]["resourceVersion"] = json!(self.versions.to_string());
                self.objects[at] = object;
            }
            (Verb::Delete | Verb::Orphan, Some(at)) => {
                self.objects.remove(at);
            }
            (verb, _) => return Err(format!("cannot {verb:?} {object}")),
        }
        Ok(())
    }

    /// Returns what was made, by kind.
    pub(super) fn children(&self) -> Value {
        let mut by_kind = Map::new();
        for (kind, name) in CHILDREN {
            let of_kind = self
                .objects
                .iter()
                .filter(|object| object::kind(object) == kind);
            let list: Vec<Value> = of_kind.cloned().collect();
            if !list.is_empty() {
                by_kind.insert(name.to_owned(), list.into());
            }
        }
        by_kind.into()
    }

    fn position(&self, object: &Value) -> Option<usize> {
        let same = |one: &Value| {
            one["kind"] == object["kind"]
                && object::name(one) == object::name(object)
                && object::namespace(one) == object::namespace(object)
        };
        self.objects.iter().position(same)
    }
}

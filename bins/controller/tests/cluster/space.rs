//! A namespace with objects of ours.

use crate::stage::{Stage, condition, eventually};
use kube::{
    Api, Client, ResourceExt as _,
    api::{DeleteParams, DynamicObject, ListParams, Patch, PatchParams, PostParams},
    core::{ApiResource, GroupVersionKind},
};
use serde_json::{Value, json};
use std::{future::Future, panic::Location};

/// A namespace.
pub(crate) struct Space {
    pub(crate) name: String,
    client: Client,
}

impl Space {
    /// Makes a namespace with a bus that needs no pods.
    pub(crate) async fn new(stage: &Stage, name: &str) -> Self {
        let space = Self {
            name: name.to_owned(),
            client: stage.client.clone(),
        };
        let kind = ApiResource::from_gvk(&GroupVersionKind::gvk("", "v1", "Namespace"));
        let made = serde_json::from_value(json!({"metadata": {"name": name}})).unwrap();
        let namespaces = Api::<DynamicObject>::all_with(stage.client.clone(), &kind);
        namespaces
            .create(&PostParams::default(), &made)
            .await
            .unwrap();
        space.make("EventBus", "default", bus()).await;
        space
    }

    /// Returns the objects of a kind.
    pub(crate) fn all(&self, kind: &str) -> Api<DynamicObject> {
        let (group, version) = match kind {
            "Deployment" | "StatefulSet" => ("apps", "v1"),
            "Service" | "Event" | "Secret" | "PersistentVolumeClaim" => ("", "v1"),
            _ => ("argoproj.io", "v1alpha1"),
        };
        let mut found = ApiResource::from_gvk(&GroupVersionKind::gvk(group, version, kind));
        if kind == "EventBus" {
            // English has another plural.
            found.plural = "eventbus".to_owned();
        }
        Api::namespaced_with(self.client.clone(), &self.name, &found)
    }

    /// Makes an object.
    pub(crate) async fn make(&self, kind: &str, name: &str, spec: Value) {
        let object = object(kind, name, spec);
        self.all(kind)
            .create(&PostParams::default(), &object)
            .await
            .unwrap();
    }

    /// Changes a part of an object.
    pub(crate) async fn change(&self, kind: &str, name: &str, patch: Value) {
        let patch = Patch::Merge(patch);
        self.all(kind)
            .patch(name, &PatchParams::default(), &patch)
            .await
            .unwrap();
    }

    /// Asks for an object to be deleted.
    pub(crate) async fn delete(&self, kind: &str, name: &str) {
        self.all(kind)
            .delete(name, &DeleteParams::default())
            .await
            .unwrap();
    }

    /// Lists the objects of a kind; once the API server is there.
    pub(crate) async fn list(&self, kind: &str) -> Vec<DynamicObject> {
        let all = self.all(kind);
        let list = async || all.list(&ListParams::default()).await.ok();
        let found = eventually(&format!("{kind}s are listed"), list).await;
        found.items
    }

    /// Lists the names of the objects of a kind, sorted.
    pub(crate) async fn names(&self, kind: &str) -> Vec<String> {
        let mut names: Vec<_> = self
            .list(kind)
            .await
            .iter()
            .map(|it| it.name_any())
            .collect();
        names.sort();
        names
    }

    /// Waits until so many objects of a kind are there and every condition of each holds for what
    /// they say now.
    pub(crate) async fn until_ready(&self, kind: &str, count: usize) {
        self.until(kind, |all| all.len() == count && all.iter().all(is_ready))
            .await;
    }

    /// Waits until something holds of the objects of a kind.
    #[track_caller]
    pub(crate) fn until(
        &self,
        kind: &str,
        holds: impl Fn(&[DynamicObject]) -> bool,
    ) -> impl Future<Output = ()> {
        let caller = Location::caller();
        async move {
            let what = format!(
                "what line {} asks of {kind}s in {}",
                caller.line(),
                self.name
            );
            eventually(&what, async || holds(&self.list(kind).await).then_some(())).await;
        }
    }

    /// Waits until a condition of an object does not hold, and returns the reason.
    pub(crate) async fn refusal(&self, kind: &str, name: &str, what: &str) -> String {
        let waited = format!("{kind} {name} says that {what} does not hold");
        eventually(&waited, async || {
            let found = self.all(kind).get(name).await.unwrap();
            let one = condition(&found.data, what).filter(|it| it["status"] == "False")?;
            Some(one["reason"].as_str().unwrap_or_default().to_owned())
        })
        .await
    }
}

/// Tells whether every condition of an object holds, for its generation.
pub(crate) fn is_ready(object: &DynamicObject) -> bool {
    let conditions = object.data["status"]["conditions"].as_array();
    let seen = object.data["status"]["observedGeneration"].as_i64();
    seen == object.metadata.generation
        && conditions.is_some_and(|all| all.iter().all(|one| one["status"] == "True"))
}

fn bus() -> Value {
    json!({"jetstreamExotic": {"url": "nats://bus.example:4222"}})
}

/// An EventSource that listens.
pub(crate) fn source() -> Value {
    json!({
        "service": {"ports": [{"port": 12000, "targetPort": 12000}]},
        "webhook": {"paid": {"port": "12000", "endpoint": "/paid", "method": "POST"}},
    })
}

/// A Sensor that logs.
pub(crate) fn sensor() -> Value {
    json!({
        "dependencies": [{"name": "paid", "eventSourceName": "shop", "eventName": "paid"}],
        "triggers": [{"template": {"name": "note", "log": {}}}],
    })
}

/// Writes an object of Argo Events.
pub(crate) fn object(kind: &str, name: &str, spec: Value) -> DynamicObject {
    let object = json!({
        "apiVersion": "argoproj.io/v1alpha1",
        "kind": kind,
        "metadata": {"name": name},
        "spec": spec,
    });
    serde_json::from_value(object).expect("it has all that an object has")
}

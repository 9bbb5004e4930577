//! Firings of triggers that talk to a cluster: what they make, change and delete on a real API server.

mod objects;
mod workflows;

use crate::{Promise, Stage, space::Space};
use argo_events::{
    BuiltinKinds as _, Error, Executed, Registry, Result, SystemClock, TriggerContext,
    core::{
        Event, Firing,
        registry::{Clients, TriggerBuild},
        resolver::{Held, Shape},
        secret::MemorySecrets,
    },
    sensor::kubernetes::Cluster,
};
use kube::{
    Api, Client, Config,
    api::DynamicObject,
    core::{ApiResource, GroupVersionKind},
};
use serde_json::{Value, json};
use std::sync::Arc;
use tokio_util::sync::CancellationToken;

/// Returns all promises.
pub(crate) fn promises() -> Vec<Promise> {
    [objects::PROMISES, workflows::PROMISES].concat()
}

/// A namespace with a Sensor's triggers.
struct Shop {
    space: Space,
    client: Client,
    registry: Registry,
    clients: Clients,
}

impl Shop {
    async fn new(stage: &Stage, name: &str) -> Self {
        let space = Space::new(stage, name).await;
        let config = stage.server.configuration().await.unwrap();
        Self::of(space, config)
    }

    /// Makes one whose triggers are somebody.
    fn of(space: Space, mut config: Config) -> Self {
        config.default_retry = false;
        let client = Client::try_from(config).unwrap();
        let clients = Clients::default();
        clients.get_or_make("", || Cluster::with_client(client.clone()));
        Self {
            space,
            client,
            registry: Registry::builtin(),
            clients,
        }
    }

    /// Fires a trigger of a kind for an event.
    async fn fire(&self, kind: &str, config: Value, event: &str) -> Result<Executed> {
        let secrets = Arc::new(MemorySecrets::default());
        let mut build = TriggerBuild::new("orders", "ship", secrets, Arc::new(SystemClock));
        build.namespace.clone_from(&self.space.name);
        build.clients = self.clients.clone();
        let trigger = self.registry.trigger(kind)?.build(&config, &build)?;
        let rendered = trigger.render(&firing(event)).await?;
        let context = TriggerContext::new(1, CancellationToken::new(), Arc::new(SystemClock));
        trigger.execute(&rendered, &context).await
    }

    /// Fires a k8s trigger with an object.
    async fn k8s(&self, operation: &str, object: Value) -> Result<Value> {
        self.k8s_as(json!({"operation": operation}), object, "1")
            .await
    }

    /// Fires a k8s trigger with an object and whatever else it is told.
    async fn k8s_as(&self, mut config: Value, object: Value, event: &str) -> Result<Value> {
        config["source"] = json!({"resource": object});
        let done = self.fire("k8s", config, event).await?;
        Ok(done.object.unwrap_or_default())
    }

    /// Returns the objects of a kind, such as `apps/v1` and `Deployment`.
    fn all(&self, api_version: &str, kind: &str) -> Api<DynamicObject> {
        let (group, version) = api_version.split_once('/').unwrap_or(("", api_version));
        let resource = ApiResource::from_gvk(&GroupVersionKind::gvk(group, version, kind));
        Api::namespaced_with(self.client.clone(), &self.space.name, &resource)
    }

    /// Returns an object as it is.
    async fn get(&self, api_version: &str, kind: &str, name: &str) -> Option<Value> {
        let found = self.all(api_version, kind).get_opt(name).await.unwrap();
        found.map(|it| serde_json::to_value(it).unwrap())
    }
}

fn firing(id: &str) -> Firing {
    let shape = Shape {
        sensor: "orders".to_owned(),
        trigger: "ship".to_owned(),
        dependencies: vec!["paid".to_owned()],
    };
    let event = Event::builder(id, "shop", "paid")
        .data(r#"{"order":7}"#)
        .build();
    let held = Held {
        dependency: 0,
        event: Arc::new(event),
    };
    Firing::new(Arc::new(shape), [held])
}

/// Tells how an error is sorted, and what it says.
fn told(error: &Error) -> (argo_events::ErrorKind, bool, String) {
    println!("{error}");
    (error.kind(), error.is_transient(), error.to_string())
}

/// Makes the definition of a kind that keeps whatever it is given.
fn definition(group: &str, version: &str, kind: &str, plural: &str) -> Value {
    let anything = json!({"type": "object", "x-kubernetes-preserve-unknown-fields": true});
    json!({
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": format!("{plural}.{group}")},
        "spec": {
            "group": group,
            "scope": "Namespaced",
            "names": {"kind": kind, "plural": plural, "singular": kind.to_lowercase()},
            "versions": [{
                "name": version,
                "served": true,
                "storage": true,
                "schema": {"openAPIV3Schema": anything},
            }],
        },
    })
}

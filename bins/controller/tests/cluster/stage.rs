//! A control plane that knows our kinds.

use argo_events::{BuiltinKinds as _, Registry, manifest::crd};
use argo_events_testkit::servers::{KubeServer, Part, Server, StandIn};
use kube::{
    Client,
    api::{Api, DynamicObject, PostParams},
    core::{ApiResource, GroupVersionKind},
};
use serde_json::Value;
use std::{future::Future, time::Duration};
use tokio::runtime::{Builder, Runtime};

/// How long anything may take, on a busy machine.
const PATIENCE: Duration = Duration::from_secs(600);

/// A control plane with our definitions, and the runtime of its clients.
pub(crate) struct Stage {
    runtime: Runtime,
    _nodes: StandIn,
    pub(crate) client: Client,
    pub(crate) server: KubeServer,
}

impl Stage {
    /// Starts it.
    pub(crate) fn start() -> Self {
        let runtime = Builder::new_multi_thread()
            .worker_threads(1)
            .enable_all()
            .build()
            .unwrap();
        let options = KubeServer::options(Server::Kube).with(Part::ControllerManager);
        let server = options.start().unwrap();
        let (client, nodes) = runtime.block_on(async {
            let client = server.client().await.unwrap();
            define(&client).await;
            // Started anew, it knows whose children to collect.
            server.part(Part::ControllerManager).stop().unwrap();
            server.part(Part::ControllerManager).start_again().unwrap();
            (client, StandIn::start(&server).await.unwrap())
        });
        Self {
            runtime,
            _nodes: nodes,
            client,
            server,
        }
    }

    /// Runs a test to its end.
    pub(crate) fn run(&self, test: impl Future<Output = ()>) {
        let outcome = self
            .runtime
            .block_on(async { tokio::time::timeout(PATIENCE, test).await });
        outcome.expect("a test that ends in time");
    }
}

/// Returns the definitions that this build prints.
pub(crate) fn definitions() -> Vec<Value> {
    crd::definitions(&Registry::builtin())
}

/// Returns where definitions are.
pub(crate) fn of_definitions(client: &Client) -> Api<DynamicObject> {
    let kind = GroupVersionKind::gvk("apiextensions.k8s.io", "v1", "CustomResourceDefinition");
    Api::all_with(client.clone(), &ApiResource::from_gvk(&kind))
}

async fn define(client: &Client) {
    let api = of_definitions(client);
    for definition in definitions() {
        let definition = serde_json::from_value(definition).unwrap();
        let made = api
            .create(&PostParams::default(), &definition)
            .await
            .unwrap();
        let name = made.metadata.name.unwrap();
        loop {
            let found = api.get(&name).await.unwrap();
            if condition(&found.data, "Established").is_some_and(|it| it["status"] == "True") {
                break;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }
}

/// Returns a condition of an object.
pub(crate) fn condition<'a>(object: &'a Value, kind: &str) -> Option<&'a Value> {
    let all = object["status"]["conditions"].as_array()?;
    all.iter().find(|one| one["type"] == kind)
}

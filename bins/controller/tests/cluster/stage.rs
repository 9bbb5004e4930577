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
use tokio::{
    runtime::{Builder, Handle, Runtime},
    time::{sleep, timeout},
};

/// How long a trial may take, on a busy machine.
const PATIENCE: Duration = Duration::from_secs(600);
/// How long anything within it may take.
const STEP: Duration = Duration::from_secs(300);
/// How often it is looked whether something has come about.
pub(crate) const GLANCE: Duration = Duration::from_millis(100);

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

    /// Returns where tasks beside a test run.
    pub(crate) fn handle(&self) -> &Handle {
        self.runtime.handle()
    }

    /// Runs a test to its end.
    pub(crate) fn run(&self, test: impl Future<Output = ()>) {
        let outcome = self
            .runtime
            .block_on(async { timeout(PATIENCE, test).await });
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
    for definition in definitions() {
        establish(client, definition).await;
    }
}

/// Makes a kind known: it is served, and found by those who look for kinds, which takes a little longer.
pub(crate) async fn establish(client: &Client, definition: Value) {
    let api = of_definitions(client);
    let definition = serde_json::from_value(definition).unwrap();
    let made = api.create(&PostParams::default(), &definition).await;
    let made = made.unwrap();
    let name = made.metadata.name.unwrap();
    let what = format!("{name} is established");
    eventually(&what, async || {
        let found = api.get(&name).await.unwrap();
        condition(&found.data, "Established")
            .filter(|it| it["status"] == "True")
            .map(|_| ())
    })
    .await;
    let spec = &made.data["spec"];
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let (group, plural) = (text(&spec["group"]), text(&spec["names"]["plural"]));
    for version in spec["versions"].as_array().unwrap() {
        let version = format!("{group}/{}", text(&version["name"]));
        eventually(&format!("{name} is found in {version}"), async || {
            let found = client.list_api_group_resources(&version).await.ok()?;
            found
                .resources
                .iter()
                .any(|it| it.name == plural)
                .then_some(())
        })
        .await;
    }
}

/// Returns a condition of an object.
pub(crate) fn condition<'a>(object: &'a Value, kind: &str) -> Option<&'a Value> {
    let all = object["status"]["conditions"].as_array()?;
    all.iter().find(|one| one["type"] == kind)
}

/// Waits until a look finds something, and returns that.
///
/// # Panics
/// When it does not in time.
pub(crate) async fn eventually<T>(what: &str, mut look: impl AsyncFnMut() -> Option<T>) -> T {
    let looking = async {
        loop {
            if let Some(found) = look().await {
                return found;
            }
            sleep(GLANCE).await;
        }
    };
    match timeout(STEP, looking).await {
        Ok(found) => found,
        Err(_) => panic!("{what}: not within {STEP:?}"),
    }
}

//! Every reason that a condition gives: one row for each thing that leads to it.

use crate::{
    objects::{bus, condition, jetstream, packed, sensor, source},
    server::{Fault, Server},
    stage::Stage,
};
use serde_json::{Value, json};
use std::collections::BTreeSet;

/// What is there, what the server refuses, and what is said of it.
struct Row {
    says: &'static str,
    kind: &'static str,
    of: (&'static str, &'static str),
    objects: Vec<Value>,
    /// Verb, resource and code.
    refused: Option<(&'static str, &'static str, u16)>,
    /// What is changed once all is deployed, while the server refuses.
    change: Option<fn(&Server)>,
}

/// Reasons of the reference, without those of NATS Streaming, and then our own.
const REASONS: &[&str] = &[
    "BuildDeploymentSpecFailed",
    "BuildServiceFailed",
    "CreateDeploymentFailed",
    "CreateServiceFailed",
    "DeleteServiceFailed",
    "EventBusNotFound",
    "EventBusNotReady",
    "GetDeploymentFailed",
    "GetEventBusFailed",
    "GetServiceFailed",
    "InvalidDependencies",
    "InvalidEventBus",
    "InvalidEventSource",
    "InvalidSpec",
    "InvalidTriggers",
    "JetStreamAuthSecretsFailed",
    "JetStreamConfigMapFailed",
    "JetStreamServiceFailed",
    "JetStreamStatefulSetFailed",
    "RecreateServiceFailed",
    "Skipped",
    "Succeeded",
    "UpdateDeploymentFailed",
    "PackedDeploymentPending",
    "UnsupportedEventBus",
];
/// Reasons that nothing leads to: a Service can always be described, and a Sensor without a bus says
/// `EventBusNotFound`.
const NEVER: &[&str] = &["BuildServiceFailed", "InvalidEventBus"];

const SENSOR: (&str, &str) = ("sensors", "orders");
const SOURCE: (&str, &str) = ("eventsources", "shop");
const BUS: (&str, &str) = ("eventbus", "default");

fn row(
    says: &'static str,
    kind: &'static str,
    of: (&'static str, &'static str),
    objects: impl IntoIterator<Item = Value>,
) -> Row {
    Row {
        says,
        kind,
        of,
        objects: objects.into_iter().collect(),
        refused: None,
        change: None,
    }
}

impl Row {
    fn refusing(mut self, verb: &'static str, plural: &'static str, code: u16) -> Self {
        self.refused = Some((verb, plural, code));
        self
    }

    fn after(mut self, change: fn(&Server)) -> Self {
        self.change = Some(change);
        self
    }

    async fn run(self) {
        let stage = match self.change {
            None => {
                let server = Server::default();
                self.refuse(&server);
                self.objects
                    .iter()
                    .for_each(|one| server.apply(one.clone()));
                Stage::start(&server)
            }
            Some(change) => {
                let stage = Stage::over(self.objects.clone());
                stage.deployed(self.of.0, self.of.1).await;
                stage.server.quiet().await;
                self.refuse(&stage.server);
                change(&stage.server);
                stage
            }
        };
        let object = stage.says(self.of.0, self.of.1, self.kind, self.says).await;
        let one = condition(&object, self.kind).unwrap();
        if self.says.starts_with("False") {
            let message = one["message"].as_str().unwrap_or_default();
            assert!(!message.is_empty(), "{} says why", self.says);
        }
        assert_eq!(one["observedGeneration"], object["metadata"]["generation"]);
        if self.refused.is_some() {
            stage.server.edit(|state| state.mend());
            stage.deployed(self.of.0, self.of.1).await;
        }
    }

    fn refuse(&self, server: &Server) {
        if let Some((verb, plural, code)) = self.refused {
            let reason = if code == 403 { "Forbidden" } else { "Invalid" };
            server.fail(verb, plural, usize::MAX, Fault::refuse(code, reason));
        }
    }
}

fn changed(mut object: Value, pointer: &str, value: Value) -> Value {
    let (parent, field) = pointer.rsplit_once('/').unwrap();
    object.pointer_mut(parent).unwrap()[field] = value;
    object
}

fn of_buses() -> Vec<Row> {
    let with = |spec: Value| [changed(jetstream(), "/spec", spec)];
    let stream =
        |text: &str| with(json!({ "jetstream": { "version": "latest", "streamConfig": text } }));
    let unknown = json!({ "jetstream": { "version": "0.0.1" } });
    let streaming = json!({ "nats": { "native": { "replicas": 3 } } });
    let failed = |says, verb, plural, code| {
        row(says, "Deployed", BUS, [jetstream()]).refusing(verb, plural, code)
    };
    let [secrets, maps, services, servers] = [
        "False JetStreamAuthSecretsFailed",
        "False JetStreamConfigMapFailed",
        "False JetStreamServiceFailed",
        "False JetStreamStatefulSetFailed",
    ];
    vec![
        row("True", "Configured", BUS, [bus()]),
        row("True Skipped", "Deployed", BUS, [bus()]),
        row("True Succeeded", "Deployed", BUS, [jetstream()]),
        row("False InvalidSpec", "Configured", BUS, with(json!({}))),
        row("False InvalidSpec", "Configured", BUS, stream("maxAge: [")),
        row(
            "False UnsupportedEventBus",
            "Deployed",
            BUS,
            with(streaming),
        ),
        row(servers, "Deployed", BUS, with(unknown)),
        failed(secrets, "create", "secrets", 403),
        failed(secrets, "get", "secrets", 403),
        failed(maps, "create", "configmaps", 422),
        failed(maps, "list", "configmaps", 403),
        failed(services, "create", "services", 422),
        failed(services, "list", "services", 403),
        failed(servers, "create", "statefulsets", 422),
        failed(servers, "list", "statefulsets", 403),
    ]
}

fn of_sensors() -> Vec<Row> {
    let with = |pointer: &str, value: Value| [bus(), changed(sensor("orders"), pointer, value)];
    let deployed = |says, objects: [Value; 2]| row(says, "Deployed", SENSOR, objects);
    let failed = |says, verb, plural, code| {
        deployed(says, [bus(), sensor("orders")]).refusing(verb, plural, code)
    };
    let unready = changed(bus(), "/spec", json!({}));
    let large = json!({ "a": "x".repeat(1100 * 1024) });
    let packed = [bus(), packed("orders")];
    vec![
        deployed("True", [bus(), sensor("orders")]),
        row(
            "False EventBusNotFound",
            "Deployed",
            SENSOR,
            [sensor("orders")],
        ),
        deployed("False EventBusNotReady", [unready, sensor("orders")]),
        row(
            "False InvalidDependencies",
            "DependenciesProvided",
            SENSOR,
            with("/spec/dependencies", json!([])),
        ),
        row(
            "False InvalidTriggers",
            "TriggersProvided",
            SENSOR,
            with("/spec/triggers", json!([])),
        ),
        deployed(
            "False BuildDeploymentSpecFailed",
            with("/spec/loggingFields", large),
        ),
        deployed("False PackedDeploymentPending", packed).refusing("create", "deployments", 422),
        failed("False GetEventBusFailed", "list", "eventbus", 403),
        failed("False GetDeploymentFailed", "list", "deployments", 403),
        failed("False CreateDeploymentFailed", "create", "deployments", 422),
        failed("False UpdateDeploymentFailed", "update", "deployments", 422)
            .after(|server| server.apply(changed(sensor("orders"), "/spec/replicas", json!(3)))),
    ]
}

fn of_sources() -> Vec<Row> {
    let failed = |says, verb, plural, code| {
        row(says, "Deployed", SOURCE, [bus(), source("shop")]).refusing(verb, plural, code)
    };
    let wrong = changed(source("shop"), "/spec/webhook/paid/endpoint", json!(""));
    vec![
        row("True", "SourcesProvided", SOURCE, [bus(), source("shop")]),
        row(
            "False InvalidEventSource",
            "SourcesProvided",
            SOURCE,
            [bus(), wrong],
        ),
        row(
            "False EventBusNotFound",
            "Deployed",
            SOURCE,
            [source("shop")],
        ),
        failed("False GetEventBusFailed", "list", "eventbus", 403),
        failed("False GetDeploymentFailed", "list", "deployments", 403),
        failed("False GetServiceFailed", "list", "services", 403),
        failed("False CreateDeploymentFailed", "create", "deployments", 422),
        failed("False CreateServiceFailed", "create", "services", 422),
        failed("False RecreateServiceFailed", "update", "services", 422).after(|server| {
            let ports = json!([{ "port": 13000, "targetPort": 12000 }]);
            server.apply(changed(source("shop"), "/spec/service/ports", ports));
        }),
        failed("False DeleteServiceFailed", "delete", "services", 422).after(|server| {
            server.apply(changed(source("shop"), "/spec/service", Value::Null));
        }),
    ]
}

#[tokio::test(start_paused = true)]
async fn every_reason_is_said_of_its_object_with_why_and_taken_back() {
    let rows = [of_buses(), of_sensors(), of_sources()];
    let mut said = BTreeSet::new();
    for row in rows.into_iter().flatten() {
        said.extend(row.says.split_whitespace().nth(1));
        row.run().await;
    }
    let wanted = REASONS.iter().copied().filter(|one| !NEVER.contains(one));
    assert_eq!(said, wanted.collect(), "each reason has a row");
}

//! Every reason that a condition gives.

use crate::{
    objects::{bus, condition, jetstream, sensor, source},
    server::{Fault, Server},
    stage::Stage,
};
use serde_json::{Value, json};

/// What is there, what the server refuses, and what is said of it.
struct Case {
    objects: Vec<Value>,
    /// Verb, resource, code and reason.
    refused: Option<(&'static str, &'static str, u16, &'static str)>,
    of: (&'static str, &'static str),
    kind: &'static str,
    says: &'static str,
}

fn case(
    objects: impl IntoIterator<Item = Value>,
    of: (&'static str, &'static str),
    kind: &'static str,
    says: &'static str,
) -> Case {
    Case {
        objects: objects.into_iter().collect(),
        refused: None,
        of,
        kind,
        says,
    }
}

impl Case {
    fn refusing(mut self, verb: &'static str, plural: &'static str, code: u16) -> Self {
        let reason = if code == 403 { "Forbidden" } else { "Invalid" };
        self.refused = Some((verb, plural, code, reason));
        self
    }

    async fn run(self) {
        let server = Server::default();
        self.objects
            .into_iter()
            .for_each(|object| server.apply(object));
        if let Some((verb, plural, code, reason)) = self.refused {
            server.fail(verb, plural, usize::MAX, Fault::refuse(code, reason));
        }
        let stage = Stage::start(&server);
        let (plural, name) = self.of;
        let object = stage.says(plural, name, self.kind, self.says).await;
        let one = condition(&object, self.kind).unwrap();
        if self.says.starts_with("False") {
            let message = one["message"].as_str().unwrap_or_default();
            assert!(!message.is_empty(), "{} says why", self.says);
        }
        assert_eq!(one["observedGeneration"], object["metadata"]["generation"]);
        server.edit(|state| state.mend());
    }
}

const SENSOR: (&str, &str) = ("sensors", "orders");
const SOURCE: (&str, &str) = ("eventsources", "shop");
const BUS: (&str, &str) = ("eventbus", "default");

fn changed(mut object: Value, pointer: &str, value: Value) -> Value {
    let (parent, field) = pointer.rsplit_once('/').unwrap();
    object.pointer_mut(parent).unwrap()[field] = value;
    object
}

#[tokio::test(start_paused = true)]
async fn what_is_wrong_with_a_bus_is_said() {
    let with = |spec: Value| changed(jetstream(), "/spec", spec);
    let failed = |reason| case([jetstream()], BUS, "Deployed", reason);
    let cases = [
        case([bus()], BUS, "Configured", "True"),
        case([bus()], BUS, "Deployed", "True Skipped"),
        case([jetstream()], BUS, "Deployed", "True Succeeded"),
        case([with(json!({}))], BUS, "Configured", "False InvalidSpec"),
        case(
            [with(json!({ "jetstream": { "version": "0.0.1" } }))],
            BUS,
            "Deployed",
            "False JetStreamStatefulSetFailed",
        ),
        failed("False JetStreamAuthSecretsFailed").refusing("create", "secrets", 403),
        failed("False JetStreamAuthSecretsFailed").refusing("get", "secrets", 403),
        failed("False JetStreamConfigMapFailed").refusing("create", "configmaps", 422),
        failed("False JetStreamConfigMapFailed").refusing("list", "configmaps", 403),
        failed("False JetStreamServiceFailed").refusing("create", "services", 422),
        failed("False JetStreamServiceFailed").refusing("list", "services", 403),
        failed("False JetStreamStatefulSetFailed").refusing("create", "statefulsets", 422),
        failed("False JetStreamStatefulSetFailed").refusing("list", "statefulsets", 403),
    ];
    for case in cases {
        case.run().await;
    }
}

#[tokio::test(start_paused = true)]
async fn what_is_wrong_with_a_sensor_is_said() {
    let with = |pointer: &str, value: Value| changed(sensor("orders"), pointer, value);
    let alone = |object: Value, kind, says| case([bus(), object], SENSOR, kind, says);
    let failed = |reason| case([bus(), sensor("orders")], SENSOR, "Deployed", reason);
    let unready = changed(bus(), "/spec", json!({}));
    let cases = [
        alone(sensor("orders"), "Deployed", "True"),
        alone(
            with("/spec/dependencies", json!([])),
            "DependenciesProvided",
            "False InvalidDependencies",
        ),
        alone(
            with("/spec/triggers", json!([])),
            "TriggersProvided",
            "False InvalidTriggers",
        ),
        case(
            [sensor("orders")],
            SENSOR,
            "Deployed",
            "False EventBusNotFound",
        ),
        case(
            [unready, sensor("orders")],
            SENSOR,
            "Deployed",
            "False EventBusNotReady",
        ),
        failed("False GetEventBusFailed").refusing("list", "eventbus", 403),
        failed("False GetDeploymentFailed").refusing("list", "deployments", 403),
        failed("False CreateDeploymentFailed").refusing("create", "deployments", 422),
    ];
    for case in cases {
        case.run().await;
    }
}

#[tokio::test(start_paused = true)]
async fn what_is_wrong_with_an_event_source_is_said() {
    let failed = |reason| case([bus(), source("shop")], SOURCE, "Deployed", reason);
    let wrong = changed(source("shop"), "/spec/webhook/paid/endpoint", json!(""));
    let cases = [
        case([bus(), source("shop")], SOURCE, "SourcesProvided", "True"),
        case(
            [bus(), wrong],
            SOURCE,
            "SourcesProvided",
            "False InvalidEventSource",
        ),
        case(
            [source("shop")],
            SOURCE,
            "Deployed",
            "False EventBusNotFound",
        ),
        failed("False GetEventBusFailed").refusing("list", "eventbus", 403),
        failed("False GetDeploymentFailed").refusing("list", "deployments", 403),
        failed("False GetServiceFailed").refusing("list", "services", 403),
        failed("False CreateDeploymentFailed").refusing("create", "deployments", 422),
        failed("False CreateServiceFailed").refusing("create", "services", 422),
    ];
    for case in cases {
        case.run().await;
    }
}

/// Runs until all is well, changes something while the server refuses, and returns what is said.
async fn refused_later(
    verb: &str,
    plural: &str,
    change: impl FnOnce(&Server),
    (kind, name): (&str, &str),
    says: &str,
) {
    let stage = Stage::over([bus(), sensor("orders"), source("shop")]);
    stage.deployed("sensors", "orders").await;
    stage.deployed("eventsources", "shop").await;
    stage.server.quiet().await;
    stage
        .server
        .fail(verb, plural, usize::MAX, Fault::refuse(422, "Invalid"));
    change(&stage.server);
    stage.says(kind, name, "Deployed", says).await;
    stage.server.edit(|state| state.mend());
    stage.deployed(kind, name).await;
}

#[tokio::test(start_paused = true)]
async fn what_cannot_be_changed_is_said_and_done_once_it_can() {
    let scaled = |object: Value| changed(object, "/spec/replicas", json!(3));
    refused_later(
        "update",
        "deployments",
        |server| server.apply(scaled(sensor("orders"))),
        SENSOR,
        "False UpdateDeploymentFailed",
    )
    .await;
    refused_later(
        "update",
        "services",
        |server| {
            let ports = json!([{ "port": 13000, "targetPort": 12000 }]);
            server.apply(changed(source("shop"), "/spec/service/ports", ports));
        },
        SOURCE,
        "False RecreateServiceFailed",
    )
    .await;
    refused_later(
        "delete",
        "services",
        |server| server.apply(changed(source("shop"), "/spec/service", Value::Null)),
        SOURCE,
        "False DeleteServiceFailed",
    )
    .await;
}

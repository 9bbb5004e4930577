//! Sensors that share pods: how they come, move in, and go.

use crate::{
    objects::{bus, packed, sensor},
    server::{Fault, Server},
    stage::Stage,
};
use serde_json::{Value, json};

/// Returns the files that the shared pods find.
fn files(server: &Server) -> Vec<String> {
    let maps = server.all("configmaps");
    let data = maps.iter().filter_map(|map| map["data"].as_object());
    data.flat_map(|files| files.keys().cloned()).collect()
}

#[tokio::test(start_paused = true)]
async fn objects_that_share_pods_come_and_go_together() {
    let stage = Stage::over([bus(), packed("orders"), packed("invoices")]);
    for name in ["orders", "invoices"] {
        stage.deployed("sensors", name).await;
    }
    stage.server.quiet().await;
    assert_eq!(stage.server.all("deployments").len(), 1);
    assert_eq!(files(&stage.server).len(), 2);
    let mut shared = stage.server.all("deployments").remove(0);
    shared["status"] = json!({ "readyReplicas": 1 });
    stage.server.apply(shared);
    for name in ["orders", "invoices"] {
        let shows = |server: &Server| {
            let sensor = server.get("sensors", name)?;
            (sensor["status"]["readyReplicas"] == 1).then_some(())
        };
        stage
            .server
            .until("it shows that they are ready", shows)
            .await;
    }
    stage.server.delete("sensors", "orders");
    let one = |server: &Server| (files(server) == ["invoices.json"]).then_some(());
    stage.server.until("one file is left", one).await;
    stage.server.apply(sensor("invoices"));
    let is_apart = |server: &Server| {
        let left = server.all("deployments");
        let name = left.first()?["metadata"]["name"].as_str()?.to_owned();
        (left.len() == 1 && name.starts_with("invoices-")).then_some(())
    };
    stage
        .server
        .until("it has a pod of its own", is_apart)
        .await;
    stage.deployed("sensors", "invoices").await;
}

#[tokio::test(start_paused = true)]
async fn shared_pods_that_nobody_needs_go_though_the_controller_was_away() {
    let first = Stage::over([bus(), packed("orders")]);
    first.deployed("sensors", "orders").await;
    let server = first.server.clone();
    server.quiet().await;
    first.stop().await;
    server.apply(sensor("orders"));
    let second = Stage::start(&server);
    let is_apart = |server: &Server| {
        let left = server.all("deployments");
        let name = left.first()?["metadata"]["name"].as_str()?.to_owned();
        (left.len() == 1 && name.starts_with("orders-")).then_some(())
    };
    server.until("only its own pod is left", is_apart).await;
    second.stop().await;
}

/// Returns the Deployment that is shared.
fn shared(server: &Server) -> Option<Value> {
    let is_shared =
        |it: &Value| it["metadata"]["labels"]["events.argoproj.io/packed-group"].is_string();
    server.all("deployments").into_iter().find(is_shared)
}

/// Says how far the rollout of the shared pods is.
fn roll(server: &Server, replicas: u32, ready: u32) {
    let mut shared = shared(server).unwrap();
    shared["status"] = json!({
        "observedGeneration": shared["metadata"]["generation"],
        "replicas": replicas,
        "updatedReplicas": 1,
        "readyReplicas": ready,
    });
    server.apply(shared);
}

/// Waits until a Sensor has no pods but the shared ones.
async fn moved(stage: &Stage) {
    let is_alone = |server: &Server| {
        let all = server.all("deployments");
        (all.len() == 1 && shared(server).is_some()).then_some(())
    };
    stage.server.until("its own pods end", is_alone).await;
    stage.deployed("sensors", "orders").await;
}

#[tokio::test(start_paused = true)]
async fn own_pods_stay_until_a_shared_one_that_has_the_object_is_ready() {
    let stage = Stage::over([bus(), sensor("orders"), packed("invoices")]);
    stage.deployed("sensors", "orders").await;
    stage.deployed("sensors", "invoices").await;
    stage.server.quiet().await;
    roll(&stage.server, 1, 1);
    stage.server.apply(packed("orders"));
    let pending = "False PackedDeploymentPending";
    stage.says("sensors", "orders", "Deployed", pending).await;
    stage.server.quiet().await;
    assert_eq!(files(&stage.server).len(), 2);
    // The new pod is there, and the one that is ready is still the old one.
    roll(&stage.server, 2, 1);
    stage.server.quiet().await;
    assert_eq!(stage.server.all("deployments").len(), 2);
    stage.says("sensors", "orders", "Deployed", pending).await;
    roll(&stage.server, 1, 1);
    moved(&stage).await;
}

#[tokio::test(start_paused = true)]
async fn what_is_refused_of_shared_pods_is_told_of_each_object() {
    let server = Server::default();
    for object in [bus(), packed("orders"), packed("invoices")] {
        server.apply(object);
    }
    server.fail(
        "create",
        "deployments",
        usize::MAX,
        Fault::refuse(422, "Invalid"),
    );
    let _stage = Stage::start(&server);
    for name in ["orders", "invoices"] {
        let told = |server: &Server| {
            server.all("events").into_iter().find(|event| {
                event["involvedObject"]["name"] == name
                    && event["reason"] == "CreateDeploymentFailed"
            })
        };
        let event = server.until("each is told", told).await;
        assert_eq!(event["type"], "Warning");
        assert!(
            event["message"].to_string().contains("told to refuse"),
            "{event}"
        );
    }
}

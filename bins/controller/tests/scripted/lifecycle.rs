//! Objects come, change and go, and nothing is written that need not be.

use crate::{
    objects::{bus, is_deployed, jetstream, sensor, source},
    server::{Call, Server},
    stage::Stage,
};
use serde_json::{Value, json};

fn of(server: &Server, name: &str) -> Vec<String> {
    let calls = server.writes().into_iter();
    let calls = calls.filter(|call| call.name == name || call.name.is_empty());
    calls
        .map(|Call { verb, plural, .. }| format!("{verb} {plural}"))
        .collect()
}

#[tokio::test(start_paused = true)]
async fn a_sensor_takes_three_writes_and_no_conflict() {
    let stage = Stage::over([bus()]);
    stage.deployed("eventbus", "default").await;
    stage.server.apply(sensor("orders"));
    let sensor = stage.deployed("sensors", "orders").await;
    stage.server.quiet().await;
    assert_eq!(
        of(&stage.server, "orders"),
        ["patch sensors", "create deployments", "status sensors"]
    );
    assert_eq!(
        sensor["metadata"]["finalizers"],
        json!(["sensor-controller"])
    );
}

#[tokio::test(start_paused = true)]
async fn a_controller_that_comes_back_writes_nothing() {
    let first = Stage::over([jetstream(), sensor("orders"), source("shop")]);
    first.deployed("eventbus", "default").await;
    first.deployed("sensors", "orders").await;
    first.deployed("eventsources", "shop").await;
    let server = first.server.clone();
    server.quiet().await;
    first.stop().await;
    let before = server.writes();
    let second = Stage::start(&server);
    server
        .until("it has listed", |server| {
            server
                .calls()
                .iter()
                .filter(|call| call.verb == "watch")
                .nth(10)
                .cloned()
        })
        .await;
    server.quiet().await;
    assert_eq!(server.writes()[before.len()..], []);
    second.stop().await;
}

#[tokio::test(start_paused = true)]
async fn a_sensor_that_comes_before_its_bus_runs_once_it_is_there() {
    let stage = Stage::over([sensor("orders")]);
    stage
        .says("sensors", "orders", "Deployed", "False EventBusNotFound")
        .await;
    stage.server.apply(bus());
    stage.deployed("sensors", "orders").await;
    stage.server.quiet().await;
    assert!(of(&stage.server, "orders").len() <= 6);
}

#[tokio::test(start_paused = true)]
async fn an_object_that_is_deleted_goes_and_keeps_the_finalizers_of_others() {
    let stage = Stage::over([bus()]);
    let mut guarded = sensor("orders");
    guarded["metadata"]["finalizers"] = json!(["theirs"]);
    stage.server.apply(guarded);
    stage.deployed("sensors", "orders").await;
    stage.server.delete("sensors", "orders");
    let theirs = |server: &Server| {
        let sensor = server.get("sensors", "orders")?;
        (sensor["metadata"]["finalizers"] == json!(["theirs"])).then_some(())
    };
    stage.server.until("only theirs is left", theirs).await;
    stage.server.apply(sensor("invoices"));
    stage.deployed("sensors", "invoices").await;
    stage.server.delete("sensors", "invoices");
    let is_gone = |server: &Server| server.get("sensors", "invoices").is_none().then_some(());
    stage.server.until("it is gone", is_gone).await;
}

#[tokio::test(start_paused = true)]
async fn a_bus_stays_until_nobody_uses_it() {
    let stage = Stage::over([bus(), sensor("orders")]);
    stage.deployed("sensors", "orders").await;
    stage.server.delete("eventbus", "default");
    let told = |server: &Server| {
        let events = server.all("events");
        events
            .into_iter()
            .find(|event| event["reason"] == "EventBusInUse")
    };
    let event = stage.server.until("people are told", told).await;
    assert!(
        event["message"].as_str().unwrap().contains("Sensor orders"),
        "{event}"
    );
    stage.server.quiet().await;
    assert!(stage.server.get("eventbus", "default").is_some());
    stage.server.delete("sensors", "orders");
    let is_gone = |server: &Server| server.get("eventbus", "default").is_none().then_some(());
    stage.server.until("the bus is gone", is_gone).await;
}

#[tokio::test(start_paused = true)]
async fn drift_is_repaired_whatever_was_changed() {
    let stage = Stage::over([bus(), source("shop")]);
    stage.deployed("eventsources", "shop").await;
    stage.server.quiet().await;
    let deployment = stage.server.all("deployments").remove(0);
    let name = deployment["metadata"]["name"].as_str().unwrap().to_owned();
    let edits: [fn(&mut Value); 3] = [
        |it| it["spec"]["replicas"] = json!(7),
        |it| it["spec"]["template"]["spec"]["containers"][0]["image"] = json!("another"),
        |it| it["metadata"]["labels"] = json!({ "controller": "nobody" }),
    ];
    for edit in edits {
        let mut changed = stage.server.get("deployments", &name).unwrap();
        edit(&mut changed);
        stage.server.apply(changed);
        let is_repaired = |server: &Server| {
            let now = server.get("deployments", &name)?;
            (now["spec"] == deployment["spec"]
                && now["metadata"]["labels"] == deployment["metadata"]["labels"])
                .then_some(())
        };
        stage.server.until("it is repaired", is_repaired).await;
        assert_eq!(stage.server.all("deployments").len(), 1);
    }
    for (plural, child) in [
        ("deployments", name.as_str()),
        ("services", "shop-eventsource-svc"),
    ] {
        stage.server.delete(plural, child);
        let is_back = |server: &Server| (server.all(plural).len() == 1).then_some(());
        stage.server.until("it is made again", is_back).await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_change_of_a_bus_reaches_the_pods() {
    let stage = Stage::over([bus(), sensor("orders")]);
    stage.deployed("sensors", "orders").await;
    let before = stage.server.all("deployments").remove(0);
    let mut moved = bus();
    moved["spec"]["kafka"]["url"] = json!("elsewhere:9092");
    stage.server.apply(moved);
    let is_told =
        |server: &Server| (server.all("deployments")[0]["spec"] != before["spec"]).then_some(());
    stage.server.until("the pods are told", is_told).await;
}

#[tokio::test(start_paused = true)]
async fn a_label_that_people_add_comes_to_the_pods() {
    let stage = Stage::over([bus(), sensor("orders")]);
    stage.deployed("sensors", "orders").await;
    let mut labelled = sensor("orders");
    labelled["metadata"]["labels"] = json!({ "team": "shop" });
    stage.server.apply(labelled);
    let has_label = |server: &Server| {
        let labels = server.all("deployments")[0]["metadata"]["labels"].clone();
        (labels["team"] == "shop").then_some(())
    };
    stage.server.until("the label is there", has_label).await;
}

#[tokio::test(start_paused = true)]
async fn other_namespaces_are_left_alone_if_told() {
    let server = Server::default();
    for namespace in ["prod", "test"] {
        for mut object in [bus(), sensor("orders")] {
            object["metadata"]["namespace"] = json!(namespace);
            server.apply(object);
        }
    }
    let stage = Stage::with(&server, |controller| controller.namespace("prod"));
    stage.deployed("sensors", "orders").await;
    server.quiet().await;
    let others = |object: &Value| object["metadata"]["namespace"] == "test";
    assert!(!server.all("deployments").iter().any(others));
    let sensors = server.all("sensors");
    assert!(!sensors.iter().filter(|one| others(one)).any(is_deployed));
}

#[tokio::test(start_paused = true)]
async fn ready_pods_show_in_the_status() {
    let stage = Stage::over([bus(), sensor("orders")]);
    stage.deployed("sensors", "orders").await;
    let mut deployment = stage.server.all("deployments").remove(0);
    deployment["status"] = json!({ "readyReplicas": 1 });
    stage.server.apply(deployment);
    let shows = |server: &Server| {
        let sensor = server.get("sensors", "orders")?;
        (sensor["status"]["readyReplicas"] == 1).then_some(())
    };
    stage.server.until("it shows", shows).await;
}

#[tokio::test(start_paused = true)]
async fn times_of_conditions_move_only_when_they_do() {
    let stage = Stage::over([bus(), sensor("orders")]);
    let before = stage.deployed("sensors", "orders").await;
    tokio::time::sleep(std::time::Duration::from_secs(90)).await;
    let mut scaled = sensor("orders");
    scaled["spec"]["replicas"] = json!(2);
    stage.server.apply(scaled);
    let seen = |server: &Server| {
        let sensor = server.get("sensors", "orders")?;
        (sensor["status"]["observedGeneration"] == 2).then_some(sensor)
    };
    let after = stage.server.until("the change was seen", seen).await;
    let time = |sensor: &Value| sensor["status"]["conditions"][0]["lastTransitionTime"].clone();
    assert_eq!(time(&before), time(&after));
}

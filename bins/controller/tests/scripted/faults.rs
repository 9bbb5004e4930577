//! An API server that refuses, hangs, forgets and goes away, and objects that nobody can read.

use crate::{
    objects::{bus, condition, jetstream, sensor, source},
    server::{Fault, Server},
    stage::Stage,
};
use serde_json::{Value, json};
use std::time::Duration;
use tokio::time::{Instant, sleep};

const MINUTE: Duration = Duration::from_secs(60);

#[tokio::test(start_paused = true)]
async fn a_write_conflict_is_planned_anew_without_a_pause() {
    let stage = Stage::over([bus()]);
    stage.deployed("eventbus", "default").await;
    let relabel = |server: &Server| {
        let mut sensor = server.get("sensors", "orders").unwrap();
        sensor["metadata"]["labels"] = json!({ "team": "shop" });
        server.apply(sensor);
    };
    for verb in ["patch", "status"] {
        stage
            .server
            .fail(verb, "sensors", 1, Fault::meanwhile(relabel));
    }
    let began = Instant::now();
    stage.server.apply(sensor("orders"));
    let sensor = stage.deployed("sensors", "orders").await;
    assert!(
        began.elapsed() < Duration::from_millis(400),
        "no pause is needed"
    );
    assert_eq!(sensor["metadata"]["labels"]["team"], "shop");
    stage.server.quiet().await;
    assert_eq!(stage.server.all("deployments").len(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_conflict_on_a_child_keeps_what_somebody_else_wrote() {
    let stage = Stage::over([bus(), sensor("orders")]);
    stage.deployed("sensors", "orders").await;
    stage.server.quiet().await;
    let touch = |server: &Server| {
        let mut deployment = server.all("deployments").remove(0);
        deployment["metadata"]["annotations"]["theirs"] = json!("kept");
        server.apply(deployment);
    };
    stage
        .server
        .fail("update", "deployments", 1, Fault::meanwhile(touch));
    let mut scaled = sensor("orders");
    scaled["spec"]["replicas"] = json!(3);
    stage.server.apply(scaled);
    let is_scaled = |server: &Server| {
        let deployment = server.all("deployments").remove(0);
        (deployment["spec"]["replicas"] == 3).then_some(deployment)
    };
    let deployment = stage.server.until("it is scaled", is_scaled).await;
    assert_eq!(deployment["metadata"]["annotations"]["theirs"], "kept");
}

#[tokio::test(start_paused = true)]
async fn a_pause_that_the_server_asks_for_is_kept_and_not_told() {
    let stage = Stage::over([bus()]);
    stage.deployed("eventbus", "default").await;
    let busy = Fault::Refuse(429, "TooManyRequests".to_owned(), 7);
    stage.server.fail("create", "deployments", 1, busy);
    let began = Instant::now();
    stage.server.apply(sensor("orders"));
    stage.deployed("sensors", "orders").await;
    assert!(began.elapsed() >= Duration::from_secs(7));
    assert!(began.elapsed() < Duration::from_secs(8));
    let writes = stage.server.writes();
    let of_status = writes
        .iter()
        .filter(|call| call.plural == "sensors" && call.verb == "status");
    assert_eq!(of_status.count(), 1, "what mends itself is not told");
}

#[tokio::test(start_paused = true)]
async fn after_failures_of_every_kind_all_is_deployed_once() {
    let faults = [
        Fault::refuse(500, "InternalError"),
        Fault::refuse(503, "ServiceUnavailable"),
        Fault::refuse(504, "Timeout"),
        Fault::refuse(403, "Forbidden"),
        Fault::refuse(401, "Unauthorized"),
        Fault::Away,
        Fault::Hang,
    ];
    for fault in faults {
        let server = Server::default();
        for object in [jetstream(), sensor("orders"), source("shop")] {
            server.apply(object);
        }
        for verb in ["list", "watch", "create", "patch", "status", "get"] {
            server.fail(verb, "*", 2, fault.clone());
        }
        let stage = Stage::start(&server);
        stage.deployed("eventbus", "default").await;
        stage.deployed("sensors", "orders").await;
        stage.deployed("eventsources", "shop").await;
        server.quiet().await;
        assert_eq!(server.all("deployments").len(), 2);
    }
}

#[tokio::test(start_paused = true)]
async fn what_is_made_while_the_server_is_away_is_deployed_when_it_is_back() {
    let stage = Stage::over([bus(), sensor("orders")]);
    stage.deployed("sensors", "orders").await;
    stage.server.away(true);
    sleep(30 * MINUTE).await;
    // Nobody hears of it, and the server forgets how it was.
    stage.server.apply(sensor("invoices"));
    stage.server.delete("deployments", "none");
    stage.server.compact();
    stage.server.away(false);
    stage.deployed("sensors", "invoices").await;
}

#[tokio::test(start_paused = true)]
async fn what_came_and_went_unseen_is_found_by_listing_again() {
    let stage = Stage::over([bus(), sensor("orders"), sensor("invoices")]);
    stage.deployed("sensors", "orders").await;
    stage.deployed("sensors", "invoices").await;
    stage.server.quiet().await;
    let name = |server: &Server, at: usize| {
        server.all("deployments")[at]["metadata"]["name"]
            .as_str()
            .unwrap()
            .to_owned()
    };
    let gone = name(&stage.server, 0);
    stage.server.edit(|state| {
        state.delete("deployments", "prod", &gone);
        state.apply(sensor("refunds"));
        state.compact();
    });
    stage.deployed("sensors", "refunds").await;
    let are_back = |server: &Server| (server.all("deployments").len() == 3).then_some(());
    stage
        .server
        .until("the deployment is made again", are_back)
        .await;
}

#[tokio::test(start_paused = true)]
async fn watches_that_keep_expiring_are_begun_again_with_pauses() {
    let stage = Stage::over([bus()]);
    stage.deployed("eventbus", "default").await;
    stage
        .server
        .fail("watch", "*", usize::MAX, Fault::refuse(410, "Expired"));
    stage.server.compact();
    let before = stage.server.calls().len();
    sleep(10 * MINUTE).await;
    let calls = stage.server.calls().len() - before;
    assert!(calls < 600, "{calls} calls in ten minutes");
    stage.server.edit(|state| state.mend());
    stage.server.apply(sensor("orders"));
    stage.deployed("sensors", "orders").await;
}

#[tokio::test(start_paused = true)]
async fn objects_that_nobody_can_read_stop_no_others_and_can_be_deleted() {
    let server = Server::default();
    server.apply(bus());
    let mut deep = json!(1);
    for _ in 0..200 {
        deep = json!([deep]);
    }
    let spoiled: [fn(&mut Value, Value); 5] = [
        |it, _| it["spec"] = json!("nonsense"),
        |it, _| it["spec"]["dependencies"] = json!({ "a": 1 }),
        |it, _| it["spec"]["triggers"] = json!([null, 7, { "template": [] }]),
        |it, _| it["status"] = json!({ "conditions": "none" }),
        |it, deep| it["spec"]["triggers"][0]["template"]["log"] = json!({ "x": deep }),
    ];
    for (number, spoil) in spoiled.into_iter().enumerate() {
        let mut bad = sensor(&format!("bad-{number}"));
        spoil(&mut bad, deep.clone());
        server.apply(bad);
    }
    for number in 0..20 {
        server.apply(sensor(&format!("good-{number}")));
    }
    let stage = Stage::start(&server);
    for number in 0..20 {
        stage.deployed("sensors", &format!("good-{number}")).await;
    }
    let [dependencies, triggers] = ["False InvalidDependencies", "False InvalidTriggers"];
    let said = [
        ("bad-0", "TriggersProvided", triggers),
        ("bad-1", "DependenciesProvided", dependencies),
        ("bad-2", "TriggersProvided", triggers),
        ("bad-3", "Deployed", "True"),
        ("bad-4", "DependenciesProvided", dependencies),
    ];
    for (name, kind, says) in said {
        stage.says("sensors", name, kind, says).await;
    }
    for number in 0..5 {
        let name = format!("bad-{number}");
        stage.server.delete("sensors", &name);
        let is_gone = |server: &Server| server.get("sensors", &name).is_none().then_some(());
        stage
            .server
            .until("a bad one can be deleted", is_gone)
            .await;
    }
}

#[tokio::test(start_paused = true)]
async fn pods_that_are_refused_for_a_while_are_all_made_in_the_end() {
    let stage = Stage::over([bus()]);
    stage.deployed("eventbus", "default").await;
    stage
        .server
        .fail("create", "deployments", 30, Fault::refuse(422, "Invalid"));
    for number in 0..20 {
        stage.server.apply(sensor(&format!("one-{number}")));
    }
    for number in 0..20 {
        stage.deployed("sensors", &format!("one-{number}")).await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_child_of_another_owner_is_left_alone_and_its_owner_named() {
    let server = Server::default();
    let foreign = json!({
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": { "name": "shop-eventsource-svc", "labels": { "app": "theirs" } },
        "spec": { "clusterIP": "10.0.0.7" },
    });
    let owned = |mut it: Value| {
        it["metadata"]["ownerReferences"] =
            json!([{ "kind": "Other", "name": "o", "uid": "theirs", "controller": true }]);
        it
    };
    server.apply(owned(foreign));
    server.apply(bus());
    server.apply(source("shop"));
    let stage = Stage::start(&server);
    let told = stage
        .says(
            "eventsources",
            "shop",
            "Deployed",
            "False CreateServiceFailed",
        )
        .await;
    let said = condition(&told, "Deployed").unwrap()["message"].to_string();
    assert!(said.contains("belongs to Other o"), "{said}");
    let service = server.get("services", "shop-eventsource-svc").unwrap();
    assert_eq!(service["spec"]["clusterIP"], "10.0.0.7");
    server.edit(|state| state.delete("services", "prod", "shop-eventsource-svc"));
    stage.deployed("eventsources", "shop").await;
}

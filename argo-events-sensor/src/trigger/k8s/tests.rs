//! Promises of the k8s trigger, with an API server within the process.

use super::*;
use crate::kubernetes::{
    Cluster,
    tests::{Scripted, Server},
};
use argo_events_core::{
    Error, ErrorKind, Event, Executed, FieldPath, Firing, Problems, Rendered, Result, SystemClock,
    Timestamp, TokioClock, Trigger, TriggerContext,
    registry::{BuildTrigger as _, TriggerBuild, TriggerConfig as _},
    resolver::{Held, Shape},
    secret::MemorySecrets,
};
use serde_json::{Value, json};
use std::sync::Arc;
use tokio_util::sync::CancellationToken;

const MAPS: &str = "/api/v1/namespaces/shop/configmaps";

fn trigger(server: &Server, config: Value) -> Arc<dyn Trigger> {
    let secrets = Arc::new(MemorySecrets::default());
    let mut build = TriggerBuild::new("orders", "ship", secrets, Arc::new(SystemClock));
    build.namespace = "shop".to_owned();
    build.clients.get_or_make("", || server.cluster());
    let config: K8sConfig = serde_json::from_value(config).unwrap();
    config.build(&build).unwrap()
}

fn firing(id: &str) -> Firing {
    let (sensor, trigger) = ("orders".to_owned(), "ship".to_owned());
    let dependencies = vec!["paid".to_owned()];
    let shape = Shape {
        sensor,
        trigger,
        dependencies,
    };
    let event = Event::builder(id, "shop", "paid")
        .data(r#"{"order":7}"#)
        .build();
    let event = Arc::new(event);
    Firing::new(
        Arc::new(shape),
        [Held {
            dependency: 0,
            event,
        }],
    )
}

async fn fire(server: &Server, config: Value) -> Result<Executed> {
    fire_as(&*trigger(server, config), "1").await
}

async fn fire_as(trigger: &dyn Trigger, id: &str) -> Result<Executed> {
    let rendered = trigger.render(&firing(id)).await?;
    execute(trigger, &rendered).await
}

async fn execute(trigger: &dyn Trigger, rendered: &Rendered) -> Result<Executed> {
    let clock = TokioClock::starting_at(Timestamp::from_millis(1_700_000_000_123));
    let context = TriggerContext::new(1, CancellationToken::new(), Arc::new(clock));
    trigger.execute(rendered, &context).await
}

fn map(name: &str) -> Value {
    json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name}, "data": {"k": "v"}})
}

fn config(operation: &str, resource: &Value) -> Value {
    json!({"operation": operation, "source": {"resource": resource}})
}

#[tokio::test]
async fn an_object_that_is_made_says_which_trigger_made_it_and_when() {
    let server = Server::new();
    let made = fire(&server, config("", &map("a"))).await.unwrap();
    let labels = json!({
        "events.argoproj.io/sensor": "orders",
        "events.argoproj.io/trigger": "ship",
        "events.argoproj.io/action-timestamp": "1700000000123",
    });
    assert_eq!(made.object.unwrap()["metadata"]["labels"], labels);
    assert!(server.stored(&format!("{MAPS}/a")).is_some());
}

#[tokio::test]
async fn a_repeated_firing_makes_no_second_object_of_a_generated_name() {
    let server = Server::new();
    let mut resource = map("");
    resource["metadata"] = json!({"generateName": "ship-"});
    let trigger = trigger(&server, config("create", &resource));
    let name = |made: Executed| made.object.unwrap()["metadata"]["name"].clone();
    let first = name(fire_as(&*trigger, "1").await.unwrap());
    assert!(first.as_str().unwrap().starts_with("ship-"), "{first}");
    assert_eq!(name(fire_as(&*trigger, "1").await.unwrap()), first);
    assert_ne!(name(fire_as(&*trigger, "2").await.unwrap()), first);
}

#[tokio::test]
async fn an_object_of_somebody_else_is_not_taken_for_ours() {
    let server = Server::new();
    let mut resource = map("");
    resource["metadata"] = json!({"generateName": "ship-"});
    let trigger = trigger(&server, config("create", &resource));
    let rendered = trigger.render(&firing("1")).await.unwrap();
    let name = rendered.view()["object"]["metadata"]["name"].clone();
    let path = format!("{MAPS}/{}", name.as_str().unwrap());
    server.put(&path, map("other"));
    let error = execute(&*trigger, &rendered).await.unwrap_err();
    assert_eq!(
        (error.kind(), error.is_transient()),
        (ErrorKind::Conflict, false)
    );
}

#[tokio::test]
async fn names_that_follow_from_the_firing_can_be_switched_off() {
    let server = Server::new();
    let resource =
        json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"generateName": "a-"}});
    let config = json!({"source": {"resource": resource}, "firingName": false});
    let rendered = trigger(&server, config).render(&firing("1")).await.unwrap();
    assert_eq!(
        rendered.view()["object"]["metadata"],
        json!({"generateName": "a-"})
    );
}

#[tokio::test]
async fn a_name_that_exists_is_a_permanent_error() {
    let server = Server::new();
    server.put(&format!("{MAPS}/a"), map("a"));
    let error = fire(&server, config("create", &map("a")))
        .await
        .unwrap_err();
    assert_eq!(
        (error.kind(), error.is_transient()),
        (ErrorKind::Conflict, false)
    );
}

#[tokio::test(start_paused = true)]
async fn an_update_that_others_get_in_the_way_of_is_made_again() {
    let server = Server::new();
    server.put(&format!("{MAPS}/a"), map("a"));
    let put = format!("PUT {MAPS}/a");
    let conflict = Scripted::Status(409, "Conflict");
    server.script(&put, vec![conflict.clone(); 4]);
    let mut updated = map("a");
    fire(&server, config("update", &updated)).await.unwrap();
    server.script(&put, vec![conflict.clone(); 5]);
    let error = fire(&server, config("update", &updated)).await.unwrap_err();
    assert_eq!(
        (error.kind(), error.is_transient()),
        (ErrorKind::Conflict, true)
    );
    updated["metadata"]["resourceVersion"] = "1".into();
    server.script(&put, [conflict]);
    let error = fire(&server, config("update", &updated)).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Conflict, "a version was asked for");
}

#[tokio::test]
async fn an_update_merges_into_what_is_there_or_makes_it_without_labels() {
    let server = Server::new();
    fire(&server, config("update", &map("a"))).await.unwrap();
    let wanted = json!({"name": "a", "namespace": "shop"});
    assert_eq!(
        server.stored(&format!("{MAPS}/a")).unwrap()["metadata"],
        wanted
    );
    let mut old = map("a");
    old["data"] = json!({"k": "old", "z": "stays"});
    server.put(&format!("{MAPS}/a"), old);
    fire(&server, config("update", &map("a"))).await.unwrap();
    let stored = server.stored(&format!("{MAPS}/a")).unwrap();
    assert_eq!(stored["data"], json!({"k": "v", "z": "stays"}));
}

#[tokio::test]
async fn an_update_of_the_live_object_edits_what_is_there() {
    let server = Server::new();
    let mut live = map("a");
    live["metadata"]["namespace"] = "shop".into();
    live["data"] = json!({"k": "live-"});
    server.put(&format!("{MAPS}/a"), live.clone());
    let parameters = json!([{"src": {"dependencyName": "paid", "dataKey": "order"}, "dest": "data.k", "operation": "append"}]);
    let config = json!({"operation": "update", "liveObject": true, "parameters": parameters, "source": {"resource": live}});
    fire(&server, config).await.unwrap();
    let stored = server.stored(&format!("{MAPS}/a")).unwrap();
    assert_eq!(stored["data"]["k"], "live-7");
}

#[tokio::test]
async fn the_live_object_must_be_named_with_its_namespace() {
    let server = Server::new();
    let config =
        json!({"operation": "update", "liveObject": true, "source": {"resource": map("a")}});
    let error = fire(&server, config).await.unwrap_err();
    assert!(error.message().contains("metadata.namespace"), "{error}");
}

#[tokio::test]
async fn applying_is_one_call_that_says_who_applies() {
    let server = Server::new();
    let mut config = config("patch", &map("a"));
    config["patchStrategy"] = "application/apply-patch+yaml".into();
    fire(&server, config).await.unwrap();
    let call = format!("PATCH {MAPS}/a?fieldManager=argo-events/orders/ship&force=true");
    assert_eq!(server.calls(), [call]);
}

#[tokio::test]
async fn a_patch_by_operations_sends_the_objects_list() {
    let server = Server::new();
    let mut resource = map("a");
    resource["patch"] = json!([{"op": "add", "path": "/data/x", "value": "1"}]);
    let mut config = config("patch", &resource);
    config["patchStrategy"] = "application/json-patch+json".into();
    server.put(&format!("{MAPS}/a"), map("a"));
    fire(&server, config.clone()).await.unwrap();
    assert_eq!(server.body(&format!("PATCH {MAPS}/a")), resource["patch"]);
    config["source"]["resource"] = map("a");
    let error = fire(&server, config).await.unwrap_err();
    assert!(error.message().contains("list of operations"), "{error}");
}

#[tokio::test]
async fn what_is_deleted_already_is_deleted() {
    let server = Server::new();
    let done = fire(&server, config("delete", &map("a"))).await.unwrap();
    assert_eq!(done, Executed::default());
    server.put(&format!("{MAPS}/a"), map("a"));
    server.script(
        &format!("DELETE {MAPS}/a"),
        [Scripted::Status(404, "NotFound")],
    );
    fire(&server, config("delete", &map("a"))).await.unwrap();
    fire(&server, config("delete", &map("a"))).await.unwrap();
    assert_eq!(server.stored(&format!("{MAPS}/a")), None);
}

#[tokio::test]
async fn kinds_without_a_namespace_and_odd_plurals_come_from_discovery() {
    let server = Server::new();
    let node =
        json!({"apiVersion": "v1", "kind": "Node", "metadata": {"name": "n", "namespace": "x"}});
    fire(&server, config("delete", &node)).await.unwrap();
    let endpoints = json!({"apiVersion": "v1", "kind": "Endpoints", "metadata": {"name": "e"}});
    fire(&server, config("delete", &endpoints)).await.unwrap();
    let namespaced = "GET /api/v1/namespaces/shop/endpoints/e";
    assert_eq!(server.calls(), ["GET /api/v1/nodes/n", namespaced]);
}

#[tokio::test]
async fn a_kind_that_the_server_does_not_know_is_no_missing_object() {
    let server = Server::new();
    let widget = json!({"apiVersion": "v1", "kind": "Widget", "metadata": {"name": "w"}});
    let error = fire(&server, config("delete", &widget)).await.unwrap_err();
    assert_eq!(error.context("kind"), Some("Widget"));
}

#[tokio::test]
async fn a_kind_set_by_parameter_counts() {
    let server = Server::new();
    let mut config = config("delete", &map("a"));
    config["parameters"] =
        json!([{"src": {"dependencyName": "paid", "value": "Pod"}, "dest": "kind"}]);
    fire(&server, config).await.unwrap();
    assert_eq!(server.calls(), ["GET /api/v1/namespaces/shop/pods/a"]);
}

#[tokio::test]
async fn without_a_namespace_of_object_and_sensor_that_of_the_client_counts() {
    let server = Server::new();
    let secrets = Arc::new(MemorySecrets::default());
    let build = TriggerBuild::new("orders", "ship", secrets, Arc::new(SystemClock));
    build.clients.get_or_make("", || server.cluster());
    let config: K8sConfig = serde_json::from_value(config("delete", &map("a"))).unwrap();
    let trigger = config.build(&build).unwrap();
    fire_as(&*trigger, "1").await.unwrap();
    assert_eq!(
        server.calls(),
        ["GET /api/v1/namespaces/pod-ns/configmaps/a"]
    );
}

#[tokio::test]
async fn an_object_can_be_looked_at_again() {
    let server = Server::new();
    let trigger = trigger(&server, config("create", &map("a")));
    let rendered = trigger.render(&firing("1")).await.unwrap();
    let made = execute(&*trigger, &rendered).await.unwrap();
    let mut done = map("a");
    done["metadata"]["labels"] = json!({"done": "yes"});
    server.put(&format!("{MAPS}/a"), done);
    let seen = trigger.refresh(&rendered, &made).await.unwrap();
    assert_eq!(seen.object.unwrap()["metadata"]["labels"]["done"], "yes");
}

#[tokio::test]
async fn what_a_secret_holds_is_not_shown() {
    let server = Server::new();
    let secret = json!({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "s"}, "stringData": {"k": "hunter2"}});
    let rendered = trigger(&server, config("create", &secret))
        .render(&firing("1"))
        .await
        .unwrap();
    assert!(!rendered.view().to_string().contains("hunter2"));
    assert!(!format!("{rendered:?}").contains("hunter2"));
}

#[tokio::test]
async fn a_server_that_is_gone_is_a_transient_error() {
    let gone = tower::service_fn(|_: http::Request<kube::client::Body>| async {
        Err::<http::Response<kube::client::Body>, _>(std::io::Error::other("gone"))
    });
    let secrets = Arc::new(MemorySecrets::default());
    let build = TriggerBuild::new("orders", "ship", secrets, Arc::new(SystemClock));
    let cluster = Cluster::with_client(kube::Client::new(gone, "ns"));
    build.clients.get_or_make("", || cluster);
    let config: K8sConfig = serde_json::from_value(config("create", &map("a"))).unwrap();
    let error: Error = fire_as(&*config.build(&build).unwrap(), "1")
        .await
        .unwrap_err();
    assert_eq!(
        (error.kind(), error.is_transient()),
        (ErrorKind::Unavailable, true)
    );
}

#[test]
fn what_the_reference_refuses_is_an_error_and_what_cannot_work_a_warning() {
    let found = |config: Value| {
        let mut problems = Problems::default();
        let config: K8sConfig = serde_json::from_value(config).unwrap();
        config.validate(&FieldPath::root(), &mut problems);
        let texts = problems.iter().map(ToString::to_string);
        (problems.has_errors(), texts.collect::<Vec<_>>())
    };
    assert_eq!(found(config("create", &map("a"))), (false, vec![]));
    assert!(found(json!({"operation": "create"})).0);
    assert!(found(config("apply", &map("a"))).0);
    for (config, place) in [
        (json!({"source": {}}), "source"),
        (
            config("", &json!({"kind": "Pod"})),
            "source.resource.apiVersion",
        ),
        (
            json!({"source": {"resource": map("a")}, "liveObject": true}),
            "liveObject",
        ),
        (json!({"source": {"inline": "- a"}}), "source.inline"),
        (
            json!({"source": {"resource": map("a")}, "patchStrategy": "merge"}),
            "patchStrategy",
        ),
    ] {
        let (is_wrong, texts) = found(config);
        assert!(
            !is_wrong && texts.len() == 1 && texts[0].starts_with(place),
            "{texts:?}"
        );
    }
}

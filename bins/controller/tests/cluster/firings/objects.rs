//! The k8s trigger.

use super::{Shop, definition, told};
use crate::{
    Promise, Stage,
    space::Space,
    stage::{establish, eventually},
};
use argo_events::ErrorKind;
use kube::{
    Api,
    api::{DynamicObject, ListParams},
    core::{ApiResource, GroupVersionKind},
};
use serde_json::{Value, json};

pub(super) const PROMISES: &[Promise] = &[
    ("k8s: what is made says who made it, and is made once", made),
    ("k8s: a generated name follows from the firing", generated),
    (
        "k8s: an update merges, and edits the live object if told",
        updated,
    ),
    (
        "k8s: every way to patch does what it does in kubectl",
        patched,
    ),
    (
        "k8s: what is applied is owned, and what is left out goes",
        applied,
    ),
    (
        "k8s: what is deleted is gone, and may be gone already",
        deleted,
    ),
    ("k8s: kinds without a namespace are found", cluster_wide),
    ("k8s: a kind that comes later is found then", custom),
    ("k8s: refusals say what is wrong", refused),
];

fn map(name: &str) -> Value {
    json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name}, "data": {"k": "v"}})
}

/// A Deployment with two containers and no pods.
fn deployment() -> Value {
    let labels = json!({"app": "shop"});
    json!({
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": "shop"},
        "spec": {
            "replicas": 0,
            "selector": {"matchLabels": labels},
            "template": {
                "metadata": {"labels": labels},
                "spec": {"containers": [
                    {"name": "web", "image": "web:1"},
                    {"name": "log", "image": "log:1"},
                ]},
            },
        },
    })
}

/// Returns names and images of a Deployment's containers.
fn images(deployment: &Value) -> Vec<String> {
    let containers = deployment["spec"]["template"]["spec"]["containers"].as_array();
    let text = |one: &Value| format!("{}={}", one["name"], one["image"]).replace('"', "");
    containers.into_iter().flatten().map(text).collect()
}

fn made(stage: &Stage) {
    stage.run(async {
        let shop = Shop::new(stage, "k8s-made").await;
        let config = json!({"parameters": [
            {"src": {"dependencyName": "paid", "dataKey": "order"}, "dest": "data.order"},
        ]});
        let made = shop.k8s_as(config, map("order"), "1").await.unwrap();
        let labels = &made["metadata"]["labels"];
        assert_eq!(labels["events.argoproj.io/sensor"], "orders");
        assert_eq!(labels["events.argoproj.io/trigger"], "ship");
        let found = shop.get("v1", "ConfigMap", "order").await.unwrap();
        assert_eq!(found["data"], json!({"k": "v", "order": "7"}));
        let error = shop.k8s("create", map("order")).await.unwrap_err();
        let (kind, is_transient, text) = told(&error);
        assert_eq!((kind, is_transient), (ErrorKind::Conflict, false));
        assert!(text.contains("\"order\" already exists"), "{text}");
    });
}

fn generated(stage: &Stage) {
    stage.run(async {
        let shop = Shop::new(stage, "k8s-generated").await;
        let mut object = map("");
        object["metadata"] = json!({"generateName": "order-"});
        let name = async |config: &Value, event: &str| {
            let made = shop
                .k8s_as(config.clone(), object.clone(), event)
                .await
                .unwrap();
            made["metadata"]["name"].as_str().unwrap().to_owned()
        };
        let usual = json!({});
        let first = name(&usual, "1").await;
        assert!(first.starts_with("order-"), "{first}");
        assert_eq!(
            name(&usual, "1").await,
            first,
            "a repeated firing makes no second one"
        );
        assert_ne!(name(&usual, "2").await, first);
        let by_server = json!({"firingName": false});
        assert_ne!(name(&by_server, "1").await, name(&by_server, "1").await);
        let maps = shop
            .all("v1", "ConfigMap")
            .list(&ListParams::default())
            .await
            .unwrap();
        let ours = maps.items.iter().filter(|it| {
            it.metadata
                .name
                .as_ref()
                .is_some_and(|name| name.starts_with("order-"))
        });
        assert_eq!(ours.count(), 4);
    });
}

fn updated(stage: &Stage) {
    stage.run(async {
        let shop = Shop::new(stage, "k8s-updated").await;
        shop.k8s("update", deployment()).await.unwrap();
        let replicas = json!({"apiVersion": "apps/v1", "kind": "Deployment",
            "metadata": {"name": "shop", "annotations": {"by": "us"}}, "spec": {"replicas": 1}});
        shop.k8s("update", replicas).await.unwrap();
        let found = shop.get("apps/v1", "Deployment", "shop").await.unwrap();
        assert_eq!(found["spec"]["replicas"], 1);
        assert_eq!(found["metadata"]["annotations"]["by"], "us");
        assert_eq!(images(&found), ["web=web:1", "log=log:1"], "the rest stays");
        let config = json!({"operation": "update", "liveObject": true, "parameters": [{
            "src": {"dependencyName": "paid", "dataTemplate": "web:{{ .Input.order }}"},
            "dest": "spec.template.spec.containers.0.image",
        }]});
        let live = json!({"apiVersion": "apps/v1", "kind": "Deployment",
            "metadata": {"name": "shop", "namespace": "k8s-updated"}});
        let done = shop.k8s_as(config, live, "1").await.unwrap();
        assert_eq!(images(&done), ["web=web:7", "log=log:1"]);
        let mut stale = found;
        stale["metadata"]["resourceVersion"] = json!("1");
        let error = shop.k8s("update", stale).await.unwrap_err();
        assert_eq!(
            (error.kind(), error.is_transient()),
            (ErrorKind::Conflict, true)
        );
    });
}

fn patched(stage: &Stage) {
    stage.run(async {
        let shop = Shop::new(stage, "k8s-patched").await;
        let patch = async |strategy: &str, change: Value| {
            let mut object = json!({"apiVersion": "apps/v1", "kind": "Deployment",
                "metadata": {"name": "shop"}});
            object
                .as_object_mut()
                .unwrap()
                .extend(change.as_object().unwrap().clone());
            let config = json!({"operation": "patch", "patchStrategy": strategy});
            shop.k8s_as(config, object, "1").await
        };
        let containers =
            |list: Value| json!({"spec": {"template": {"spec": {"containers": list}}}});
        shop.k8s("patch", deployment()).await.unwrap();
        let newer = containers(json!([{"name": "web", "image": "web:2"}]));
        let strategic = "application/strategic-merge-patch+json";
        let done = patch(strategic, newer).await.unwrap();
        assert_eq!(
            images(&done),
            ["web=web:2", "log=log:1"],
            "lists are merged by name"
        );
        let operations = json!({"patch": [
            {"op": "test", "path": "/spec/template/spec/containers/1/name", "value": "log"},
            {"op": "replace", "path": "/spec/template/spec/containers/1/image", "value": "log:2"},
        ]});
        let done = patch("application/json-patch+json", operations)
            .await
            .unwrap();
        assert_eq!(images(&done), ["web=web:2", "log=log:2"]);
        let only = containers(json!([{"name": "web", "image": "web:3"}]));
        let done = patch("application/merge-patch+json", only.clone())
            .await
            .unwrap();
        assert_eq!(images(&done), ["web=web:3"], "lists are replaced");
        let wrong = json!({"patch": [{"op": "test", "path": "/spec/replicas", "value": 9}]});
        let error = patch("application/json-patch+json", wrong)
            .await
            .unwrap_err();
        let (kind, is_transient, _) = told(&error);
        assert_eq!((kind, is_transient), (ErrorKind::Rejected, false));
    });
}

fn applied(stage: &Stage) {
    stage.run(async {
        let shop = Shop::new(stage, "k8s-applied").await;
        let apply = async |data: Value| {
            let mut object = map("shop");
            object["data"] = data;
            let strategy = "application/apply-patch+yaml";
            let config = json!({"operation": "patch", "patchStrategy": strategy});
            shop.k8s_as(config, object, "1").await.unwrap()
        };
        let done = apply(json!({"a": "1", "b": "1"})).await;
        let owner = &done["metadata"]["managedFields"][0];
        assert_eq!(owner["manager"], "argo-events/orders/ship");
        assert_eq!(owner["operation"], "Apply");
        let theirs = json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "shop"},
            "data": {"a": "2", "theirs": "1"}});
        shop.k8s("patch", theirs).await.unwrap();
        let done = apply(json!({"a": "3"})).await;
        assert_eq!(
            done["data"],
            json!({"a": "3", "theirs": "1"}),
            "ours is taken back, b is gone"
        );
    });
}

fn deleted(stage: &Stage) {
    stage.run(async {
        let shop = Shop::new(stage, "k8s-deleted").await;
        shop.k8s("create", map("order")).await.unwrap();
        for _ in 0..2 {
            assert_eq!(shop.k8s("delete", map("order")).await.unwrap(), Value::Null);
            assert_eq!(shop.get("v1", "ConfigMap", "order").await, None);
        }
    });
}

fn cluster_wide(stage: &Stage) {
    stage.run(async {
        let shop = Shop::new(stage, "k8s-cluster-wide").await;
        let object = json!({"apiVersion": "scheduling.k8s.io/v1", "kind": "PriorityClass",
            "metadata": {"name": "urgent-orders", "namespace": "nowhere"}, "value": 7});
        let made = shop.k8s("create", object.clone()).await.unwrap();
        assert!(made["metadata"]["namespace"].is_null());
        let gvk = GroupVersionKind::gvk("scheduling.k8s.io", "v1", "PriorityClass");
        let all = Api::<DynamicObject>::all_with(shop.client.clone(), &ApiResource::from_gvk(&gvk));
        assert_eq!(all.get("urgent-orders").await.unwrap().data["value"], 7);
        shop.k8s("delete", object).await.unwrap();
        assert!(all.get_opt("urgent-orders").await.unwrap().is_none());
    });
}

fn custom(stage: &Stage) {
    stage.run(async {
        let shop = Shop::new(stage, "k8s-custom").await;
        // Its plural is none that could be guessed.
        let object = json!({"apiVersion": "shop.example.com/v2", "kind": "Parcel",
            "metadata": {"name": "one"}, "spec": {"to": "here"}});
        let error = shop.k8s("create", object.clone()).await.unwrap_err();
        let (kind, is_transient, text) = told(&error);
        assert_eq!(
            (kind, is_transient),
            (ErrorKind::NotFound, true),
            "it may come"
        );
        for part in ["apiVersion", "is the definition installed?"] {
            assert!(text.contains(part), "{part} in {text}");
        }
        establish(
            &stage.client,
            definition("shop.example.com", "v2", "Parcel", "parcelry"),
        )
        .await;
        let made = eventually("the kind is found", async || {
            shop.k8s("create", object.clone()).await.ok()
        });
        assert_eq!(made.await["spec"]["to"], "here");
        let mut moved = object.clone();
        moved["spec"] = json!({"to": "there", "by": "air"});
        let done = shop.k8s("patch", moved).await.unwrap();
        assert_eq!(done["spec"], json!({"to": "there", "by": "air"}));
        let strategy = "application/strategic-merge-patch+json";
        let config = json!({"operation": "patch", "patchStrategy": strategy});
        let error = shop.k8s_as(config, object.clone(), "1").await.unwrap_err();
        let (_, is_transient, text) = told(&error);
        assert!(!is_transient && text.contains("415"), "{text}");
        let mut unknown = object;
        unknown["kind"] = json!("Crate");
        let error = shop.k8s("create", unknown).await.unwrap_err();
        let (kind, _, text) = told(&error);
        assert_eq!(
            (kind, error.context("kind")),
            (ErrorKind::NotFound, Some("Crate"))
        );
        assert!(text.contains("no such kind"), "{text}");
    });
}

fn refused(stage: &Stage) {
    stage.run(async {
        let shop = Shop::new(stage, "k8s-refused").await;
        let mut wrong = deployment();
        wrong["spec"]["template"]["metadata"]["labels"] = json!({"app": "other"});
        let error = shop.k8s("create", wrong).await.unwrap_err();
        let (kind, is_transient, text) = told(&error);
        assert_eq!((kind, is_transient), (ErrorKind::Rejected, false));
        assert!(text.contains("spec.template.metadata.labels"), "{text}");
        let mut config = stage.server.configuration().await.unwrap();
        let nobody = "system:serviceaccount:k8s-refused:default";
        config.auth_info.impersonate = Some(nobody.to_owned());
        let space = Space::new(stage, "k8s-forbidden").await;
        let error = Shop::of(space, config)
            .k8s("create", map("order"))
            .await
            .unwrap_err();
        let (kind, is_transient, text) = told(&error);
        assert_eq!((kind, is_transient), (ErrorKind::Unauthorized, false));
        assert!(
            text.contains(nobody) && text.contains("configmaps"),
            "{text}"
        );
    });
}

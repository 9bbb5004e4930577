//! What becomes of objects, and of them when something goes wrong.

use crate::{
    Promise, Stage,
    process::Process,
    space::{Space, is_ready, sensor, source},
    stage::eventually,
};
use kube::{ResourceExt as _, api::DynamicObject};
use serde_json::{Value, json};
use std::time::Duration;

pub(crate) const PROMISES: &[Promise] = &[
    (
        "objects get their pods, change them and take them along",
        course,
    ),
    ("a bus stays while somebody uses it", bus),
    (
        "a managed bus gets its servers and leaves nothing behind",
        managed,
    ),
    ("what is changed by hand is put right", drift),
    ("a controller that is killed midway is carried on", killed),
    ("two controllers at once agree", two),
    ("bad objects stop nobody", bad),
    ("own pods end once a shared one is ready", packed),
];

/// With a control plane of their own, to be broken.
pub(crate) const ALONE: &[Promise] = &[("an API server that goes away is awaited", away)];

impl Stage {
    fn controller(&self, space: &Space) -> Process {
        Process::start(&self.server.kubeconfig(), &space.name)
    }
}

fn has_ready(object: &DynamicObject, count: usize) -> bool {
    object.data["status"]["readyReplicas"] == count
}

fn course(stage: &Stage) {
    stage.run(async {
        let space = Space::new(stage, "course").await;
        let _controller = stage.controller(&space);
        space.make("EventSource", "shop", source()).await;
        space.make("Sensor", "orders", sensor()).await;
        for kind in ["EventBus", "EventSource", "Sensor"] {
            space.until_ready(kind, 1).await;
        }
        space.until("Deployment", |all| all.len() == 2).await;
        space.until("Service", |all| all.len() == 1).await;
        space
            .until("Sensor", |all| all.iter().all(|it| has_ready(it, 1)))
            .await;
        space
            .change("Sensor", "orders", json!({"spec": {"replicas": 2}}))
            .await;
        let scaled = |it: &Value| it["spec"]["replicas"] == 2;
        space
            .until("Deployment", |all| all.iter().any(|it| scaled(&it.data)))
            .await;
        space
            .until("Sensor", |all| all.iter().all(|it| has_ready(it, 2)))
            .await;
        space.delete("Sensor", "orders").await;
        space.until("Sensor", |all| all.is_empty()).await;
        space.until("Deployment", |all| all.len() == 1).await;
        space.delete("EventSource", "shop").await;
        space.until("Deployment", |all| all.is_empty()).await;
        space.until("Service", |all| all.is_empty()).await;
    });
}

fn bus(stage: &Stage) {
    stage.run(async {
        let space = Space::new(stage, "bus").await;
        let _controller = stage.controller(&space);
        space.make("Sensor", "orders", sensor()).await;
        space.until_ready("Sensor", 1).await;
        space.delete("EventBus", "default").await;
        let told = |reason: &str| {
            let reason = reason.to_owned();
            move |all: &[DynamicObject]| all.iter().any(|it| it.data["reason"] == *reason)
        };
        space.until("Event", told("EventBusInUse")).await;
        assert_eq!(space.names("EventBus").await, ["default"]);
        space.delete("Sensor", "orders").await;
        space.until("EventBus", |all| all.is_empty()).await;
    });
}

fn managed(stage: &Stage) {
    const SERVERS: usize = 3;
    stage.run(async {
        let space = Space::new(stage, "managed").await;
        let _controller = stage.controller(&space);
        let spec = json!({"jetstream": {
            "version": "latest", "persistence": {"volumeSize": "1Gi", "accessMode": "ReadWriteOnce"},
        }});
        space.make("EventBus", "own", spec).await;
        let own = |all: &[DynamicObject]| all.iter().find(|it| it.name_any() == "own").cloned();
        let has_servers = |bus: DynamicObject| {
            is_ready(&bus) && bus.data["status"]["readyReplicas"] == SERVERS
        };
        space.until("EventBus", |all| own(all).is_some_and(has_servers)).await;
        let bus = own(&space.list("EventBus").await).unwrap();
        let config = &bus.data["status"]["config"]["jetstream"];
        assert_eq!(config["url"], "nats://eventbus-own-js-svc.managed.svc:4222");
        let secret = config["accessSecret"]["name"].as_str().unwrap();
        let before = space.all("Secret").get(secret).await.unwrap();
        space.delete("Secret", secret).await;
        // Nobody watches Secrets: the loss shows when the bus is looked at again.
        let labelled = json!({"metadata": {"labels": {"team": "shop"}}});
        space.change("EventBus", "own", labelled).await;
        let is_new = |it: &DynamicObject| it.name_any() == secret && it.uid() != before.uid();
        space.until("Secret", |all| all.iter().any(is_new)).await;
        space.until("PersistentVolumeClaim", |all| all.len() == SERVERS).await;
        space.delete("EventBus", "own").await;
        for kind in ["StatefulSet", "PersistentVolumeClaim", "Secret"] {
            space.until(kind, |all| all.is_empty()).await;
        }
    });
}

fn drift(stage: &Stage) {
    stage.run(async {
        let space = Space::new(stage, "drift").await;
        let _controller = stage.controller(&space);
        space.make("Sensor", "orders", sensor()).await;
        space.until_ready("Sensor", 1).await;
        space.until("Deployment", |all| all.len() == 1).await;
        let name = space.names("Deployment").await.remove(0);
        space
            .change("Deployment", &name, json!({"spec": {"replicas": 5}}))
            .await;
        space
            .until("Deployment", |all| {
                all.iter().all(|it| it.data["spec"]["replicas"] == 1)
            })
            .await;
        let before = space
            .all("Deployment")
            .get(&name)
            .await
            .unwrap()
            .metadata
            .uid;
        space.delete("Deployment", &name).await;
        let is_new = |all: &[DynamicObject]| all.len() == 1 && all[0].metadata.uid != before;
        space.until("Deployment", is_new).await;
    });
}

fn killed(stage: &Stage) {
    const ALL: usize = 40;
    stage.run(async {
        let space = Space::new(stage, "killed").await;
        for index in 0..ALL {
            space.make("Sensor", &format!("s{index}"), sensor()).await;
        }
        let controller = stage.controller(&space);
        space.until("Deployment", |all| all.len() >= 5).await;
        controller.kill();
        let _controller = stage.controller(&space);
        space.until_ready("Sensor", ALL).await;
        assert_eq!(space.names("Deployment").await.len(), ALL);
    });
}

fn two(stage: &Stage) {
    const ALL: usize = 20;
    stage.run(async {
        let space = Space::new(stage, "two").await;
        let controllers = [stage.controller(&space), stage.controller(&space)];
        for index in 0..ALL {
            space.make("Sensor", &format!("s{index}"), sensor()).await;
        }
        space.until_ready("Sensor", ALL).await;
        space
            .until("Sensor", |all| {
                all.iter().all(|it| it.data["status"]["readyReplicas"] == 1)
            })
            .await;
        assert_eq!(space.names("Deployment").await.len(), ALL);
        // They do not undo each other's work for ever.
        let mut before = Vec::new();
        eventually("nobody writes any more", async || {
            tokio::time::sleep(Duration::from_secs(2)).await;
            let now = space.versions().await;
            let is_quiet = now == before;
            before = now;
            is_quiet.then_some(())
        })
        .await;
        for controller in controllers {
            println!("one of two controllers wrote {:?}", controller.stop());
        }
    });
}

fn bad(stage: &Stage) {
    stage.run(async {
        let space = Space::new(stage, "bad").await;
        let mut unknown = sensor();
        unknown["triggers"][0]["template"]["conditions"] = json!("paid && shipped");
        let mut homeless = sensor();
        homeless["eventBusName"] = json!("none");
        space.make("Sensor", "a-unknown", unknown).await;
        space.make("Sensor", "b-homeless", homeless).await;
        for index in 0..5 {
            space
                .make("Sensor", &format!("good{index}"), sensor())
                .await;
        }
        let _controller = stage.controller(&space);
        space.until("Deployment", |all| all.len() == 5).await;
        let reason = space
            .refusal("Sensor", "a-unknown", "TriggersProvided")
            .await;
        assert_eq!(reason, "InvalidTriggers");
        let reason = space.refusal("Sensor", "b-homeless", "Deployed").await;
        assert_eq!(reason, "EventBusNotFound");
        space
            .change("Sensor", "a-unknown", json!({"spec": sensor()}))
            .await;
        space.until("Deployment", |all| all.len() == 5 + 1).await;
    });
}

/// Annotation of what shares pods, and label of the Deployment that it shares.
const PACKED: [&str; 2] = [
    "events.argoproj.io/packed",
    "events.argoproj.io/packed-group",
];

fn packed(stage: &Stage) {
    stage.run(async {
        let space = Space::new(stage, "packed").await;
        let _controller = stage.controller(&space);
        let asks = json!({"metadata": {"annotations": {PACKED[0]: "true"}}});
        let is_shared = |it: &DynamicObject| it.labels().contains_key(PACKED[1]);
        let is_up = |it: &DynamicObject| it.data["status"]["readyReplicas"] == 1;
        // While pods are replaced there is one ready more than replicas: the old one or the new.
        let is_done = |it: &DynamicObject| {
            let status = &it.data["status"];
            let count = |field: &str| status[field].as_i64().unwrap_or_default();
            status["observedGeneration"].as_i64() == it.metadata.generation
                && count("readyReplicas") > count("replicas") - count("updatedReplicas")
        };
        for (count, name) in [(1, "first"), (2, "second")] {
            space.make("Sensor", name, sensor()).await;
            space
                .until("Sensor", |all| all.len() == count && all.iter().all(is_up))
                .await;
            space.change("Sensor", name, asks.clone()).await;
            let has_moved = |all: &[DynamicObject]| {
                let has_own = all.iter().any(|it| !is_shared(it));
                assert!(has_own || all.iter().any(is_done), "somebody runs {name}");
                !has_own
            };
            space.until("Deployment", has_moved).await;
            space.until_ready("Sensor", count).await;
        }
        assert_eq!(space.names("Deployment").await.len(), 1);
    });
}

fn away(stage: &Stage) {
    stage.run(async {
        let space = Space::new(stage, "away").await;
        let _controller = stage.controller(&space);
        space.make("Sensor", "before", sensor()).await;
        space.until_ready("Sensor", 1).await;
        stage.server.kill().unwrap();
        tokio::time::sleep(Duration::from_secs(1)).await;
        stage.server.start_again().unwrap();
        space.make("Sensor", "after", sensor()).await;
        space.until_ready("Sensor", 2).await;
        assert_eq!(space.names("Deployment").await.len(), 2);
    });
}

impl Space {
    /// Returns the versions of what controllers write.
    async fn versions(&self) -> Vec<Option<String>> {
        let mut all = self.list("Sensor").await;
        all.extend(self.list("Deployment").await);
        all.into_iter()
            .map(|it| it.metadata.resource_version)
            .collect()
    }
}

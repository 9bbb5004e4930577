//! Source `resource` on a real API server, which is killed and forgets.

use super::{Rig, Run};
use argo_events_core::EventSource;
use argo_events_sources::resource::ResourceConfig;
use argo_events_testkit::servers::{KubeServer, Server};
use k8s_openapi::api::core::v1::ConfigMap;
use kube::{
    Api, Client,
    api::{DeleteParams, Patch, PatchParams, PostParams},
};
use serde_json::{Value, json};
use std::{collections::BTreeMap, sync::Arc, time::Duration};
use tokio::time::{sleep, timeout};

const PATIENCE: Duration = Duration::from_secs(60);

struct Maps(Api<ConfigMap>);

impl Maps {
    async fn create(&self, number: u32) {
        let map = json!({"metadata": {"name": name(number)}, "data": {"k": "1"}});
        let map = serde_json::from_value(map).unwrap();
        self.0.create(&PostParams::default(), &map).await.unwrap();
    }

    async fn change(&self, number: u32) {
        let patch = Patch::Merge(json!({"data": {"k": "2"}}));
        let parameters = PatchParams::default();
        self.0
            .patch(&name(number), &parameters, &patch)
            .await
            .unwrap();
    }

    async fn delete(&self, number: u32) {
        let parameters = DeleteParams::default();
        self.0.delete(&name(number), &parameters).await.unwrap();
    }
}

fn name(number: u32) -> String {
    format!("t-{number}")
}

/// Counts what was told about each object, and waits until that is what is wanted.
async fn told(rig: &Rig, wanted: &BTreeMap<String, usize>) {
    let count = || {
        let mut counts = BTreeMap::<String, usize>::new();
        for event in rig.events() {
            *counts.entry(event).or_default() += 1;
        }
        counts
    };
    let waited = timeout(PATIENCE, async {
        while count() != *wanted {
            sleep(Duration::from_millis(50)).await;
        }
    });
    if waited.await.is_err() {
        let counts = count();
        let differ = |(event, count): &(&String, &usize)| wanted.get(*event) != Some(*count);
        let more: Vec<_> = counts.iter().filter(differ).collect();
        let missing: Vec<_> = wanted
            .keys()
            .filter(|it| !counts.contains_key(*it))
            .collect();
        panic!("wrong: {more:?}, missing: {missing:?}");
    }
}

/// Waits until it is written down how far the source has told.
async fn noted(rig: &Rig) {
    let version = |object: &Value| object["resourceVersion"].as_str()?.parse::<u64>().ok();
    let events = rig.data();
    let told = events
        .iter()
        .filter_map(|it| version(&it["body"]["metadata"]))
        .max();
    let noted = timeout(PATIENCE, async {
        loop {
            let mark = rig.store.get("watermark/resource/es/ev").await.unwrap();
            let mark = mark.map(|it| serde_json::from_slice::<Value>(&it.value).unwrap());
            let mark = mark.and_then(|it| it["version"].as_str()?.parse::<u64>().ok());
            if mark >= told {
                return;
            }
            sleep(Duration::from_millis(50)).await;
        }
    });
    noted.await.expect("what was told is written down");
}

async fn source(rig: &Rig, server: &KubeServer) -> Arc<dyn EventSource> {
    let client: Client = server.client().await.unwrap();
    let config: ResourceConfig = serde_json::from_value(rig.config.clone()).unwrap();
    config.build_on(client).unwrap()
}

/// Keeps a source running, as the runtime does.
async fn keep_running(rig: &Rig, source: &Arc<dyn EventSource>) {
    loop {
        let run: Run = rig.run(Arc::clone(source));
        // It ends by an error only.
        let _ = run.task.await;
        sleep(Duration::from_millis(100)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn on_a_real_server_nothing_is_lost_or_told_twice() {
    let options = KubeServer::options(Server::Kube);
    let server = options
        .compacts_every(Duration::from_millis(200))
        .start()
        .unwrap();
    let maps = Maps(Api::namespaced(server.client().await.unwrap(), "default"));
    let rig = Rig::new(json!({
        "namespace": "default", "group": "", "resource": "ConfigMap", "filter": {"prefix": "t-"},
    }))
    .await;
    let mut wanted = BTreeMap::new();
    let mut want = |kind: &str, numbers: std::ops::Range<u32>| {
        for number in numbers {
            wanted.insert(format!("{kind} {}", name(number)), 1);
        }
        wanted.clone()
    };

    for number in 0..5 {
        maps.create(number).await;
    }
    let first = source(&rig, &server).await;
    tokio::select! {
        () = keep_running(&rig, &first) => {}
        () = async {
            told(&rig, &want("ADD", 0..5)).await;
            for number in 5..20 {
                maps.create(number).await;
                maps.change(number - 5).await;
            }
            want("UPDATE", 0..15);
            told(&rig, &want("ADD", 0..20)).await;

            server.kill().unwrap();
            server.start_again().unwrap();
            for number in 20..25 {
                maps.create(number).await;
                maps.delete(number - 20).await;
            }
            want("DELETE", 0..5);
            told(&rig, &want("ADD", 20..25)).await;
            noted(&rig).await;
        } => {}
    }

    // Nobody watches, and what happens is forgotten.
    for number in 25..30 {
        maps.create(number).await;
        maps.delete(number - 20).await;
        maps.change(number - 10).await;
    }
    sleep(Duration::from_secs(2)).await;
    let second = source(&rig, &server).await;
    tokio::select! {
        () = keep_running(&rig, &second) => {}
        () = async {
            want("ADD", 25..30);
            want("DELETE", 5..10);
            told(&rig, &want("UPDATE", 15..20)).await;
        } => {}
    }
    server.stop().unwrap();
}

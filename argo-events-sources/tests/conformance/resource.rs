//! Upstream of a resource source: an API server, which is told how far the source is by its mark.

#[path = "../sources/resource/server.rs"]
#[expect(dead_code, reason = "the other tests ask more of the server")]
mod server;

use argo_events_bus::MemoryBus;
use argo_events_core::{Draft, EventBus as _, EventSource, Result, SourceContext, StateStore};
use argo_events_sources::resource::ResourceConfig;
use argo_events_testkit::source::{Answer, Need, SourceHarness};
use async_trait::async_trait;
use serde_json::{Value, json};
use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, OnceLock},
    time::Duration,
};

/// Creates deployments whose names are numbers.
#[derive(Default)]
pub(crate) struct Cluster {
    api: server::Api,
    store: OnceLock<Arc<dyn StateStore>>,
    versions: Mutex<BTreeMap<u32, u64>>,
}

#[async_trait]
impl SourceHarness for Cluster {
    async fn source(&self) -> Result<Arc<dyn EventSource>> {
        let store = MemoryBus::default().state("sources").await?;
        self.store.get_or_init(|| store);
        let config = json!({
            "namespace": "shop", "group": "apps", "version": "v1", "resource": "deployments",
            "eventTypes": ["ADD"],
        });
        let config: ResourceConfig = serde_json::from_value(config).expect("it fits");
        config.build_on(self.api.client())
    }

    async fn occur(&self, number: u32) {
        self.api.put(&number.to_string(), json!({}));
        let version = self.api.version();
        let mut versions = self.versions.lock().expect("nobody panicked");
        versions.insert(number, version);
    }

    fn number(&self, draft: &Draft) -> Option<u32> {
        let data: Value = serde_json::from_slice(&draft.data).ok()?;
        data["body"]["metadata"]["name"].as_str()?.parse().ok()
    }

    fn lacks(&self, _: Need) -> Option<&'static str> {
        None
    }

    async fn answered(&self, number: u32) -> Answer {
        let store = self.store.get().expect("the source was made");
        loop {
            let mark = store.get("watermark/resource/shop/paid").await;
            let mark = mark.expect("it reads").map(|mark| mark.value);
            let mark = mark.and_then(|mark| serde_json::from_slice::<Value>(&mark).ok());
            let told = mark.and_then(|mark| mark["version"].as_str()?.parse::<u64>().ok());
            let version = self
                .versions
                .lock()
                .expect("nobody panicked")
                .get(&number)
                .copied();
            if version.is_some() && told >= version {
                return Answer::Taken;
            }
            // Takes no time: it stands still while anything can go on.
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    }

    async fn malformed(&self) {
        self.api.tell_nonsense();
    }

    async fn fail(&self) {
        self.api.fail();
    }

    async fn repair(&self) {
        self.api.repair();
    }

    fn context(&self, context: SourceContext) -> SourceContext {
        context.with_state(Arc::clone(self.store.get().expect("the source was made")))
    }
}

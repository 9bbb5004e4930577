//! Proves that the source keeps its promises.

mod feed;

use argo_events_core::{Draft, EventSource, Result, registry::BuildSource as _};
use argo_events_testkit::source::{Answer, Need, Pace, SourceHarness, source_conformance};
use async_trait::async_trait;
use feed::Feed;
use std::sync::Arc;
use stranger::lines::LinesConfig;

/// Occurrences are lines with a number.
#[derive(Default)]
struct Numbers(Feed);

#[async_trait]
impl SourceHarness for Numbers {
    async fn source(&self) -> Result<Arc<dyn EventSource>> {
        let address = self.0.open().await.to_string();
        LinesConfig { address }.build()
    }

    async fn occur(&self, number: u32) {
        self.0.push(number.to_string());
    }

    fn number(&self, draft: &Draft) -> Option<u32> {
        serde_json::from_slice(&draft.data).ok()
    }

    fn lacks(&self, _: Need) -> Option<&'static str> {
        None
    }

    async fn answered(&self, number: u32) -> Answer {
        match self.0.answered(&number.to_string()).await.as_str() {
            "ok" => Answer::Taken,
            _ => Answer::Refused,
        }
    }

    async fn malformed(&self) {
        self.0.push("not JSON");
    }

    async fn fail(&self) {
        self.0.close().await;
    }

    async fn repair(&self) {
        self.0.open().await;
    }

    fn pace(&self) -> Pace {
        Pace::REAL
    }
}

source_conformance!(Numbers);

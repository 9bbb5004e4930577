//! Upstream of a calendar: a clock, which is told how far the source is by the mark it keeps.

use argo_events_bus::MemoryBus;
use argo_events_core::{
    Clock, Draft, EventBus as _, EventSource, Result, SourceContext, StateStore, Timestamp,
};
use argo_events_testkit::source::{Answer, Need, SourceHarness};
use async_trait::async_trait;
use serde_json::{Value, json};
use std::{
    sync::{
        Arc, OnceLock,
        atomic::{AtomicU32, Ordering},
    },
    time::Duration,
};

const INTERVAL: Duration = Duration::from_secs(1);

/// A clock that stands still between occurrences.
#[derive(Debug, Default)]
struct Hand(AtomicU32);

impl Clock for Hand {
    fn now(&self) -> Timestamp {
        time(self.0.load(Ordering::Relaxed))
    }
}

/// Moves the hand by an interval for each occurrence.
#[derive(Default)]
pub(crate) struct Calendar {
    hand: Arc<Hand>,
    store: OnceLock<Arc<dyn StateStore>>,
}

fn time(number: u32) -> Timestamp {
    Timestamp::EPOCH + INTERVAL * number
}

#[async_trait]
impl SourceHarness for Calendar {
    async fn source(&self) -> Result<Arc<dyn EventSource>> {
        let store = MemoryBus::default().state("sources").await?;
        self.store.get_or_init(|| store);
        let persistence = json!({"catchup": {"enabled": true}});
        crate::build(
            "calendar",
            &json!({"interval": "1s", "persistence": persistence}),
        )
    }

    async fn occur(&self, number: u32) {
        self.hand.0.store(number, Ordering::Relaxed);
    }

    fn number(&self, draft: &Draft) -> Option<u32> {
        let data: Value = serde_json::from_slice(&draft.data).ok()?;
        let (at, _) = data["eventTime"].as_str()?.split_once(" +0000 UTC")?;
        let at: Timestamp = format!("{}Z", at.replace(' ', "T")).parse().ok()?;
        u32::try_from(at.since(Timestamp::EPOCH).as_secs()).ok()
    }

    fn lacks(&self, need: Need) -> Option<&'static str> {
        (need != Need::Answers).then_some("time neither fails nor comes malformed")
    }

    async fn answered(&self, number: u32) -> Answer {
        let store = self.store.get().expect("the source was made");
        loop {
            let mark = store
                .get("watermark/calendar/shop/paid")
                .await
                .expect("it reads");
            let mark = mark.map(|mark| {
                serde_json::from_slice::<Timestamp>(&mark.value).expect("it is a time")
            });
            if mark.is_some_and(|mark| mark >= time(number)) {
                return Answer::Taken;
            }
            // Takes no time: it stands still while anything can go on.
            tokio::time::sleep(INTERVAL).await;
        }
    }

    fn clock(&self) -> Arc<dyn Clock> {
        Arc::clone(&self.hand) as Arc<dyn Clock>
    }

    fn context(&self, context: SourceContext) -> SourceContext {
        context.with_state(Arc::clone(self.store.get().expect("the source was made")))
    }
}

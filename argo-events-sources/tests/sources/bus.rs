//! A bus that keeps what is published, and can be told to refuse.

use argo_events_core::{
    BusCapabilities, Deliveries, Error, ErrorKind, Event, EventBus, Receipt, Result, Subscription,
};
use async_trait::async_trait;
use std::{
    collections::VecDeque,
    sync::{Arc, Mutex},
};
use tokio::sync::watch;

/// Keeps events; answers the next publications with the errors given.
pub(crate) struct Recorder {
    events: watch::Sender<Vec<Arc<Event>>>,
    refusals: Mutex<VecDeque<Error>>,
}

impl Recorder {
    pub(crate) fn new() -> Arc<Self> {
        Arc::new(Self {
            events: watch::Sender::new(Vec::new()),
            refusals: Mutex::default(),
        })
    }

    pub(crate) fn refuse(&self, error: Error) {
        self.refusals.lock().unwrap().push_back(error);
    }

    pub(crate) fn events(&self) -> Vec<Arc<Event>> {
        self.events.borrow().clone()
    }

    pub(crate) fn bodies(&self) -> Vec<String> {
        let events = self.events();
        events
            .iter()
            .map(|it| String::from_utf8(it.data().unwrap().to_vec()).unwrap())
            .collect()
    }

    /// Waits until so many events were published.
    pub(crate) async fn wait_for(&self, count: usize) -> Vec<Arc<Event>> {
        let mut events = self.events.subscribe();
        events
            .wait_for(|events| events.len() >= count)
            .await
            .unwrap()
            .clone()
    }
}

#[async_trait]
impl EventBus for Recorder {
    fn kind(&self) -> &'static str {
        "recorder"
    }

    fn capabilities(&self) -> BusCapabilities {
        BusCapabilities::default()
    }

    async fn publish(&self, event: Arc<Event>) -> Result<Receipt> {
        if let Some(error) = self.refusals.lock().unwrap().pop_front() {
            return Err(error);
        }
        self.events.send_modify(|events| events.push(event));
        Ok(Receipt::accepted(None))
    }

    async fn subscribe(&self, _: Subscription) -> Result<Box<dyn Deliveries>> {
        Err(Error::permanent(ErrorKind::Unsupported, "only keeps"))
    }

    async fn close(&self) -> Result<()> {
        Ok(())
    }
}

//! A bus with another state store, and one that writes what it says it could not: an answer that got lost
//! on its way.

use argo_events_bus::MemoryBus;
use argo_events_core::{
    BusCapabilities, Deliveries, Error, ErrorKind, Event, EventBus, Receipt, Result, StateStore,
    Subscription, Versioned,
};
use async_trait::async_trait;
use bytes::Bytes;
use std::sync::Arc;

/// A memory bus whose state store is reached through another one.
pub(crate) struct Through<F>(pub(crate) MemoryBus, pub(crate) F);

#[async_trait]
impl<S, F> EventBus for Through<F>
where
    S: StateStore,
    F: Fn(Arc<dyn StateStore>) -> S + Send + Sync + 'static,
{
    fn kind(&self) -> &'static str {
        self.0.kind()
    }

    fn capabilities(&self) -> BusCapabilities {
        self.0.capabilities()
    }

    async fn publish(&self, event: Arc<Event>) -> Result<Receipt> {
        self.0.publish(event).await
    }

    async fn subscribe(&self, subscription: Subscription) -> Result<Box<dyn Deliveries>> {
        self.0.subscribe(subscription).await
    }

    async fn state(&self, scope: &str) -> Result<Arc<dyn StateStore>> {
        let store = self.0.state(scope).await?;
        Ok(Arc::new((self.1)(store)))
    }

    async fn close(&self) -> Result<()> {
        self.0.close().await
    }
}

pub(crate) struct FaultyStore(pub(crate) Arc<dyn StateStore>);

#[async_trait]
impl StateStore for FaultyStore {
    async fn get(&self, key: &str) -> Result<Option<Versioned>> {
        self.0.get(key).await
    }

    async fn put(&self, key: &str, value: Bytes, expected: Option<u64>) -> Result<u64> {
        let version = self.0.put(key, value, expected).await?;
        match key.starts_with("journal/") {
            true => Err(Error::transient(ErrorKind::Timeout, "no answer came")),
            false => Ok(version),
        }
    }

    async fn delete(&self, key: &str, expected: u64) -> Result<()> {
        self.0.delete(key, expected).await
    }

    async fn keys(&self, prefix: &str) -> Result<Vec<String>> {
        self.0.keys(prefix).await
    }

    fn max_value_bytes(&self) -> usize {
        self.0.max_value_bytes()
    }
}

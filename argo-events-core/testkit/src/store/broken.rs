//! A store that breaks one promise, to show that its case notices.

use crate::bus::Breach;
use argo_events_core::{Error, ErrorKind, Result, StateStore, Versioned};
use async_trait::async_trait;
use bytes::Bytes;
use std::sync::Arc;

/// The store of a [`BrokenBus`](crate::bus::BrokenBus).
pub(crate) struct BrokenStore {
    pub(crate) store: Arc<dyn StateStore>,
    pub(crate) breach: Option<Breach>,
}

impl BrokenStore {
    /// Stores over whatever version is there by now.
    async fn overwrite(&self, key: &str, value: Bytes) -> Result<u64> {
        loop {
            let found = self.store.get(key).await?.map(|found| found.version);
            match self.store.put(key, value.clone(), found).await {
                Err(error) if error.kind() == ErrorKind::Conflict => {}
                outcome => return outcome,
            }
        }
    }

    /// Looks, lets others act, and then stores what it decided before.
    async fn race(&self, key: &str, value: Bytes, expected: Option<u64>) -> Result<u64> {
        let found = self.store.get(key).await?.map(|found| found.version);
        tokio::task::yield_now().await;
        if found != expected {
            return Err(Error::permanent(
                ErrorKind::Conflict,
                "another version is stored",
            ));
        }
        self.overwrite(key, value).await
    }
}

#[async_trait]
impl StateStore for BrokenStore {
    async fn get(&self, key: &str) -> Result<Option<Versioned>> {
        self.store.get(key).await
    }

    async fn put(&self, key: &str, value: Bytes, expected: Option<u64>) -> Result<u64> {
        match self.breach {
            Some(Breach::LosesValues) => Ok(expected.unwrap_or(0) + 1),
            Some(Breach::IgnoresVersions) => self.overwrite(key, value).await,
            Some(Breach::RacesWriters) => self.race(key, value, expected).await,
            Some(Breach::CountsVersionsByKey) => {
                self.overwrite(key, value).await?;
                Ok(expected.unwrap_or(0) + 1)
            }
            _ => self.store.put(key, value, expected).await,
        }
    }

    async fn delete(&self, key: &str, expected: u64) -> Result<()> {
        if self.breach == Some(Breach::DeletesAnyVersion)
            && let Some(found) = self.store.get(key).await?
        {
            return self.store.delete(key, found.version).await;
        }
        self.store.delete(key, expected).await
    }

    async fn keys(&self, prefix: &str) -> Result<Vec<String>> {
        let mut keys = self.store.keys(prefix).await?;
        if self.breach == Some(Breach::ReversesKeys) {
            keys.reverse();
        }
        Ok(keys)
    }

    fn max_value_bytes(&self) -> usize {
        self.store.max_value_bytes()
    }
}

//! A state store in memory, for elections.

use argo_events_core::{Error, ErrorKind, Result, StateStore, Versioned};
use async_trait::async_trait;
use bytes::Bytes;
use std::{
    collections::BTreeMap,
    sync::{Mutex, MutexGuard},
};

/// Values with one count of versions for all keys.
#[derive(Default)]
pub(crate) struct Shelf(Mutex<(BTreeMap<String, Versioned>, u64)>);

impl Shelf {
    fn values(&self) -> MutexGuard<'_, (BTreeMap<String, Versioned>, u64)> {
        self.0.lock().expect("nobody panics with the lock")
    }
}

fn conflict(key: &str) -> Error {
    Error::permanent(ErrorKind::Conflict, "another version is there").with("key", key)
}

#[async_trait]
impl StateStore for Shelf {
    async fn get(&self, key: &str) -> Result<Option<Versioned>> {
        Ok(self.values().0.get(key).cloned())
    }

    async fn put(&self, key: &str, value: Bytes, expected: Option<u64>) -> Result<u64> {
        let mut values = self.values();
        if values.0.get(key).map(|found| found.version) != expected {
            return Err(conflict(key));
        }
        values.1 += 1;
        let version = values.1;
        values
            .0
            .insert(key.to_owned(), Versioned { value, version });
        Ok(version)
    }

    async fn delete(&self, key: &str, expected: u64) -> Result<()> {
        let mut values = self.values();
        match values.0.get(key) {
            Some(found) if found.version != expected => Err(conflict(key)),
            _ => {
                values.0.remove(key);
                Ok(())
            }
        }
    }

    async fn keys(&self, prefix: &str) -> Result<Vec<String>> {
        let values = self.values();
        let keys = values.0.keys().filter(|key| key.starts_with(prefix));
        Ok(keys.cloned().collect())
    }
}

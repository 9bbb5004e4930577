//! A state store in memory: a map per scope.

use crate::{
    key::{check_key, check_value, conflict},
    lock::lock,
};
use argo_events_core::{Result, StateStore, Versioned};
use async_trait::async_trait;
use bytes::Bytes;
use std::{collections::BTreeMap, sync::Mutex};

/// Versioned values of one scope, gone with the process.
#[derive(Debug, Default)]
pub struct MemoryStore {
    content: Mutex<Content>,
}

#[derive(Debug, Default)]
struct Content {
    values: BTreeMap<String, Versioned>,
    /// Grows with every write of any key, so that a key that is made anew has a newer version.
    version: u64,
}

impl Content {
    fn version(&self, key: &str) -> Option<u64> {
        self.values.get(key).map(|value| value.version)
    }
}

#[async_trait]
impl StateStore for MemoryStore {
    async fn get(&self, key: &str) -> Result<Option<Versioned>> {
        check_key(key)?;
        Ok(lock(&self.content).values.get(key).cloned())
    }

    async fn put(&self, key: &str, value: Bytes, expected: Option<u64>) -> Result<u64> {
        check_key(key)?;
        check_value(key, value.len(), self.max_value_bytes())?;
        let mut content = lock(&self.content);
        let found = content.version(key);
        if found != expected {
            return Err(conflict(key, expected, found).during("put"));
        }
        content.version += 1;
        let version = content.version;
        content
            .values
            .insert(key.to_owned(), Versioned { value, version });
        Ok(version)
    }

    async fn delete(&self, key: &str, expected: u64) -> Result<()> {
        check_key(key)?;
        let mut content = lock(&self.content);
        match content.version(key) {
            Some(found) if found != expected => {
                Err(conflict(key, Some(expected), Some(found)).during("delete"))
            }
            _ => {
                content.values.remove(key);
                Ok(())
            }
        }
    }

    async fn keys(&self, prefix: &str) -> Result<Vec<String>> {
        let content = lock(&self.content);
        let from = content
            .values
            .range(prefix.to_owned()..)
            .map(|(key, _)| key);
        Ok(from
            .take_while(|key| key.starts_with(prefix))
            .cloned()
            .collect())
    }
}

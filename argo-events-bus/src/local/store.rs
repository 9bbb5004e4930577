//! The state store of a scope.

use super::{
    bus::closed,
    database::{Database, STATE},
    keeper::{Change, Inbox, Request},
    tables::StateKey,
};
use crate::key::{check_key, check_value};
use argo_events_core::{Error, ErrorKind, Result, StateStore, Versioned};
use async_trait::async_trait;
use bytes::Bytes;
use std::sync::Arc;
use tokio::sync::oneshot;
use tokio_util::task::TaskTracker;

/// Versioned values of one scope. A value is durable when `put` returns.
#[derive(Clone, Debug)]
pub(super) struct LocalStore {
    pub(super) scope: Arc<str>,
    pub(super) inbox: Arc<Inbox>,
    pub(super) database: Arc<Database>,
    pub(super) tracker: TaskTracker,
}

impl LocalStore {
    fn key(&self, key: &str) -> StateKey {
        StateKey::new(&self.scope, key)
    }

    async fn change(&self, change: Change, weight: usize) -> Result<u64> {
        let (reply, outcome) = oneshot::channel();
        let sent = self
            .inbox
            .mailbox
            .send(Request { change, reply }, weight)
            .await;
        sent.map_err(|_| closed("put"))?;
        outcome.await.map_err(|_| closed("put"))?
    }

    /// Reads on a thread that may block.
    async fn read<T: Send + 'static>(
        &self,
        read: impl FnOnce(&Self) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        let this = self.clone();
        let read = self.tracker.spawn_blocking(move || read(&this)).await;
        read.map_err(|error| {
            Error::transient(ErrorKind::Unexpected, "reading the state failed").caused_by(error)
        })?
    }

    fn find(&self, key: &str) -> Result<Option<Versioned>> {
        let key = self.key(key);
        self.database.read(|transaction| {
            let table = match transaction.open_table(STATE) {
                Err(redb::TableError::TableDoesNotExist(_)) => return Ok(None),
                table => table?,
            };
            Ok(table
                .get(key.as_bytes())?
                .and_then(|found| decode(found.value())))
        })
    }

    fn list(&self, prefix: &str) -> Result<Vec<String>> {
        let key = self.key(prefix);
        self.database.read(|transaction| {
            let table = match transaction.open_table(STATE) {
                Err(redb::TableError::TableDoesNotExist(_)) => return Ok(Vec::new()),
                table => table?,
            };
            let mut keys = Vec::new();
            for entry in table.range(key.as_bytes()..)? {
                let (found, _) = entry?;
                if !found.value().starts_with(key.as_bytes()) {
                    break;
                }
                keys.push(
                    String::from_utf8_lossy(&found.value()[key.scope_length()..]).into_owned(),
                );
            }
            Ok(keys)
        })
    }
}

fn decode(stored: &[u8]) -> Option<Versioned> {
    let (version, value) = stored.split_first_chunk()?;
    let (version, value) = (u64::from_le_bytes(*version), Bytes::copy_from_slice(value));
    Some(Versioned { value, version })
}

#[async_trait]
impl StateStore for LocalStore {
    async fn get(&self, key: &str) -> Result<Option<Versioned>> {
        check_key(key)?;
        let key = key.to_owned();
        self.read(move |store| store.find(&key)).await
    }

    async fn put(&self, key: &str, value: Bytes, expected: Option<u64>) -> Result<u64> {
        check_key(key)?;
        check_value(key, value.len(), self.max_value_bytes())?;
        let weight = value.len();
        self.change(
            Change::Put {
                key: self.key(key),
                value,
                expected,
            },
            weight,
        )
        .await
    }

    async fn delete(&self, key: &str, expected: u64) -> Result<()> {
        check_key(key)?;
        self.change(
            Change::Delete {
                key: self.key(key),
                expected,
            },
            1,
        )
        .await
        .map(drop)
    }

    async fn keys(&self, prefix: &str) -> Result<Vec<String>> {
        let prefix = prefix.to_owned();
        self.read(move |store| store.list(&prefix)).await
    }
}

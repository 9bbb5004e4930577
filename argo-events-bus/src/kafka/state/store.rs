//! The store of one scope.

use super::{
    follower::Follower,
    record::Wish,
    table::{Place, Verdict},
};
use crate::{
    kafka::{failure::closed, lock},
    key::{check_key, check_value, conflict},
};
use argo_events_core::{Result, StateStore, Versioned};
use async_trait::async_trait;
use bytes::Bytes;
use std::{
    collections::HashMap,
    sync::{Arc, Mutex},
};

/// Locks of keys that are being written by this process: its own writers never race on the log.
pub(in crate::kafka) type Turns = Arc<Mutex<HashMap<Place, Arc<tokio::sync::Mutex<()>>>>>;

/// The state of one scope.
#[derive(Debug)]
pub(in crate::kafka) struct KafkaStore {
    scope: String,
    follower: Arc<Follower>,
    turns: Turns,
}

impl KafkaStore {
    /// Makes the store of a scope.
    pub(in crate::kafka) fn new(scope: &str, follower: Arc<Follower>, turns: Turns) -> Self {
        Self {
            scope: scope.to_owned(),
            follower,
            turns,
        }
    }

    fn place(&self, key: &str) -> Place {
        (self.scope.clone(), key.to_owned())
    }

    fn version(&self, place: &Place) -> Option<u64> {
        let table = self.follower.table();
        let cell = table.cell(place)?;
        cell.value.as_ref().map(|_| cell.version)
    }

    /// Writes if the version expected is there, and puts the log right if it was not.
    async fn change(
        &self,
        place: &Place,
        expected: Option<u64>,
        value: Option<Bytes>,
    ) -> Result<u64> {
        let turn = Turn::of(&self.turns, place);
        let _turn = turn.lock.lock().await;
        let mut found = self.version(place);
        if found != expected || self.follower.may_wait() {
            // Another process may have written; only the end of the log tells. And a writer that gives up
            // should not write: a lease that is renewed when its holder has lost it keeps everybody waiting.
            // So brokers that are known to be away are asked first; what a broker that only hangs is sent
            // before the client notices may still be written late.
            self.follower.catch_up().await?;
            found = self.version(place);
        }
        if found != expected {
            return Err(conflict(&place.1, expected, found));
        }
        let wish = Wish::Change {
            expected,
            is_delete: value.is_none(),
        };
        match self
            .follower
            .propose(place, &wish, value.unwrap_or_default())
            .await?
        {
            Verdict::Won(version) => Ok(version),
            Verdict::Lost => {
                self.repair(place).await?;
                Err(conflict(&place.1, expected, self.version(place)))
            }
        }
    }

    async fn repair(&self, place: &Place) -> Result<()> {
        while let Some((wish, value)) = self.follower.restatement(place) {
            self.follower.propose(place, &wish, value).await?;
        }
        Ok(())
    }

    async fn see(&self) -> Result<()> {
        if self.follower.is_closed() {
            return Err(closed("get"));
        }
        self.follower.catch_up().await
    }
}

#[async_trait]
impl StateStore for KafkaStore {
    async fn get(&self, key: &str) -> Result<Option<Versioned>> {
        check_key(key)?;
        self.see().await?;
        let table = self.follower.table();
        let cell = table.cell(&self.place(key));
        Ok(cell.and_then(|cell| {
            let value = cell.value.clone()?;
            let version = cell.version;
            Some(Versioned { value, version })
        }))
    }

    async fn put(&self, key: &str, value: Bytes, expected: Option<u64>) -> Result<u64> {
        check_key(key)?;
        check_value(key, value.len(), self.max_value_bytes())?;
        self.change(&self.place(key), expected, Some(value)).await
    }

    async fn delete(&self, key: &str, expected: u64) -> Result<()> {
        check_key(key)?;
        let place = self.place(key);
        if self.version(&place) != Some(expected) {
            self.follower.catch_up().await?;
            if self.version(&place).is_none() {
                return Ok(());
            }
        }
        let deleted = self.change(&place, Some(expected), None).await;
        match deleted {
            // Somebody else deleted it meanwhile.
            Err(_) if self.version(&place).is_none() => Ok(()),
            outcome => outcome.map(drop),
        }
    }

    async fn keys(&self, prefix: &str) -> Result<Vec<String>> {
        self.see().await?;
        Ok(self.follower.table().keys(&self.scope, prefix))
    }
}

/// A place in the line of writers of a key.
struct Turn {
    turns: Turns,
    place: Place,
    lock: Arc<tokio::sync::Mutex<()>>,
}

impl Turn {
    fn of(turns: &Turns, place: &Place) -> Self {
        let lock = Arc::clone(lock(turns).entry(place.clone()).or_default());
        Self {
            turns: Arc::clone(turns),
            place: place.clone(),
            lock,
        }
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        let mut turns = lock(&self.turns);
        // One is the map's, one is ours: nobody else waits.
        if Arc::strong_count(&self.lock) <= 2 {
            turns.remove(&self.place);
        }
    }
}

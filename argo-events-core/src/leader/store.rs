//! Leader records in a [`StateStore`]: the key `leader/<name>`.

use super::{
    LeaseElector, LeaseSettings,
    records::{LeaseClaim, LeaseRecord, LeaseRecords},
};
use crate::{Error, ErrorKind, Result, StateStore, Versioned};
use async_trait::async_trait;
use bytes::Bytes;
use serde::{Deserialize, Serialize};
use std::{fmt, sync::Arc, time::Duration};

/// Elects over a state store, so over the bus itself; two replicas are enough to fail over.
pub type StoreElector = LeaseElector<StoreRecords>;

impl StoreElector {
    /// Makes an elector for this process; `replica` is what people recognise it by, such as the pod's name.
    ///
    /// # Errors
    /// `ConfigInvalid` when the times do not fit together.
    pub fn over_store(
        store: Arc<dyn StateStore>,
        replica: &str,
        settings: LeaseSettings,
    ) -> Result<Self> {
        // Two processes on one machine may well be given the same name.
        let nonce = getrandom::u64().map_err(no_randomness)?;
        let replica = replica.replace(|character| !is_key_character(character), "-");
        let identity = format!("{replica}.{nonce:016x}");
        Self::new(StoreRecords::new(store), identity, settings)
    }

    pub(super) fn store(&self) -> &dyn StateStore {
        self.records().store.as_ref()
    }
}

/// Keeps leader records in a state store.
#[derive(Clone)]
pub struct StoreRecords {
    store: Arc<dyn StateStore>,
}

impl StoreRecords {
    /// Keeps the records in the given store.
    pub fn new(store: Arc<dyn StateStore>) -> Self {
        Self { store }
    }
}

impl fmt::Debug for StoreRecords {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("StoreRecords")
            .finish_non_exhaustive()
    }
}

/// A record as it is stored.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Stored {
    holder: String,
    term: u64,
    lease_millis: u64,
}

#[async_trait]
impl LeaseRecords for StoreRecords {
    async fn read(&self, name: &str) -> Result<Option<LeaseRecord>> {
        let key = key(name);
        let found = self.store.get(&key).await?;
        found.map(|found| read(&key, &found)).transpose()
    }

    async fn write(
        &self,
        name: &str,
        claim: &LeaseClaim,
        expected: Option<&str>,
    ) -> Result<String> {
        let key = key(name);
        let expected = expected
            .map(|revision| revision.parse().map_err(|_| unreadable(&key)))
            .transpose()?;
        let version = self.store.put(&key, written(claim), expected).await?;
        Ok(version.to_string())
    }
}

fn key(name: &str) -> String {
    format!("leader/{name}")
}

fn read(key: &str, found: &Versioned) -> Result<LeaseRecord> {
    let stored: Stored =
        serde_json::from_slice(&found.value).map_err(|error| unreadable(key).caused_by(error))?;
    let version = found.version.to_string();
    Ok(LeaseRecord {
        claim: LeaseClaim {
            holder: stored.holder,
            term: stored.term,
            lease: Duration::from_millis(stored.lease_millis),
        },
        beat: version.clone(),
        revision: version,
    })
}

fn written(claim: &LeaseClaim) -> Bytes {
    let stored = Stored {
        holder: claim.holder.clone(),
        term: claim.term,
        lease_millis: u64::try_from(claim.lease.as_millis()).unwrap_or(u64::MAX),
    };
    let json = serde_json::to_vec(&stored).expect("a record of text and numbers can be written");
    json.into()
}

/// An identity is part of a key, where replicas announce themselves.
fn is_key_character(character: char) -> bool {
    character.is_ascii_alphanumeric() || "-_=.".contains(character)
}

fn no_randomness(error: getrandom::Error) -> Error {
    Error::transient(ErrorKind::Unavailable, "the system gives no random numbers").caused_by(error)
}

fn unreadable(key: &str) -> Error {
    let message = "a leader record cannot be read; delete its key if no process uses it";
    Error::permanent(ErrorKind::PayloadInvalid, message).with("key", key)
}

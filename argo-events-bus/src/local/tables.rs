//! What is written within one transaction of the store, and under which keys.

use super::{
    database::{COUNTERS, GROUPS, STATE},
    position::GroupPosition,
};
use crate::{group::Group, key::conflict};
use argo_events_core::Result;
use bytes::Bytes;
use redb::{ReadableTable as _, Table};
use std::borrow::Cow;

/// A key within a scope.
#[derive(Clone, Debug)]
pub(super) struct StateKey {
    bytes: Vec<u8>,
    scope_length: usize,
}

impl StateKey {
    /// Joins scope and key so that no scope sees another's keys.
    pub(super) fn new(scope: &str, key: &str) -> Self {
        let mut bytes = Vec::with_capacity(4 + scope.len() + key.len());
        bytes.extend(u32::try_from(scope.len()).unwrap_or(u32::MAX).to_be_bytes());
        bytes.extend(scope.as_bytes());
        let scope_length = bytes.len();
        bytes.extend(key.as_bytes());
        Self {
            bytes,
            scope_length,
        }
    }

    /// Returns the key as it is in the table.
    pub(super) fn as_bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// Returns how much of it is the scope.
    pub(super) fn scope_length(&self) -> usize {
        self.scope_length
    }

    fn name(&self) -> Cow<'_, str> {
        String::from_utf8_lossy(&self.bytes[self.scope_length..])
    }
}

/// The tables within one transaction.
pub(super) struct Tables<'transaction> {
    state: Table<'transaction, &'static [u8], &'static [u8]>,
    groups: Table<'transaction, &'static str, &'static [u8]>,
    counters: Table<'transaction, &'static str, u64>,
}

/// Counts the writes of all state stores, so that no key gets the same version twice.
const VERSION: &str = "version";

impl<'transaction> Tables<'transaction> {
    /// Opens the tables, making those that are missing.
    pub(super) fn open(
        transaction: &'transaction redb::WriteTransaction,
    ) -> Result<Self, redb::Error> {
        Ok(Self {
            state: transaction.open_table(STATE)?,
            groups: transaction.open_table(GROUPS)?,
            counters: transaction.open_table(COUNTERS)?,
        })
    }

    /// Stores a value if the expected version is there, and returns the new version.
    pub(super) fn put(
        &mut self,
        key: &StateKey,
        value: &Bytes,
        expected: Option<u64>,
    ) -> Result<Result<u64>, redb::Error> {
        let found = self.version(key)?;
        if found != expected {
            return Ok(Err(conflict(&key.name(), expected, found).during("put")));
        }
        let version = self.counters.get(VERSION)?.map_or(0, |last| last.value()) + 1;
        self.counters.insert(VERSION, version)?;
        let stored = [&version.to_le_bytes()[..], value].concat();
        self.state.insert(key.as_bytes(), &*stored)?;
        Ok(Ok(version))
    }

    /// Deletes a value if it has the version expected, or is not there at all.
    pub(super) fn delete(
        &mut self,
        key: &StateKey,
        expected: u64,
    ) -> Result<Result<u64>, redb::Error> {
        match self.version(key)? {
            Some(found) if found != expected => {
                return Ok(Err(
                    conflict(&key.name(), Some(expected), Some(found)).during("delete")
                ));
            }
            Some(_) => drop(self.state.remove(key.as_bytes())?),
            None => {}
        }
        Ok(Ok(0))
    }

    fn version(&self, key: &StateKey) -> Result<Option<u64>, redb::Error> {
        let found = self.state.get(key.as_bytes())?;
        Ok(found.and_then(|value| {
            value
                .value()
                .first_chunk()
                .map(|bytes| u64::from_le_bytes(*bytes))
        }))
    }

    /// Stores where a group stands.
    pub(super) fn save(
        &mut self,
        group: &Group,
        position: GroupPosition,
    ) -> Result<(), redb::Error> {
        let bytes = serde_json::to_vec(&position).expect("numbers can be written as JSON");
        self.groups.insert(group.name(), &*bytes)?;
        Ok(())
    }
}

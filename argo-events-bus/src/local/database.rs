//! The embedded store for what is small and changes in place: state and positions.
//!
//! After a failed write the store refuses everything until it is opened again; that is done here.

use super::directory::cannot;
use crate::lock::lock;
use argo_events_core::{Error, ErrorKind, Result};
use redb::{DatabaseError, StorageError, TableDefinition};
use std::{
    io,
    path::{Path, PathBuf},
    sync::{Arc, Mutex},
};

/// Values of the state stores by scope and key.
pub(super) const STATE: TableDefinition<'_, &[u8], &[u8]> = TableDefinition::new("state");
/// Positions by group.
pub(super) const GROUPS: TableDefinition<'_, &str, &[u8]> = TableDefinition::new("groups");
/// Counters by name.
pub(super) const COUNTERS: TableDefinition<'_, &str, u64> = TableDefinition::new("counters");

/// What can be cached of the file, in bytes; the rest is left to the operating system.
const CACHE: usize = 1024 * 1024;

/// The file of the store, opened whenever it is needed.
#[derive(Debug)]
pub(super) struct Database {
    path: PathBuf,
    state: Mutex<State>,
}

#[derive(Debug)]
enum State {
    Open(Arc<redb::Database>),
    Failed,
    Closed,
}

impl Database {
    /// Opens the store, or makes an empty one.
    pub(super) fn open(path: PathBuf) -> Result<Self> {
        let database = open(&path)?;
        Ok(Self {
            state: Mutex::new(State::Open(Arc::new(database))),
            path,
        })
    }

    /// Reads. What is read was durable before.
    pub(super) fn read<T>(
        &self,
        read: impl FnOnce(redb::ReadTransaction) -> Result<T, redb::Error>,
    ) -> Result<T> {
        let database = self.current()?;
        let transaction = redb::ReadableDatabase::begin_read(&*database);
        let transaction = transaction.map_err(|error| self.failed("read", error.into()))?;
        read(transaction).map_err(|error| self.failed("read", error))
    }

    /// Writes, and returns once that is durable. On an error nothing was written.
    pub(super) fn write<T>(
        &self,
        write: impl FnOnce(&redb::WriteTransaction) -> Result<T, redb::Error>,
    ) -> Result<T> {
        let database = self.current()?;
        let written = (|| {
            let transaction = database.begin_write()?;
            let value = write(&transaction)?;
            transaction.commit()?;
            Ok::<T, redb::Error>(value)
        })();
        written.map_err(|error| {
            drop(database);
            self.give_up();
            self.failed("write", error)
        })
    }

    /// Closes the store for good.
    pub(super) fn close(&self) {
        *lock(&self.state) = State::Closed;
    }

    fn give_up(&self) {
        let mut state = lock(&self.state);
        if matches!(*state, State::Open(_)) {
            *state = State::Failed;
        }
    }

    fn current(&self) -> Result<Arc<redb::Database>> {
        let mut state = lock(&self.state);
        match &*state {
            State::Open(database) => Ok(Arc::clone(database)),
            State::Closed => Err(Error::permanent(ErrorKind::Closed, "the bus is closed")),
            State::Failed => {
                let database = Arc::new(open(&self.path)?);
                *state = State::Open(Arc::clone(&database));
                Ok(database)
            }
        }
    }

    fn failed(&self, operation: &'static str, error: redb::Error) -> Error {
        let error = match error {
            redb::Error::Io(error) => error,
            other => io::Error::other(other),
        };
        cannot(operation, &self.path, error)
    }
}

fn open(path: &Path) -> Result<redb::Database> {
    redb::Builder::new()
        .set_cache_size(CACHE)
        .create(path)
        .map_err(|error| match error {
            DatabaseError::Storage(StorageError::Io(error))
                if error.kind() == io::ErrorKind::InvalidData =>
            {
                damaged(path, error)
            }
            DatabaseError::Storage(StorageError::Io(error)) => cannot("open", path, error),
            DatabaseError::Storage(StorageError::Corrupted(_))
            | DatabaseError::UpgradeRequired(_) => damaged(path, error),
            other => cannot("open", path, io::Error::other(other)),
        })
}

fn damaged(path: &Path, error: impl std::error::Error + Send + Sync + 'static) -> Error {
    let message = "the state of the local bus is damaged; move the file away to begin without it";
    Error::permanent(ErrorKind::Unexpected, message)
        .during("open")
        .with("file", path.display())
        .caused_by(error)
}

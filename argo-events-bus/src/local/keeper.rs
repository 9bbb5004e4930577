//! The thread that makes state and positions durable, again everything that waits together.

use super::{
    committer::Progress,
    database::{COUNTERS, Database, GROUPS, STATE},
    directory::Directory,
    mailbox::{Collected, Mailbox},
    position::GroupPosition,
};
use crate::{
    group::{Group, Routes, lock},
    key::conflict,
};
use argo_events_core::{Clock, Error, Result};
use bytes::Bytes;
use redb::{ReadableTable as _, Table};
use std::{
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};
use tokio::{sync::oneshot, time::Instant};

/// How long positions may lag behind what was settled.
const SAVE_EVERY: Duration = Duration::from_millis(100);

/// What the thread is asked to do.
#[derive(Debug)]
pub(super) struct Request {
    pub(super) change: Change,
    pub(super) reply: oneshot::Sender<Result<u64>>,
}

/// What is to be changed.
#[derive(Debug)]
pub(super) enum Change {
    /// Store a value of a state store.
    Put {
        key: StateKey,
        value: Bytes,
        expected: Option<u64>,
    },
    /// Delete a value of a state store.
    Delete { key: StateKey, expected: u64 },
    /// Store where a group stands.
    Save { group: Arc<Group> },
}

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

    fn name(&self) -> std::borrow::Cow<'_, str> {
        String::from_utf8_lossy(&self.bytes[self.scope_length..])
    }
}

/// How positions of groups reach the thread.
#[derive(Debug)]
pub(super) struct Inbox {
    pub(super) mailbox: Mailbox<Request>,
    moved: AtomicBool,
}

impl Inbox {
    /// The most bytes of values that wait.
    const CAPACITY: u32 = 4 * 1024 * 1024;

    /// Makes an empty inbox.
    pub(super) fn new() -> Self {
        Self {
            mailbox: Mailbox::new(Self::CAPACITY),
            moved: AtomicBool::new(false),
        }
    }

    /// Has positions stored some time soon.
    pub(super) fn positions_moved(&self) {
        if !self.moved.swap(true, Ordering::AcqRel) {
            self.mailbox.nudge();
        }
    }
}

/// Owns the writing side of the store.
#[derive(Debug)]
pub(super) struct Keeper {
    pub(super) inbox: Arc<Inbox>,
    pub(super) database: Arc<Database>,
    pub(super) routes: Arc<Mutex<Routes>>,
    pub(super) progress: Arc<Progress>,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) directory: Arc<Directory>,
    pub(super) failing: bool,
}

impl Keeper {
    /// Works until the inbox is closed and empty; then stores all positions and closes the store.
    pub(super) fn run(mut self) {
        let _guard = AbandonOnPanic(Arc::clone(&self.inbox));
        let (mut requests, mut saved) = (Vec::new(), Instant::now());
        loop {
            let moved = self.inbox.moved.load(Ordering::Acquire);
            let patience = moved.then(|| SAVE_EVERY.saturating_sub(saved.elapsed()));
            if self.inbox.mailbox.collect(&mut requests, patience) == Collected::Closed {
                break;
            }
            let due =
                saved.elapsed() >= SAVE_EVERY && self.inbox.moved.swap(false, Ordering::AcqRel);
            let groups = if due { self.moved_groups() } else { Vec::new() };
            if due {
                saved = Instant::now();
            }
            self.serve(&mut requests, &groups);
        }
        let groups = self.all_groups();
        self.serve(&mut requests, &groups);
        self.database.close();
        tracing::debug!(directory = %self.directory.path().display(), "positions stored");
    }

    fn moved_groups(&self) -> Vec<Arc<Group>> {
        let routes = lock(&self.routes);
        routes
            .iter()
            .filter(|group| group.desk().take_change())
            .cloned()
            .collect()
    }

    fn all_groups(&self) -> Vec<Arc<Group>> {
        lock(&self.routes).iter().cloned().collect()
    }

    fn serve(&mut self, requests: &mut Vec<Request>, groups: &[Arc<Group>]) {
        if requests.is_empty() && groups.is_empty() {
            return;
        }
        let written = self.database.write(|transaction| {
            let mut tables = Tables::open(transaction)?;
            for group in groups {
                tables.save(group, self.position(group))?;
            }
            requests
                .iter()
                .map(|request| self.apply(&mut tables, &request.change))
                .collect()
        });
        match written {
            Ok(outcomes) => {
                self.failing = false;
                answer(requests, outcomes);
            }
            Err(error) => self.refuse(requests, groups, &error),
        }
    }

    fn apply(&self, tables: &mut Tables<'_>, change: &Change) -> Result<Result<u64>, redb::Error> {
        match change {
            Change::Put {
                key,
                value,
                expected,
            } => tables.put(key, value, *expected),
            Change::Delete { key, expected } => tables.delete(key, *expected),
            Change::Save { group } => tables.save(group, self.position(group)).map(|()| Ok(0)),
        }
    }

    fn position(&self, group: &Group) -> GroupPosition {
        // Read before the desk is locked: what was offered by now, the desk has seen.
        let offered = self.progress.offered.load(Ordering::Acquire);
        GroupPosition::of(&group.desk(), offered, self.clock.now())
    }

    fn refuse(&mut self, requests: &mut Vec<Request>, groups: &[Arc<Group>], error: &Error) {
        if !std::mem::replace(&mut self.failing, true) {
            tracing::warn!(%error, "state and positions cannot be stored: will try again");
        }
        for group in groups {
            group.desk().note_change();
        }
        if !groups.is_empty() {
            self.inbox.positions_moved();
        }
        for request in requests.drain(..) {
            // One that has gone does not want to know.
            let _ = request.reply.send(Err(copy(error)));
        }
    }
}

fn answer(requests: &mut Vec<Request>, outcomes: Vec<Result<u64>>) {
    for (request, outcome) in requests.drain(..).zip(outcomes) {
        // One that has gone does not want to know.
        let _ = request.reply.send(outcome);
    }
}

/// Makes the same error for one more caller; the cause stays with the first.
fn copy(error: &Error) -> Error {
    let make = if error.is_transient() {
        Error::transient
    } else {
        Error::permanent
    };
    make(error.kind(), error.to_string())
}

/// The tables within one transaction.
struct Tables<'transaction> {
    state: Table<'transaction, &'static [u8], &'static [u8]>,
    groups: Table<'transaction, &'static str, &'static [u8]>,
    counters: Table<'transaction, &'static str, u64>,
}

/// Counts the writes of all state stores, so that no key gets the same version twice.
const VERSION: &str = "version";

impl<'transaction> Tables<'transaction> {
    fn open(transaction: &'transaction redb::WriteTransaction) -> Result<Self, redb::Error> {
        Ok(Self {
            state: transaction.open_table(STATE)?,
            groups: transaction.open_table(GROUPS)?,
            counters: transaction.open_table(COUNTERS)?,
        })
    }

    fn put(
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

    fn delete(&mut self, key: &StateKey, expected: u64) -> Result<Result<u64>, redb::Error> {
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

    fn save(&mut self, group: &Group, position: GroupPosition) -> Result<(), redb::Error> {
        let bytes = serde_json::to_vec(&position).expect("numbers can be written as JSON");
        self.groups.insert(group.name(), &*bytes)?;
        Ok(())
    }
}

/// Lets waiting callers fail rather than wait for ever, should the thread end before its time.
struct AbandonOnPanic(Arc<Inbox>);

impl Drop for AbandonOnPanic {
    fn drop(&mut self) {
        self.0.mailbox.abandon();
    }
}

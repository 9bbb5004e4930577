//! The thread that makes state and positions durable, again everything that waits together.

use super::{
    committer::{Progress, answer},
    database::Database,
    directory::Directory,
    mailbox::{Collected, Mailbox},
    position::GroupPosition,
    tables::{StateKey, Tables},
};
use crate::group::{Group, Routes};
use crate::lock::lock;
use argo_events_core::{Clock, Error, Result};
use bytes::Bytes;
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
                answer_all(requests, outcomes);
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
            answer(request.reply, Err(copy(error)));
        }
    }
}

fn answer_all(requests: &mut Vec<Request>, outcomes: Vec<Result<u64>>) {
    for (request, outcome) in requests.drain(..).zip(outcomes) {
        answer(request.reply, outcome);
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

/// Lets waiting callers fail rather than wait for ever, should the thread end before its time.
struct AbandonOnPanic(Arc<Inbox>);

impl Drop for AbandonOnPanic {
    fn drop(&mut self) {
        self.0.mailbox.abandon();
    }
}

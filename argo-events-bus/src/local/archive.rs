//! Lets groups that have fallen behind fetch from the log, and keeps where each group stopped.

use super::{
    keeper::Inbox,
    log::{Bookmark, Log, Page},
};
use crate::group::{Archive, Group, Subjects};
use crate::lock::lock;
use std::{
    io,
    sync::{Arc, Mutex},
};
use tokio_util::task::TaskTracker;

/// The log as one group sees it.
#[derive(Debug)]
pub(super) struct LogArchive(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    log: Arc<Log>,
    inbox: Arc<Inbox>,
    tracker: TaskTracker,
    bookmark: Mutex<Option<Bookmark>>,
}

impl LogArchive {
    pub(super) fn new(log: &Arc<Log>, inbox: &Arc<Inbox>, tracker: &TaskTracker) -> Self {
        Self(Arc::new(Inner {
            log: Arc::clone(log),
            inbox: Arc::clone(inbox),
            tracker: tracker.clone(),
            bookmark: Mutex::default(),
        }))
    }
}

impl Archive for LogArchive {
    fn fetch(&self, group: &Arc<Group>, from: u64) {
        let (inner, group) = (Arc::clone(&self.0), Arc::clone(group));
        self.0
            .tracker
            .spawn_blocking(move || inner.fetch(&group, from));
    }

    fn positions_moved(&self) {
        self.0.inbox.positions_moved();
    }
}

impl Inner {
    fn fetch(&self, group: &Group, from: u64) {
        let wanted = Arc::clone(group.desk().subjects());
        match self.read(from, &wanted) {
            Ok(page) => self.hand_over(group, &wanted, page),
            Err(error) => {
                tracing::warn!(group = group.name(), %error, "events cannot be read: will try again");
                group
                    .desk()
                    .fail_fetch(format!("events cannot be read from the disk: {error}"));
            }
        }
        group.wake();
    }

    fn read(&self, from: u64, wanted: &Subjects) -> io::Result<Page> {
        let bookmark = lock(&self.bookmark).take();
        let page = self.log.read(from, bookmark, wanted)?;
        *lock(&self.bookmark) = page.bookmark;
        Ok(page)
    }

    fn hand_over(&self, group: &Group, wanted: &Subjects, page: Page) {
        let group_name = group.name();
        if page.missed > 0 {
            let places = page.missed;
            tracing::warn!(
                group = group_name,
                places,
                "limits dropped events before the group read them"
            );
        }
        if page.damaged > 0 {
            let bytes = page.damaged;
            tracing::error!(group = group_name, bytes, "damaged events were left out");
        }
        // Asked while the desk is locked: an event that comes later finds the gap closed.
        let mut desk = group.desk();
        let end = self.log.end();
        desk.end_fetch(wanted, page.events, page.next, end);
    }
}

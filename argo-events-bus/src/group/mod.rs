//! What a group still has to do: its queue, what is handed out, what comes again and when.
//!
//! The memory and the local bus keep one [`Group`] per name of a subscription. The rules are in
//! [`desk`], which knows neither locks nor tasks; [`reader`] is the end that a sensor holds;
//! [`routes`] finds the groups that want an event. Where events are kept is the bus's business.

mod desk;
mod queue;
mod reader;
mod routes;
mod unsettled;

pub(crate) use desk::Desk;
pub(crate) use queue::Stored;
pub(crate) use reader::Reader;
pub(crate) use routes::Routes;

#[cfg(feature = "local")]
pub(crate) use {
    desk::{Subjects, wants},
    queue::Queue,
};

use crate::lock::lock;
use std::{
    fmt::Debug,
    sync::{Arc, Mutex, MutexGuard},
};
use tokio::sync::Notify;

/// A desk that several readers share.
#[derive(Debug)]
pub(crate) struct Group {
    name: String,
    desk: Mutex<Desk>,
    changed: Notify,
    archive: Option<Arc<dyn Archive>>,
}

/// Where a group finds what its queue does not hold, and where its position is kept.
pub(crate) trait Archive: Debug + Send + Sync {
    /// Begins to fetch what follows the queue.
    fn fetch(&self, group: &Arc<Group>, from: u64);

    /// Notes that positions have moved.
    fn positions_moved(&self);
}

impl Group {
    /// Makes a group whose queue holds everything.
    pub(crate) fn new(name: impl Into<String>, desk: Desk) -> Self {
        let (desk, changed, archive) = (Mutex::new(desk), Notify::new(), None);
        Self {
            name: name.into(),
            desk,
            changed,
            archive,
        }
    }

    /// Lets the group fetch what its queue does not hold.
    #[cfg(feature = "local")]
    pub(crate) fn with_archive(mut self, archive: Arc<dyn Archive>) -> Self {
        self.archive = Some(archive);
        self
    }

    /// Returns the name, as subscriptions give it.
    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    /// Locks the desk. Never held across an await.
    pub(crate) fn desk(&self) -> MutexGuard<'_, Desk> {
        lock(&self.desk)
    }

    /// Wakes readers that wait: something came, came back, or there is room again.
    pub(crate) fn wake(&self) {
        self.changed.notify_waiters();
    }

    /// Ends the deliveries of all readers.
    pub(crate) fn close(&self) {
        self.desk().close();
        self.wake();
    }

    /// Begins to fetch if the queue runs low.
    fn fetch_ahead(self: &Arc<Self>, desk: MutexGuard<'_, Desk>) {
        let Some(archive) = &self.archive else { return };
        let mut desk = desk;
        let from = desk.queue.begin_fetch();
        drop(desk);
        if let Some(from) = from {
            archive.fetch(self, from);
        }
    }

    /// Has the position stored some time soon.
    fn position_moved(&self, mut desk: MutexGuard<'_, Desk>) {
        if let Some(archive) = &self.archive
            && desk.note_change()
        {
            drop(desk);
            archive.positions_moved();
        }
    }
}

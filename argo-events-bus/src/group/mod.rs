//! What a group still has to do: its queue, what is handed out, what comes again and when.
//!
//! Both buses of this crate keep one [`Group`] per name of a subscription. The rules are in
//! [`desk`], which knows neither locks nor tasks; [`reader`] is the end that a sensor holds;
//! [`routes`] finds the groups that want an event.

mod desk;
mod reader;
mod routes;

pub(crate) use desk::{Desk, Stored};
pub(crate) use reader::Reader;
pub(crate) use routes::Routes;

use std::sync::{Mutex, MutexGuard, PoisonError};
use tokio::sync::Notify;

/// A desk that several readers share.
#[derive(Debug)]
pub(crate) struct Group {
    name: String,
    desk: Mutex<Desk>,
    changed: Notify,
}

impl Group {
    /// Makes a group around a desk.
    pub(crate) fn new(name: impl Into<String>, desk: Desk) -> Self {
        Self {
            name: name.into(),
            desk: Mutex::new(desk),
            changed: Notify::new(),
        }
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
}

/// Locks a mutex. Nothing panics while it holds one of ours, so poison has nothing to say.
pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

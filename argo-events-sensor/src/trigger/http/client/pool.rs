//! Idle connections, kept for the next request to the same place.

use super::connection::Connection;
use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError, Weak},
    time::Duration,
};
use tokio::time::{Instant, sleep};
use tokio_util::task::TaskTracker;

/// How long a connection may be idle; as in Go.
const IDLE: Duration = Duration::from_secs(90);
/// Most idle connections to one place, and in all.
const MOST_TO_ONE: usize = 256;
const MOST: usize = 256;

/// Where a connection leads: scheme, host and port.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Place(pub(super) String);

/// Idle connections by place.
#[derive(Debug, Default)]
pub(super) struct Pool {
    idle: Mutex<Idle>,
}

#[derive(Debug, Default)]
struct Idle {
    connections: HashMap<Place, Vec<(Instant, Connection)>>,
    count: usize,
    is_swept: bool,
}

impl Pool {
    /// Takes the connection that was used last and still stands.
    pub(super) fn take(&self, place: &Place) -> Option<Connection> {
        let mut idle = self.lock();
        loop {
            let (since, mut connection) = idle.connections.get_mut(place)?.pop()?;
            idle.count -= 1;
            if since.elapsed() < IDLE && connection.stands() {
                return Some(connection);
            }
        }
    }

    /// Keeps a connection, unless there are many already. `tasks` owns the task that ends old ones.
    pub(super) fn put(self: &Arc<Self>, place: Place, connection: Connection, tasks: &TaskTracker) {
        let mut idle = self.lock();
        if idle.count >= MOST {
            return;
        }
        let to_one = idle.connections.entry(place).or_default();
        if to_one.len() >= MOST_TO_ONE {
            return;
        }
        to_one.push((Instant::now(), connection));
        idle.count += 1;
        if !idle.is_swept {
            idle.is_swept = true;
            tasks.spawn(sweep(Arc::downgrade(self)));
        }
    }

    fn lock(&self) -> MutexGuard<'_, Idle> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Idle {
    /// Ends what was idle for long. Returns whether anything is left.
    fn sweep(&mut self) -> bool {
        self.connections.retain(|_, to_one| {
            to_one.retain(|(since, _)| since.elapsed() < IDLE);
            !to_one.is_empty()
        });
        self.count = self.connections.values().map(Vec::len).sum();
        self.is_swept = self.count > 0;
        self.is_swept
    }
}

/// Ends old connections until none is left or the pool is gone.
async fn sweep(pool: Weak<Pool>) {
    loop {
        sleep(IDLE).await;
        let Some(pool) = pool.upgrade() else { return };
        if !pool.lock().sweep() {
            return;
        }
    }
}

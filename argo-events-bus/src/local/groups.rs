//! Finds the group of a subscription: in memory, among those stored, or a new one.

use super::{
    archive::LogArchive,
    bus::closed,
    database::{Database, GROUPS},
    directory::cannot,
    keeper::{Change, Inbox, Request},
    log::Log,
    position::GroupPosition,
};
use crate::group::{Group, Routes, Stored};
use crate::lock::lock;
use argo_events_core::{Clock, Error, ErrorKind, Result, Subscription, bus::StartAt};
use std::sync::{Arc, Mutex};
use tokio::sync::oneshot;
use tokio_util::task::TaskTracker;

/// The groups of a bus, and what it takes to make one.
#[derive(Debug)]
pub(super) struct Groups {
    log: Arc<Log>,
    database: Arc<Database>,
    inbox: Arc<Inbox>,
    tracker: TaskTracker,
    clock: Arc<dyn Clock>,
    routes: Arc<Mutex<Routes>>,
    /// Held while a group is looked up and made, so that there is never a second of its name.
    finding: tokio::sync::Mutex<()>,
}

impl Groups {
    /// Begins with no group in memory.
    pub(super) fn new(
        log: &Arc<Log>,
        database: &Arc<Database>,
        inbox: &Arc<Inbox>,
        tracker: &TaskTracker,
        clock: &Arc<dyn Clock>,
    ) -> Self {
        Self {
            log: Arc::clone(log),
            database: Arc::clone(database),
            inbox: Arc::clone(inbox),
            tracker: tracker.clone(),
            clock: Arc::clone(clock),
            routes: Arc::default(),
            finding: tokio::sync::Mutex::default(),
        }
    }

    /// Returns the groups by what they want.
    pub(super) fn routes(&self) -> &Arc<Mutex<Routes>> {
        &self.routes
    }

    /// Ends the deliveries of all groups.
    pub(super) fn close(&self) {
        lock(&self.routes).iter().for_each(|group| group.close());
    }

    /// Finds or makes the group of a subscription. Once this returns, the group is known even after
    /// a crash: what is published from now on will not be missed.
    pub(super) async fn find(&self, subscription: &Subscription) -> Result<Arc<Group>> {
        let _one_at_a_time = self.finding.lock().await;
        let group = match self.in_memory(subscription) {
            Some(group) => group,
            None => self.load(subscription).await?,
        };
        self.save(&group).await?;
        Ok(group)
    }

    fn in_memory(&self, subscription: &Subscription) -> Option<Arc<Group>> {
        let mut routes = lock(&self.routes);
        let group = Arc::clone(routes.get(&subscription.group)?);
        routes.set_subjects(&group, &subscription.subjects);
        Some(group)
    }

    async fn load(&self, subscription: &Subscription) -> Result<Arc<Group>> {
        let (log, database) = (Arc::clone(&self.log), Arc::clone(&self.database));
        let (name, start) = (subscription.group.clone(), subscription.start);
        let read = move || read_position(&log, &database, &name, start);
        let (position, unsettled) =
            self.tracker.spawn_blocking(read).await.map_err(|error| {
                Error::transient(ErrorKind::Unexpected, "reading the group failed").caused_by(error)
            })??;
        let archive = LogArchive::new(&self.log, &self.inbox, &self.tracker);
        // The end is asked for while nothing can be offered, so that nothing falls in between.
        let mut routes = lock(&self.routes);
        let desk = position.resume(unsettled, self.log.end(), self.clock.now());
        let group = Arc::new(Group::new(&subscription.group, desk).with_archive(Arc::new(archive)));
        routes.add(Arc::clone(&group));
        routes.set_subjects(&group, &subscription.subjects);
        Ok(group)
    }

    async fn save(&self, group: &Arc<Group>) -> Result<()> {
        let (reply, outcome) = oneshot::channel();
        let change = Change::Save {
            group: Arc::clone(group),
        };
        let sent = self.inbox.mailbox.send(Request { change, reply }, 1).await;
        sent.map_err(|_| closed("subscribe"))?;
        outcome.await.map_err(|_| closed("subscribe"))?.map(drop)
    }
}

/// Reads where a group stands, with the events that it has not settled.
fn read_position(
    log: &Log,
    database: &Database,
    group: &str,
    start: StartAt,
) -> Result<(GroupPosition, Vec<Stored>)> {
    let stored = database.read(|transaction| {
        let table = match transaction.open_table(GROUPS) {
            Err(redb::TableError::TableDoesNotExist(_)) => return Ok(None),
            table => table?,
        };
        let position = table.get(group)?;
        Ok(position.map(|position| serde_json::from_slice(position.value())))
    })?;
    let position = match stored.transpose() {
        Ok(Some(position)) => checked(log, group, position),
        Ok(None) => GroupPosition::beginning_at(first_of(start, log)),
        Err(error) => {
            tracing::error!(group, %error, "position is unreadable: beginning at the oldest event");
            GroupPosition::beginning_at(log.start())
        }
    };
    let unsettled = log.read_each(position.unsettled.iter().map(|pending| pending.sequence));
    let unsettled = unsettled.map_err(|error| cannot("subscribe", log.directory(), error))?;
    Ok((position, unsettled))
}

/// Returns where a group begins that is new to the log.
fn first_of(start: StartAt, log: &Log) -> u64 {
    match start {
        StartAt::Oldest => log.start(),
        StartAt::After(position) => (position.sequence + 1).clamp(log.start(), log.end()),
        _ => log.end(),
    }
}

/// Returns a position, unless the log has been replaced by one that does not reach so far.
fn checked(log: &Log, group: &str, position: GroupPosition) -> GroupPosition {
    if position.next <= log.end() {
        return position;
    }
    tracing::warn!(
        group,
        "events were removed: beginning at the oldest that is there"
    );
    GroupPosition::beginning_at(log.start())
}

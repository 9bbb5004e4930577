//! The bus itself: gives publishers and subscribers their place beside the two threads.

use super::{
    LocalConfig,
    committer::{self, Committer, Progress, Publish},
    database::Database,
    directory::{Directory, cannot},
    groups::Groups,
    keeper::{Inbox, Keeper},
    log::{self, Limits, Log, frame::Frame},
    mailbox::Mailbox,
    store::LocalStore,
};
use crate::{
    group::Reader,
    lock::lock,
    window::{Fingerprints, Window},
};
use argo_events_core::{
    BusCapabilities, Clock, Deliveries, Error, ErrorKind, Event, EventBus, Receipt, Result,
    StateStore, Subscription,
    registry::{BuildBus, BusBuild, BusConfig},
    telemetry::{Metrics, names},
};
use async_trait::async_trait;
use futures::future::BoxFuture;
use std::{
    path::Path,
    sync::{Arc, Mutex, atomic::Ordering},
    thread::JoinHandle,
};
use tokio::sync::oneshot;
use tokio_util::task::TaskTracker;

/// A durable bus in a directory; clones are the same bus.
///
/// Events are on the disk when [`publish`](EventBus::publish) resolves. One process at a time.
///
/// ```no_run
/// use argo_events_bus::{LocalBus, LocalConfig};
/// use argo_events_core::{Event, EventBus, SystemClock};
/// use std::sync::Arc;
///
/// # async fn example() -> argo_events_core::Result<()> {
/// let bus = LocalBus::open(".argo-events", LocalConfig::default(), Arc::new(SystemClock))?;
/// bus.publish(Event::builder("1", "shop", "paid").build().into()).await?;
/// bus.close().await
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct LocalBus(Arc<Inner>);

/// How much a local bus keeps.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct LocalStats {
    /// How many events.
    pub events: u64,
    /// How many bytes of files they take.
    pub bytes: u64,
}

#[derive(Debug)]
struct Inner {
    config: LocalConfig,
    clock: Arc<dyn Clock>,
    log: Arc<Log>,
    database: Arc<Database>,
    fingerprints: Fingerprints,
    mailbox: Arc<Mailbox<committer::Request>>,
    inbox: Arc<Inbox>,
    progress: Arc<Progress>,
    tracker: TaskTracker,
    groups: Groups,
    threads: Mutex<Vec<JoinHandle<()>>>,
}

impl LocalBus {
    /// The most bytes of events that wait for the disk.
    const MOST_WAITING: u32 = 16 * 1024 * 1024;

    /// Opens the bus in a directory, or makes a new one there. Blocks while it reads what is kept.
    ///
    /// # Errors
    /// `Conflict` when another process uses the directory, `ConfigInvalid` when it cannot be
    /// written to; transient `Unavailable` when the disk is full or fails.
    pub fn open(
        directory: impl AsRef<Path>,
        config: LocalConfig,
        clock: Arc<dyn Clock>,
    ) -> Result<Self> {
        let directory = Arc::new(Directory::claim(directory.as_ref())?);
        let opened = log::open(&directory.path().join("events"), Limits::of(&config))
            .map_err(|error| cannot("open", directory.path(), error))?;
        let database = Arc::new(Database::open(directory.path().join("state.redb"))?);
        let window = Window::new(config.dedup_window());
        let progress = Arc::new(Progress::default());
        progress.offered.store(opened.log.end(), Ordering::Release);
        let (inbox, tracker) = (Arc::new(Inbox::new()), TaskTracker::new());
        let groups = Groups::new(&opened.log, &database, &inbox, &tracker, &clock);
        let inner = Inner {
            mailbox: Arc::new(Mailbox::new(Self::MOST_WAITING)),
            fingerprints: window.fingerprints().clone(),
            log: opened.log,
            threads: Mutex::default(),
            groups,
            tracker,
            inbox,
            config,
            clock,
            database,
            progress,
        };
        inner.start(opened.appender, window, directory)?;
        Ok(Self(Arc::new(inner)))
    }

    /// Returns how much is kept.
    pub fn stats(&self) -> LocalStats {
        let extent = self.0.log.extent();
        LocalStats {
            events: extent.events,
            bytes: extent.bytes,
        }
    }
}

impl Inner {
    fn start(
        &self,
        appender: log::Appender,
        window: Window,
        directory: Arc<Directory>,
    ) -> Result<()> {
        let committer = Committer {
            mailbox: Arc::clone(&self.mailbox),
            appender,
            window,
            routes: Arc::clone(self.groups.routes()),
            progress: Arc::clone(&self.progress),
            clock: Arc::clone(&self.clock),
            directory: Arc::clone(&directory),
        };
        let keeper = Keeper {
            inbox: Arc::clone(&self.inbox),
            database: Arc::clone(&self.database),
            routes: Arc::clone(self.groups.routes()),
            progress: Arc::clone(&self.progress),
            clock: Arc::clone(&self.clock),
            directory,
            failing: false,
        };
        self.spawn("bus-events", move || committer.run())?;
        self.spawn("bus-state", move || keeper.run())
    }

    /// Starts a thread that [`EventBus::close`] waits for.
    fn spawn(&self, name: &str, run: impl FnOnce() + Send + 'static) -> Result<()> {
        let token = self.tracker.token();
        let body = move || {
            run();
            drop(token);
        };
        let thread = std::thread::Builder::new()
            .name(name.to_owned())
            .spawn(body);
        let thread = thread.map_err(|error| {
            Error::transient(ErrorKind::Unavailable, "no thread for the bus")
                .during("open")
                .caused_by(error)
        })?;
        lock(&self.threads).push(thread);
        Ok(())
    }

    fn close(&self) {
        self.mailbox.close();
        self.groups.close();
        self.inbox.mailbox.close();
        self.tracker.close();
    }
}

impl Drop for Inner {
    /// Ends the threads and waits for them: the next owner of the directory may come at once.
    fn drop(&mut self) {
        self.close();
        for thread in lock(&self.threads).drain(..) {
            // A thread that panicked has said so on stderr, and its callers were refused; there is
            // nothing to add.
            let _ = thread.join();
        }
    }
}

/// Makes the error of a call on a bus that is closed.
pub(super) fn closed(operation: &'static str) -> Error {
    Error::permanent(ErrorKind::Closed, "the bus is closed").during(operation)
}

#[async_trait]
impl EventBus for LocalBus {
    fn kind(&self) -> &'static str {
        LocalConfig::KIND
    }

    fn capabilities(&self) -> BusCapabilities {
        let mut capabilities = BusCapabilities::default();
        capabilities.durable = true;
        capabilities.ordered = true;
        capabilities.deduplicates = !self.0.config.dedup_window().is_zero();
        capabilities.delayed_retry = true;
        capabilities.state_store = true;
        capabilities.competing_consumers = true;
        capabilities
    }

    async fn publish(&self, event: Arc<Event>) -> Result<Receipt> {
        let frame = Frame::of(&event)?;
        let fingerprint = self.0.fingerprints.of(&event);
        let (reply, outcome) = oneshot::channel();
        let weight = frame.len();
        let publish = Publish {
            event,
            frame,
            fingerprint,
            reply,
        };
        let sent = self
            .0
            .mailbox
            .send(committer::Request::Publish(publish), weight)
            .await;
        sent.map_err(|_| closed("publish"))?;
        outcome.await.map_err(|_| closed("publish"))?
    }

    async fn subscribe(&self, subscription: Subscription) -> Result<Box<dyn Deliveries>> {
        if self.0.tracker.is_closed() {
            return Err(closed("subscribe"));
        }
        let group = self.0.groups.find(&subscription).await?;
        Ok(Box::new(Reader::join(group, &subscription)))
    }

    async fn state(&self, scope: &str) -> Result<Arc<dyn StateStore>> {
        Ok(Arc::new(LocalStore {
            scope: scope.into(),
            inbox: Arc::clone(&self.0.inbox),
            database: Arc::clone(&self.0.database),
            tracker: self.0.tracker.clone(),
        }))
    }

    async fn check(&self) -> Result<()> {
        if self.0.tracker.is_closed() {
            return Err(closed("check"));
        }
        if !self.0.progress.failing.load(Ordering::Relaxed) {
            return Ok(());
        }
        let (reply, outcome) = oneshot::channel();
        let sent = self
            .0
            .mailbox
            .send(committer::Request::Probe(reply), 1)
            .await;
        sent.map_err(|_| closed("check"))?;
        outcome.await.map_err(|_| closed("check"))?
    }

    fn kept(&self) -> Option<u64> {
        Some(self.stats().events)
    }

    fn measure(&self, metrics: &Metrics) {
        let bus = ("bus_name", LocalConfig::KIND);
        let (stats, offered) = (
            self.stats(),
            self.0.progress.offered.load(Ordering::Acquire),
        );
        metrics.set(names::BUS_EVENTS_KEPT, &[bus], stats.events as f64);
        metrics.set(names::BUS_BYTES_KEPT, &[bus], stats.bytes as f64);
        metrics.expose(names::BUS_SYNC_DURATION, &[bus], &self.0.progress.syncs);
        let groups: Vec<_> = lock(self.0.groups.routes()).iter().cloned().collect();
        for group in groups {
            let lag = group.desk().lag(offered);
            metrics.set(names::BUS_LAG, &[bus, ("group", group.name())], lag as f64);
        }
    }

    async fn close(&self) -> Result<()> {
        self.0.close();
        self.0.tracker.wait().await;
        Ok(())
    }
}

impl BuildBus for LocalConfig {
    fn build(self, build: BusBuild) -> BoxFuture<'static, Result<Arc<dyn EventBus>>> {
        Box::pin(async move {
            let directory = build.data_directory.join(&build.name);
            let open = move || LocalBus::open(directory, self, build.clock);
            let bus = tokio::task::spawn_blocking(open).await.map_err(|error| {
                Error::transient(ErrorKind::Unexpected, "opening the bus failed").caused_by(error)
            })??;
            Ok(Arc::new(bus) as Arc<dyn EventBus>)
        })
    }
}

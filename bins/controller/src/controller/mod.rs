//! The controller as it runs: it watches always, and acts while it leads.
//!
//! Nothing that the API server does ends it; its owner does, by a token. A standby watches too, so
//! that it knows everything when its time comes.

mod config_file;
mod workers;

use crate::{
    Settings,
    cluster::{Cluster, Resource, Watch},
    metrics, packed,
    wiring::{Cache, Notes, Queue, Reconciler, notes, selector},
};
use argo_events::core::{
    Clock, SystemClock,
    leader::{Elector, Leadership},
    telemetry::Metrics,
};
use config_file::ConfigFile;
use std::{convert::Infallible, fmt, num::NonZeroUsize, path::PathBuf, sync::Arc, time::Duration};
use tokio::{
    sync::watch,
    task::JoinSet,
    time::{sleep, timeout},
};
use tokio_util::sync::CancellationToken;
use tracing::{error, info, warn};

/// Name under which controllers elect who acts; the reference's.
pub const LEASE: &str = "argo-events-controller";

/// Objects that people write.
const OBJECTS: [Resource; 3] = [
    Resource::EventBuses,
    Resource::EventSources,
    Resource::Sensors,
];
/// Children that are watched.
const CHILDREN: [Resource; 4] = [
    Resource::Deployments,
    Resource::StatefulSets,
    Resource::Services,
    Resource::ConfigMaps,
];
/// How many things are worked on at a time, unless told otherwise.
const WORKERS: NonZeroUsize = NonZeroUsize::new(8).expect("8 is not zero");
/// How long work that has begun may take when the controller is told to stop.
const GRACE: Duration = Duration::from_secs(10);
/// Pause after an election that cannot be held.
const PAUSE: Duration = Duration::from_secs(10);

/// A controller; [`run`](Self::run) it.
///
/// ```no_run
/// # async fn example(client: kube::Client) -> argo_events::Result<()> {
/// use argo_events_controller::{Config, Controller, Settings};
///
/// let config = Config::from_yaml(&std::fs::read_to_string("controller-config.yaml").unwrap())?;
/// let settings = Settings::new(config, "argo-events:latest");
/// Controller::new(client, settings).run(Default::default()).await;
/// # Ok(())
/// # }
/// ```
pub struct Controller {
    client: kube::Client,
    settings: watch::Sender<Arc<Settings>>,
    namespace: Option<String>,
    elector: Option<Arc<dyn Elector>>,
    config_file: Option<PathBuf>,
    workers: NonZeroUsize,
    metrics: Metrics,
    clock: Arc<dyn Clock>,
    cache: Arc<Cache>,
}

/// Tells how a controller is; shared by cloning.
#[derive(Clone, Debug)]
pub struct Readiness(Arc<Cache>);

impl Readiness {
    /// Returns what the controller does not know of the cluster yet, one line for each.
    pub fn waiting(&self) -> Vec<String> {
        self.0.missing()
    }
}

impl Controller {
    /// Makes a controller of all namespaces that acts without an election.
    pub fn new(client: kube::Client, settings: Settings) -> Self {
        let settings = watch::Sender::new(Arc::new(settings));
        let current = settings.subscribe();
        let classify = move |object: &_| packed::group_of(object, &current.borrow());
        let watched = OBJECTS.into_iter().chain(CHILDREN);
        Self {
            client,
            cache: Arc::new(Cache::new(watched, Box::new(classify))),
            settings,
            namespace: None,
            elector: None,
            config_file: None,
            workers: WORKERS,
            metrics: Metrics::default(),
            clock: Arc::new(SystemClock),
        }
    }

    /// Looks after one namespace only.
    #[must_use]
    pub fn namespace(mut self, namespace: impl Into<String>) -> Self {
        self.namespace = Some(namespace.into());
        self
    }

    /// Acts only while it leads [`LEASE`].
    #[must_use]
    pub fn elector(mut self, elector: Arc<dyn Elector>) -> Self {
        self.elector = Some(elector);
        self
    }

    /// Takes over what changes in a configuration file while it runs.
    #[must_use]
    pub fn config_file(mut self, path: impl Into<PathBuf>) -> Self {
        self.config_file = Some(path.into());
        self
    }

    /// Works on so many things at a time; 8 unless told.
    #[must_use]
    pub fn workers(mut self, workers: NonZeroUsize) -> Self {
        self.workers = workers;
        self
    }

    /// Counts here.
    #[must_use]
    pub fn metrics(mut self, metrics: Metrics) -> Self {
        self.metrics = metrics;
        self
    }

    /// Reads the time here.
    #[must_use]
    pub fn clock(mut self, clock: Arc<dyn Clock>) -> Self {
        self.clock = clock;
        self
    }

    /// Returns what tells how the controller is.
    pub fn readiness(&self) -> Readiness {
        Readiness(self.cache.clone())
    }

    /// Looks after the cluster until it is told to stop; work that has begun ends within 10 s.
    ///
    /// # Cancel safety
    /// Dropping the future stops everything at once. Nothing is lost: whoever acts next sees what
    /// there is.
    pub async fn run(self, stop: CancellationToken) {
        let cluster = Cluster::new(self.client.clone(), self.metrics.clone());
        let queue = Queue::default();
        let (notes, post) = notes(cluster.clone(), self.clock.clone(), self.metrics.clone());
        let mut beside = JoinSet::new();
        beside.spawn(post.run());
        for resource in OBJECTS.into_iter().chain(CHILDREN) {
            beside.spawn(self.watch(resource, cluster.clone(), queue.clone()));
        }
        beside.spawn(workers::gauges(
            self.cache.clone(),
            queue.clone(),
            self.metrics.clone(),
        ));
        if let Some(path) = self.config_file.clone() {
            let config = ConfigFile::at(path);
            let settings = self.settings.clone();
            let (cache, metrics) = (self.cache.clone(), self.metrics.clone());
            beside.spawn(config.follow(settings, cache, queue.clone(), metrics));
        }
        let reconciler = self.reconciler(cluster, queue, notes);
        self.lead(&Arc::new(reconciler), &stop).await;
        info!("stopped");
    }

    fn reconciler(&self, cluster: Cluster, queue: Queue, notes: Notes) -> Reconciler {
        Reconciler {
            cluster,
            cache: self.cache.clone(),
            queue,
            settings: self.settings.subscribe(),
            notes,
            clock: self.clock.clone(),
        }
    }

    fn watch(
        &self,
        resource: Resource,
        cluster: Cluster,
        queue: Queue,
    ) -> impl Future<Output = Infallible> + use<> {
        let selector = if OBJECTS.contains(&resource) {
            String::new()
        } else {
            selector()
        };
        let watch = Watch {
            cluster,
            resource,
            namespace: self.namespace.clone(),
            selector,
        };
        let cache = self.cache.clone();
        watch.run(move |seen| queue.extend(cache.see(resource, seen)))
    }

    /// Acts whenever this process leads, until it is told to stop.
    async fn lead(&self, reconciler: &Arc<Reconciler>, stop: &CancellationToken) {
        let Some(elector) = &self.elector else {
            return self.act(reconciler, stop, None).await;
        };
        loop {
            self.metrics.set(metrics::LEADER, &[("name", LEASE)], 0.0);
            let campaign = tokio::select! {
                campaign = elector.campaign(LEASE) => campaign,
                () = stop.cancelled() => return,
            };
            match campaign {
                Ok(leadership) => {
                    self.act(reconciler, stop, Some(&leadership)).await;
                    leadership.resign().await;
                }
                Err(error) => {
                    error!(%error, pause = ?PAUSE, "no election can be held, trying again");
                    tokio::select! {
                        () = sleep(PAUSE) => {}
                        () = stop.cancelled() => {}
                    }
                }
            }
            if stop.is_cancelled() {
                return;
            }
        }
    }

    /// Works until told to stop, or until the leadership is lost.
    async fn act(
        &self,
        reconciler: &Arc<Reconciler>,
        stop: &CancellationToken,
        leadership: Option<&Leadership>,
    ) {
        let lost = async {
            match leadership {
                Some(leadership) => leadership.lost().await,
                None => std::future::pending().await,
            }
        };
        info!("acting");
        self.metrics.set(metrics::LEADER, &[("name", LEASE)], 1.0);
        let mut workers = JoinSet::new();
        let is_lost = tokio::select! {
            () = self.work(reconciler, stop, &mut workers) => false,
            () = lost => true,
        };
        if is_lost {
            warn!("leadership was lost, standing by");
            // Another acts soon: what has begun is not ended.
            workers.shutdown().await;
        }
        self.metrics.set(metrics::LEADER, &[("name", LEASE)], 0.0);
    }

    async fn work(
        &self,
        reconciler: &Arc<Reconciler>,
        stop: &CancellationToken,
        workers: &mut JoinSet<()>,
    ) {
        tokio::select! {
            // Without, children that are there would be taken for missing.
            () = self.cache.heard_of_all() => {}
            () = stop.cancelled() => return,
        }
        reconciler.queue.extend(self.cache.keys());
        for _ in 0..self.workers.get() {
            workers.spawn(workers::work(
                reconciler.clone(),
                stop.clone(),
                self.metrics.clone(),
            ));
        }
        stop.cancelled().await;
        let ended = timeout(GRACE, async {
            while workers.join_next().await.is_some() {}
        });
        if ended.await.is_err() {
            warn!(grace = ?GRACE, "work that had begun did not end in time");
            workers.shutdown().await;
        }
    }
}

impl fmt::Debug for Controller {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Controller")
            .field("namespace", &self.namespace)
            .field("workers", &self.workers)
            .finish_non_exhaustive()
    }
}

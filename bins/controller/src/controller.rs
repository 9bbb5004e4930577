//! The controller as it runs: it watches always, and acts while it leads.
//!
//! Nothing that the API server does ends it; its owner does, by a token. A standby watches too, so
//! that it knows everything when its time comes.

use crate::{
    Config, Settings,
    cluster::{Cluster, Resource, Watch},
    metrics, packed,
    wiring::{Cache, Key, Notes, ObjectKey, Outcome, Queue, Reconciler, notes, selector},
};
use argo_events::core::{
    Clock, SystemClock,
    leader::{Elector, Leadership},
    telemetry::Metrics,
};
use futures::FutureExt as _;
use std::{
    convert::Infallible, fmt, num::NonZeroUsize, panic::AssertUnwindSafe, path::PathBuf, sync::Arc,
    time::Duration,
};
use tokio::{
    sync::watch,
    task::JoinSet,
    time::{Instant, interval, sleep, timeout},
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
/// How often the configuration file is looked at.
const LOOK: Duration = Duration::from_secs(10);
/// How often gauges are brought up to date.
const GAUGES: Duration = Duration::from_secs(15);
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
        beside.spawn(gauges(
            self.cache.clone(),
            queue.clone(),
            self.metrics.clone(),
        ));
        if let Some(path) = self.config_file.clone() {
            let config = ConfigFile { path, text: None };
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
        let finish = stop.child_token();
        let mut workers = JoinSet::new();
        let is_lost = tokio::select! {
            () = self.work(reconciler, &finish, &mut workers) => false,
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
            workers.spawn(work(reconciler.clone(), stop.clone(), self.metrics.clone()));
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

/// Works until told to stop; what has begun is ended.
async fn work(reconciler: Arc<Reconciler>, stop: CancellationToken, metrics: Metrics) {
    loop {
        let turn = tokio::select! {
            biased;
            () = stop.cancelled() => return,
            turn = reconciler.queue.next() => turn,
        };
        let began = Instant::now();
        let working = AssertUnwindSafe(reconciler.turn(turn.key())).catch_unwind();
        let outcome = working.await.unwrap_or_else(|_| {
            error!(key = %turn.key(), "the controller has a bug; its log says where");
            Outcome::Failed(Duration::ZERO)
        });
        count(&metrics, turn.key(), outcome, began.elapsed());
        turn.end(outcome);
    }
}

fn count(metrics: &Metrics, key: &Key, outcome: Outcome, took: Duration) {
    let controller = ("controller", key.controller());
    let result = match outcome {
        Outcome::Done => "success",
        Outcome::Again(_) => "requeue_after",
        Outcome::Failed(_) => "error",
    };
    metrics.count(metrics::TURNS, &[controller, ("result", result)], 1);
    metrics.observe(metrics::SECONDS, &[controller], took.as_secs_f64());
    if matches!(outcome, Outcome::Failed(_)) {
        metrics.count(metrics::ERRORS, &[controller], 1);
    }
}

/// Keeps gauges up to date for ever.
async fn gauges(cache: Arc<Cache>, queue: Queue, metrics: Metrics) -> Infallible {
    let mut ticks = interval(GAUGES);
    loop {
        ticks.tick().await;
        let (now, later) = queue.depth();
        metrics.set(metrics::DEPTH, &[("name", LEASE)], now as f64);
        metrics.set(metrics::LATER, &[("name", LEASE)], later as f64);
        let counts = cache.counts();
        for resource in OBJECTS {
            let (all, ready) = counts.get(&resource).copied().unwrap_or_default();
            let labels = [("kind", resource.kind())];
            metrics.set(metrics::OBJECTS, &labels, all as f64);
            metrics.set(metrics::READY, &labels, ready as f64);
        }
    }
}

/// The configuration file, and what was read of it last.
struct ConfigFile {
    path: PathBuf,
    text: Option<String>,
}

impl ConfigFile {
    /// Looks at the file for ever, and takes over what is right in it.
    async fn follow(
        mut self,
        settings: watch::Sender<Arc<Settings>>,
        cache: Arc<Cache>,
        queue: Queue,
        metrics: Metrics,
    ) -> Infallible {
        let mut ticks = interval(LOOK);
        loop {
            ticks.tick().await;
            let path = self.path.clone();
            let read = tokio::task::spawn_blocking(move || std::fs::read_to_string(path)).await;
            // A mount that is being replaced is not there for a moment.
            let Ok(Ok(text)) = read else { continue };
            if self.text.as_ref() == Some(&text) {
                continue;
            }
            match Config::from_yaml(&text) {
                Ok(config) => adopt(config, &settings, &cache, &queue),
                Err(error) => {
                    metrics.count(metrics::CONFIG_FAILURES, &[], 1);
                    error!(path = %self.path.display(), %error, "the configuration stays as it was");
                }
            }
            self.text = Some(text);
        }
    }
}

fn adopt(config: Config, settings: &watch::Sender<Arc<Settings>>, cache: &Cache, queue: &Queue) {
    let is_new = settings.send_if_modified(|settings| {
        let is_new = settings.config != config;
        if is_new {
            Arc::make_mut(settings).config = config;
        }
        is_new
    });
    if is_new {
        info!("the configuration has changed");
        let is_bus = |key: &Key| {
            matches!(
                key,
                Key::Object(ObjectKey {
                    resource: Resource::EventBuses,
                    ..
                })
            )
        };
        queue.extend(cache.keys().into_iter().filter(is_bus));
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

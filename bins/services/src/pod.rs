//! The life of a pod: it is reachable for probes at once, waits for its bus, works, and drains when it
//! is told to stop.
//!
//! A bus that is not there is no reason to end: the pod stays, says that it is not ready, and tries
//! again. Only what no waiting can mend ends it.

mod election;
mod packed;

use crate::{
    bus::Bus,
    environment::{Environment, Fault},
    secrets::Mounted,
    work::{Role, Work},
};
use argo_events::{
    BuiltinKinds as _, Engine, Error, ErrorKind, EventBus, Registry, Result, Running, SystemClock,
    core::{api::Metadata, registry::BusBuild, telemetry::Metrics},
    sensor::runtime::{Layout, Limits},
};
use argo_events_process::{Exit, Failure, Health, Signals, tell_build};
use election::Election;
use std::{
    convert::Infallible, io, num::NonZeroUsize, path::PathBuf, pin::pin, sync::Arc, time::Duration,
};
use tokio::{
    runtime::{self, Runtime},
    time::{sleep, timeout},
};
use tracing::{error, info, warn};

/// Where metrics and health are, unless told otherwise.
const METRICS: &str = "[::]:7777";
/// How long a pod drains; Kubernetes waits 30 s.
const GRACE: Duration = Duration::from_secs(20);
/// How long the bus may take, beyond the grace period, to make sure of what it accepted.
const FLUSH: Duration = Duration::from_secs(5);
/// How many connections of an event source are served before the bus gets what they brought.
const TURN: usize = 16;
/// How long one attempt to reach the bus may take.
const PATIENCE: Duration = Duration::from_secs(30);
/// After how long a pod of the reference was heard if one leads.
const HEARING: Duration = Duration::from_secs(1);
/// Pause before the second attempt; doubles up to the longest.
const PAUSE: Duration = Duration::from_millis(200);
const LONGEST_PAUSE: Duration = Duration::from_secs(10);

/// Everything that a pod is told.
#[derive(Debug)]
pub(crate) struct Settings {
    work: Work,
    /// Events that cannot run, and why.
    invalid: Vec<String>,
    bus: Bus,
    registry: Registry,
    secrets: Arc<Mounted>,
    metrics: Metrics,
    address: String,
    grace: Duration,
    data_directory: PathBuf,
    election: Election,
    pod: String,
    layout: Layout,
    workers: NonZeroUsize,
    /// Further objects that the pod runs, of a pod that may have several.
    packed: Option<Vec<Settings>>,
}

impl Settings {
    /// Reads the environment; every fault of it is found at once.
    pub(crate) fn read(
        environment: &Environment,
        role: Role,
    ) -> std::result::Result<Self, Vec<Fault>> {
        match environment.get(packed::DIRECTORY) {
            Some(folder) => packed::read(environment, role, folder.as_ref()),
            None => Self::of_one(environment, role),
        }
    }

    /// Reads what a pod of one object is told.
    fn of_one(environment: &Environment, role: Role) -> std::result::Result<Self, Vec<Fault>> {
        let registry = Registry::builtin();
        let mut faults = Vec::new();
        let work = Work::read(environment, role, &registry);
        let bus = Bus::read(environment, &registry);
        let pod = environment.require("POD_NAME", "the name of the pod");
        let grace = environment.duration("ARGO_EVENTS_GRACE", GRACE);
        let work = work.map_err(|found| faults.extend(found)).ok();
        let bus = bus.map_err(|found| faults.extend(found)).ok();
        let pod = pod.map_err(|found| faults.push(found)).ok();
        let grace = grace.map_err(|found| faults.push(found)).ok();
        let layout = environment.layout();
        let layout = layout.map_err(|found| faults.push(found)).ok();
        let workers = environment.workers();
        let workers = workers.map_err(|found| faults.push(found)).ok();
        let (Some((work, invalid)), Some(bus), Some(pod)) = (work, bus, pod) else {
            return Err(faults);
        };
        let (Some(grace), Some(layout), Some(workers)) = (grace, layout, workers) else {
            return Err(faults);
        };
        let root = environment.get("ARGO_EVENTS_ROOT").unwrap_or("/");
        let secrets = Mounted::below(root.as_ref(), bus.access.clone());
        let data_directory = environment
            .get("ARGO_EVENTS_DATA_DIR")
            .unwrap_or(".argo-events");
        Ok(Self {
            election: Election::read(environment, pod),
            pod: pod.to_owned(),
            layout,
            workers,
            metrics: metrics(&work.metadata().namespace),
            address: environment
                .get("ARGO_EVENTS_METRICS")
                .unwrap_or(METRICS)
                .to_owned(),
            secrets: Arc::new(secrets),
            data_directory: data_directory.into(),
            work,
            invalid,
            bus,
            registry,
            grace,
            packed: None,
        })
    }
}

/// Makes the metrics: their series name the namespace, and one tells the build.
fn metrics(namespace: &str) -> Metrics {
    let metrics = Metrics::new(namespace);
    tell_build(&metrics);
    metrics
}

/// Runs a pod until it is told to stop.
pub(crate) fn run(settings: Settings) -> std::result::Result<Exit, Failure> {
    let runtime = runtime(&settings).map_err(|error| {
        Failure::new(Exit::Unreachable, format!("cannot start threads: {error}"))
    })?;
    let exit = runtime.block_on(async {
        match settings.packed {
            Some(_) => packed::serve(settings).await,
            None => serve(&settings).await,
        }
    });
    // What hangs in a blocking call must not hold the end up.
    runtime.shutdown_timeout(Duration::from_secs(1));
    exit.or_else(|failure| {
        error!("{}", failure.message().trim_start_matches("error: "));
        Ok(failure.exit())
    })
}

/// Makes what the pod runs on. With one worker everything takes turns on one thread: what several
/// connections bring is then written to the bus together, and nothing has to wake another thread. With
/// all of many connections at once, pod and bus would wait for each other in turn.
fn runtime(settings: &Settings) -> io::Result<Runtime> {
    let workers = settings.workers.get();
    let mut builder = match workers {
        1 => runtime::Builder::new_current_thread(),
        _ => runtime::Builder::new_multi_thread(),
    };
    if matches!(settings.work, Work::EventSource(_)) {
        builder.max_io_events_per_tick(TURN);
    }
    builder.worker_threads(workers).enable_all().build()
}

async fn serve(settings: &Settings) -> std::result::Result<Exit, Failure> {
    let mut signals = Signals::listen()?;
    let health = open(settings).await?;
    let running = tokio::select! {
        running = connect(settings, &health) => running?,
        () = signals.next() => return Ok(Exit::Fine),
    };
    health.watch(&running);
    tokio::select! {
        never = announce(&running) => match never {},
        () = signals.next() => {}
    }
    health.draining();
    info!(grace = ?settings.grace, "draining");
    tokio::select! {
        () = drain(running, settings) => Ok(Exit::Fine),
        () = signals.next() => Ok(Exit::Interrupted),
    }
}

/// Says what works once nothing is starting any more.
async fn announce(running: &Running) -> Infallible {
    let waiting = running.ready().await.waiting;
    info!(bus = running.bus().kind(), ?waiting, "running");
    std::future::pending().await
}

/// Answers probes from now on.
async fn open(settings: &Settings) -> std::result::Result<Health, Failure> {
    let address = &settings.address;
    let mut opened = Health::open(address).await;
    if opened.is_err() && address == METRICS {
        // A machine without IPv6 has the addresses of IPv4 all the same.
        let second = Health::open("0.0.0.0:7777").await;
        opened = second.or(opened);
    }
    let health = opened.map_err(|error| {
        let help = "set ARGO_EVENTS_METRICS to another address, or to `off`";
        let message = format!("metrics and health cannot listen on {address}: {error}; {help}");
        Failure::new(Exit::Unreachable, message)
    })?;
    health.always(settings.invalid.clone());
    health.starting(&settings.metrics, "starting");
    Ok(health)
}

/// Reaches the bus and starts the work, however often that takes.
async fn connect(settings: &Settings, health: &Health) -> std::result::Result<Running, Failure> {
    let mut pause = PAUSE;
    loop {
        let error = match attempt(settings, health).await {
            Ok(running) => return Ok(running),
            Err(error) if is_hopeless(&error) => {
                return Err(Failure::new(Exit::InputWrong, error));
            }
            Err(error) => error,
        };
        let bus = settings.bus.descriptor.kind;
        health.starting(&settings.metrics, format!("bus {bus}: {error}"));
        warn!(%error, bus, ?pause, "the bus cannot be used yet, trying again");
        sleep(pause).await;
        pause = (pause * 2).min(LONGEST_PAUSE);
    }
}

/// Tells whether waiting is of no use: what is wrong lies in what the pod was told.
fn is_hopeless(error: &Error) -> bool {
    let is_wrong = matches!(
        error.kind(),
        ErrorKind::ConfigInvalid | ErrorKind::Unsupported
    );
    is_wrong && !error.is_transient()
}

async fn attempt(settings: &Settings, health: &Health) -> Result<Running> {
    let Bus {
        descriptor, config, ..
    } = &settings.bus;
    let bus = in_time(descriptor.build(config, surroundings(settings))).await?;
    let started = async {
        let standing_by = || health.standing_by(&settings.metrics);
        if stand_by(settings, &*bus, standing_by).await? {
            health.starting(&settings.metrics, "starting");
        }
        in_time(start(settings, bus.clone())).await
    };
    match started.await {
        Ok(running) => Ok(running),
        Err(error) => {
            close(&*bus, FLUSH).await;
            Err(error)
        }
    }
}

/// Waits until no pod of the reference leads the sensor, however long that takes, and tells whether
/// it had to; `standing_by` is called when the waiting begins.
///
/// That counts as ready: a rollout ends the old pod only once the new one is.
async fn stand_by(
    settings: &Settings,
    bus: &dyn EventBus,
    standing_by: impl FnOnce(),
) -> Result<bool> {
    let Work::Sensor(sensor) = &settings.work else {
        return Ok(false);
    };
    let Metadata {
        name, namespace, ..
    } = &sensor.metadata;
    if in_time(bus.predecessor(name)).await?.is_none() {
        return Ok(false);
    }
    let cluster = format!("{namespace}-sensor-{name}");
    let mut free = pin!(bus.wait_until_free(&cluster));
    if let Ok(nobody) = timeout(HEARING, &mut free).await {
        nobody?;
        return Ok(false);
    }
    standing_by();
    free.await?;
    Ok(true)
}

async fn in_time<T>(attempt: impl Future<Output = Result<T>>) -> Result<T> {
    let late = || {
        Error::transient(ErrorKind::Timeout, "no answer in time")
            .with("after", format!("{PATIENCE:?}"))
    };
    timeout(PATIENCE, attempt)
        .await
        .unwrap_or_else(|_| Err(late()))
}

/// Says what the bus is made of, beside its configuration.
fn surroundings(settings: &Settings) -> BusBuild {
    let (work, secrets) = (&settings.work, settings.secrets.clone());
    let clock = Arc::new(SystemClock);
    let mut build = BusBuild::new(work.bus_name(), &settings.data_directory, secrets, clock);
    build.namespace.clone_from(&work.metadata().namespace);
    build.replica = Some(settings.pod.clone());
    build
}

async fn start(settings: &Settings, bus: Arc<dyn EventBus>) -> Result<Running> {
    let Settings { work, registry, .. } = settings;
    let mut limits = Limits::default();
    limits.grace = settings.grace;
    let builder = Engine::builder()
        .registry(registry.clone())
        .secrets(settings.secrets.clone())
        .metrics(settings.metrics.clone());
    let builder = match settings.election.leadership(work, registry, &bus).await? {
        Some(leadership) => builder.leadership(leadership),
        None => builder,
    };
    let builder = builder.shared_bus(bus).replica(&settings.pod);
    let engine = work.add_to(builder, limits, settings.layout).build();
    let engine =
        engine.map_err(|error| Error::permanent(ErrorKind::ConfigInvalid, error.to_string()))?;
    engine.start().await
}

/// Stops accepting, lets what is under way end, and flushes the bus.
async fn drain(running: Running, settings: &Settings) {
    let bus = running.stop(settings.grace).await;
    if timeout(FLUSH, settings.election.settled()).await.is_err() {
        warn!("leadership could not be given back in time; its lease will run out");
    }
    close(&*bus, FLUSH).await;
    info!("stopped");
}

async fn close(bus: &dyn EventBus, patience: Duration) {
    match timeout(patience, bus.close()).await {
        Ok(Ok(())) => {}
        Ok(Err(error)) => warn!(%error, "the bus could not be closed in order"),
        Err(_) => warn!(?patience, "the bus did not close in time"),
    }
}

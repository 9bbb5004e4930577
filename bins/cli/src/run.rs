//! `argo-events run`: manifests in this process, until Ctrl-C.
//!
//! [`prepare`] finds every mistake before anything starts; then the engine runs, is replaced when
//! manifests change, and drains at the end.

mod banner;
mod ports;
mod prepare;
mod watch;

use crate::{
    arguments::Run,
    exit::{Exit, Failure},
    live::Live,
    logging,
    paint::counted,
};
use argo_events::{
    Error, Manifests, Running,
    core::telemetry::names::{SENSOR_PENDING_EVENTS, SOURCE_IN_FLIGHT},
    engine::Changes,
};
pub(crate) use argo_events_process::{Health, Signals};
use prepare::Prepared;
use std::{sync::Arc, time::Duration};
use tokio::runtime::Runtime;

/// Makes the runtime of a subcommand.
pub(crate) fn runtime() -> Result<Runtime, Failure> {
    tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .map_err(|error| Failure::new(Exit::Unreachable, format!("cannot start threads: {error}")))
}

pub(crate) fn run(arguments: Run) -> Result<Exit, Failure> {
    let _lines = logging::start(arguments.log);
    let runtime = runtime()?;
    let exit = runtime.block_on(serve(&arguments));
    // What hangs in a blocking call must not hold the end up.
    runtime.shutdown_timeout(Duration::from_secs(1));
    exit
}

async fn serve(arguments: &Run) -> Result<Exit, Failure> {
    let mut signals = Signals::listen()?;
    let health = Health::open(&arguments.metrics).await.map_err(|error| {
        let address = &arguments.metrics;
        format!("metrics cannot listen on {address}: {error}; use --metrics ADDRESS, or `off`")
    });
    let live = Arc::new(Live::new(arguments.log));
    let watched = arguments.paths.iter().chain(&arguments.secrets_dir);
    let mut changes = watch::Changes::of(watched.cloned().collect());
    let metrics_fault = health.as_ref().err().cloned();
    let prepared = prepare::first(arguments, &live, metrics_fault)?;
    let health = health.map_err(|fault| Failure::new(Exit::InputWrong, fault))?;
    let started = tokio::select! {
        started = start(prepared) => started?,
        () = signals.next() => return Ok(Exit::Interrupted),
    };
    let mut session = Session {
        arguments,
        live,
        health,
        running: started.0,
        manifests: started.1,
    };
    session.present();
    loop {
        tokio::select! {
            () = signals.next() => break,
            () = changes.next(), if arguments.watch => session.reload().await,
        }
    }
    session.drain(&mut signals).await
}

/// Starts the engine and waits until its sources listen.
async fn start(prepared: Prepared) -> Result<(Running, Manifests), Failure> {
    let Prepared {
        manifests,
        engine,
        ports,
    } = prepared;
    let running = engine.start().await.map_err(|error| cannot_start(&error))?;
    let readiness = running.ready().await;
    let needs_port = |waiting: &&String| {
        let mut names = ports.iter().map(|it| format!("source {}: ", it.owner));
        names.any(|name| waiting.starts_with(&name))
    };
    // Somebody took the port after it was looked at. Other sources may wait for theirs.
    if let Some(late) = readiness.waiting.iter().find(needs_port) {
        return Err(Failure::new(Exit::Unreachable, late));
    }
    for waiting in &readiness.waiting {
        eprintln!("warning: {waiting}");
    }
    Ok((running, manifests))
}

fn cannot_start(error: &Error) -> Failure {
    let text = match error.context("directory") {
        Some(directory) => format!(
            "the bus cannot be started in {directory}: {} (--data-dir)",
            error.message()
        ),
        None => format!("the bus cannot be started: {error}"),
    };
    Failure::new(Exit::Unreachable, text)
}

/// The labels of a series that has two.
type Pair<'a> = [(&'static str, &'a str); 2];

/// What runs, and what belongs to it.
struct Session<'a> {
    arguments: &'a Run,
    live: Arc<Live>,
    health: Health,
    running: Running,
    manifests: Manifests,
}

impl Session<'_> {
    fn present(&self) {
        self.health.watch(&self.running);
        banner::print(
            self.arguments,
            &self.manifests,
            &self.running,
            self.health.address(),
        );
    }

    fn grace(&self) -> Duration {
        Duration::from_secs(self.arguments.grace)
    }

    /// Changes what the manifests say differently now; with a mistake in them, everything goes on as it was.
    async fn reload(&mut self) {
        let Prepared {
            manifests, engine, ..
        } = match prepare::again(self.arguments, &self.running) {
            Ok(prepared) => prepared,
            Err(failure) => {
                Exit::report(failure);
                eprintln!("the manifests changed and are wrong now; what ran before goes on");
                return;
            }
        };
        let grace = self.grace();
        match self.running.take_over(engine, grace).await {
            Ok(changes) => self.tell(&changes, manifests).await,
            Err(error) => {
                eprintln!("the manifests changed, and what ran before goes on: {error}");
            }
        }
    }

    async fn tell(&mut self, changes: &Changes, manifests: Manifests) {
        let bus = |manifests: &Manifests| manifests.buses.first().map(|bus| bus.spec.clone());
        if self.arguments.bus.is_none() && bus(&manifests) != bus(&self.manifests) {
            eprintln!("warning: the EventBus changed; start again to use it");
        }
        self.manifests = manifests;
        if !changes.is_empty() {
            self.present();
        }
        for waiting in self.running.readiness().await.waiting {
            eprintln!("warning: {waiting}");
        }
        match changes.is_empty() {
            true => eprintln!("reloaded: nothing to start again"),
            false => eprintln!("reloaded: {changes}"),
        }
    }

    /// Lets what is under way come to its end. A second signal ends it at once.
    async fn drain(self, signals: &mut Signals) -> Result<Exit, Failure> {
        self.health.draining();
        let in_flight = self.live.in_flight() + self.sum(SOURCE_IN_FLIGHT, &self.events());
        let pending = self.sum(SENSOR_PENDING_EVENTS, &self.triggers());
        eprintln!(
            "draining: {in_flight} in flight, {} waiting in conditions",
            counted(pending, "event")
        );
        let (grace, durable) = (self.grace(), self.running.bus().capabilities().durable);
        let drained = tokio::select! {
            drained = self.running.drain(grace) => drained,
            () = signals.next() => {
                eprintln!("interrupted: {}", fate(self.live.in_flight(), durable));
                return Ok(Exit::Interrupted);
            }
        };
        if self.live.in_flight() > 0 {
            eprintln!(
                "the grace period is over: {}",
                fate(self.live.in_flight(), durable)
            );
        }
        drained.map_err(|error| Failure::new(Exit::Unreachable, error))?;
        Ok(Exit::Fine)
    }

    fn sum(&self, gauge: &'static str, labels: &[Pair<'_>]) -> u64 {
        let metrics = self.running.metrics();
        let sum: f64 = labels
            .iter()
            .map(|labels| metrics.gauge(gauge, labels).value())
            .sum();
        // Gauges of counts are small and never negative.
        sum.max(0.0) as u64
    }

    fn events(&self) -> Vec<Pair<'_>> {
        let sources = self.manifests.event_sources.iter().flat_map(|source| {
            let name = source.metadata.name.as_str();
            let events = source.spec.events();
            events.map(move |(_, event, _)| [("eventsource_name", name), ("event_name", event)])
        });
        sources.collect()
    }

    fn triggers(&self) -> Vec<Pair<'_>> {
        let sensors = self.manifests.sensors.iter().flat_map(|sensor| {
            let name = sensor.metadata.name.as_str();
            let templates = sensor
                .spec
                .triggers
                .iter()
                .filter_map(|it| it.template.as_ref());
            templates.map(move |it| [("sensor_name", name), ("trigger_name", it.name.as_str())])
        });
        sensors.collect()
    }
}

/// Says what becomes of what is unfinished.
fn fate(unfinished: u64, durable: bool) -> String {
    let end = if durable {
        "again at the next start"
    } else {
        "lost with the memory bus"
    };
    format!("{} unfinished, {end}", counted(unfinished, "firing"))
}

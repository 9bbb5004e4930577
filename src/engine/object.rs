//! Objects that run: each of them starts, stops and is compared on its own.

use super::change::Described;
use argo_events_core::{Error, EventBus, EventSource, Subject, api};
use argo_events_sensor::runtime::{SensorPlan, SensorRuntime};
use argo_events_sources::runtime::{self, Entry, SourceRuntime};
use std::{fmt, sync::Arc, time::Duration};
use tokio::{
    sync::watch,
    task::JoinSet,
    time::{Instant, sleep, timeout_at},
};
use tokio_util::sync::CancellationToken;

/// Pause before a sensor that could not be opened is opened again; doubles up to the longest.
const PAUSE: Duration = Duration::from_secs(1);
const LONGEST_PAUSE: Duration = Duration::from_secs(30);

/// An EventSource, or a source of the program.
#[derive(Clone)]
pub(super) enum Source {
    /// Described by an object.
    Described(Box<api::EventSource>),
    /// Brought along by the program.
    Own(Subject, Arc<dyn EventSource>),
}

impl Source {
    /// Returns the name under which events are published.
    pub(super) fn name(&self) -> &str {
        match self {
            Self::Described(source) => &source.metadata.name,
            Self::Own(subject, _) => &subject.source,
        }
    }

    /// Starts it.
    pub(super) fn start(self, runtime: &SourceRuntime) -> RunningSource {
        let running = match &self {
            Self::Described(source) => runtime.start(source),
            Self::Own(subject, source) => {
                let entry = Entry::new(&subject.event, source.clone());
                runtime.start_entries(&subject.source, vec![entry])
            }
        };
        RunningSource {
            source: self,
            running,
        }
    }
}

impl Described for Source {
    fn title(&self) -> String {
        match self {
            Self::Described(source) => format!("EventSource/{}", source.metadata.name),
            Self::Own(subject, _) => format!("source {subject}"),
        }
    }

    fn has_name_of(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Described(one), Self::Described(other)) => same_name(one, other),
            (Self::Own(one, _), Self::Own(other, _)) => one == other,
            _ => false,
        }
    }

    fn equals(&self, other: &Self) -> bool {
        self.has_name_of(other)
            && match (self, other) {
                (Self::Described(one), Self::Described(other)) => one.spec == other.spec,
                (Self::Own(_, one), Self::Own(_, other)) => Arc::ptr_eq(one, other),
                _ => false,
            }
    }
}

impl fmt::Debug for Source {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.title())
    }
}

fn same_name<S>(one: &api::Object<S>, other: &api::Object<S>) -> bool {
    (&one.metadata.namespace, &one.metadata.name)
        == (&other.metadata.namespace, &other.metadata.name)
}

/// A source that runs; dropping it ends it at once.
pub(super) struct RunningSource {
    pub(super) source: Source,
    pub(super) running: runtime::Running,
}

/// A Sensor and what it was compiled to.
#[derive(Clone, Debug)]
pub(super) struct PlannedSensor {
    pub(super) object: Box<api::Sensor>,
    pub(super) plan: Arc<SensorPlan>,
}

impl Described for PlannedSensor {
    fn title(&self) -> String {
        format!("Sensor/{}", self.object.metadata.name)
    }

    fn has_name_of(&self, other: &Self) -> bool {
        same_name(&self.object, &other.object)
    }

    /// Closures are known by their names.
    fn equals(&self, other: &Self) -> bool {
        self.has_name_of(other) && self.object.spec == other.object.spec
    }
}

impl PlannedSensor {
    /// Subscribes; everything published after this resolves will be read.
    pub(super) async fn open(
        &self,
        bus: &Arc<dyn EventBus>,
        stop: &CancellationToken,
    ) -> argo_events_core::Result<SensorRuntime> {
        SensorRuntime::open(self.plan.clone(), bus.clone(), stop.clone()).await
    }

    /// Lets it read and fire.
    pub(super) fn run(self, opened: SensorRuntime, stop: CancellationToken) -> RunningSensor {
        let mut tasks = JoinSet::new();
        tasks.spawn(opened.run());
        RunningSensor {
            sensor: self,
            fault: watch::Sender::new(None).subscribe(),
            tasks,
            stop,
        }
    }

    /// Opens it, and if that fails goes on trying, so that one sensor does not stop the others.
    pub(super) async fn run_somehow(
        self,
        bus: &Arc<dyn EventBus>,
        stop: CancellationToken,
    ) -> RunningSensor {
        let error = match self.open(bus, &stop).await {
            Ok(opened) => return self.run(opened, stop),
            Err(error) => error,
        };
        let (told, fault) = watch::channel(Some(error.to_string()));
        let mut tasks = JoinSet::new();
        tasks.spawn(open_again(
            self.clone(),
            bus.clone(),
            stop.clone(),
            error,
            told,
        ));
        RunningSensor {
            sensor: self,
            fault,
            tasks,
            stop,
        }
    }
}

async fn open_again(
    sensor: PlannedSensor,
    bus: Arc<dyn EventBus>,
    stop: CancellationToken,
    mut error: Error,
    told: watch::Sender<Option<String>>,
) {
    let mut pause = PAUSE;
    loop {
        tracing::error!(sensor = sensor.plan.name(), %error, ?pause, "a sensor cannot be opened; it is tried again after a pause");
        told.send_replace(Some(error.to_string()));
        tokio::select! {
            () = stop.cancelled() => return,
            () = sleep(pause) => pause = (pause * 2).min(LONGEST_PAUSE),
        }
        match sensor.open(&bus, &stop).await {
            Ok(opened) => {
                told.send_replace(None);
                return opened.run().await;
            }
            Err(again) => error = again,
        }
    }
}

/// A sensor that runs; dropping it ends it at once.
pub(super) struct RunningSensor {
    pub(super) sensor: PlannedSensor,
    /// Why it does not read yet.
    pub(super) fault: watch::Receiver<Option<String>>,
    tasks: JoinSet<()>,
    stop: CancellationToken,
}

impl RunningSensor {
    /// Lets what is under way come to its end; tells whether it did before the deadline.
    pub(super) async fn stop(mut self, deadline: Instant) -> bool {
        self.stop.cancel();
        let ended = async { while self.tasks.join_next().await.is_some() {} };
        timeout_at(deadline, ended).await.is_ok()
    }
}

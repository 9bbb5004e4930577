//! A sensor compiled: every name resolved, every expression checked, each trigger in its lane.
//!
//! Planning does no I/O, so that every mistake is found before anything starts.

use super::{
    action::{Action, Completion},
    layout::Layout,
    observer::{Observer, Unobserved},
};
use crate::{
    dependency::Filter,
    resolver::{ResetSchedule, TriggerPlan},
};
use argo_events_core::{
    Clock, Error, ErrorKind, FieldPath, Firing, Problems, Registry, Result, SecretSource, Subject,
    api, registry::Clients, resolver::Shape, telemetry::Metrics,
};
use argo_events_expr::condition::Condition;
use std::{
    hash::{BuildHasher as _, RandomState},
    num::NonZeroUsize,
    sync::Arc,
    time::Duration,
};
use tokio_util::sync::CancellationToken;

/// What a sensor is made of, beside its manifest.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct SensorBuild {
    /// The kinds of triggers.
    pub registry: Registry,
    /// Where secrets and config maps are found.
    pub secrets: Arc<dyn SecretSource>,
    /// The clock.
    pub clock: Arc<dyn Clock>,
    /// Where things are counted.
    pub metrics: Metrics,
    /// Who watches.
    pub observer: Arc<dyn Observer>,
    /// What the sensor's triggers share, of whoever has a client for them already; its own if absent. No
    /// two sensors may have the same, since clients are found by the names of triggers.
    pub clients: Option<Clients>,
    /// Limits.
    pub limits: Limits,
    /// How triggers are laid out over lanes.
    pub layout: Layout,
    /// Whether a trigger with a mistake is left out, with a warning, so that the others run; without
    /// it a sensor with a mistake is none.
    pub leaves_out: bool,
    /// What tells this replica of the sensor from others, such as the name of the pod; no two processes
    /// alive may have the same.
    pub replica: Arc<str>,
}

impl SensorBuild {
    /// Makes surroundings with default limits, unobserved.
    pub fn new(registry: Registry, secrets: Arc<dyn SecretSource>, clock: Arc<dyn Clock>) -> Self {
        Self {
            registry,
            secrets,
            clock,
            metrics: Metrics::default(),
            observer: Arc::new(Unobserved),
            clients: None,
            limits: Limits::default(),
            layout: Layout::default(),
            leaves_out: false,
            replica: anyone().into(),
        }
    }
}

/// Returns a name that no other replica has.
fn anyone() -> String {
    format!("replica-{:016x}", RandomState::new().hash_one(0))
}

/// What a sensor's lanes are limited by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Limits {
    /// Firings of one trigger that run at a time, unless it is ordered.
    pub at_a_time: NonZeroUsize,
    /// Deliveries of a lane that are not settled yet.
    pub max_in_flight: NonZeroUsize,
    /// Most deliveries read at once; a shard stores one checkpoint for each such batch.
    pub batch: usize,
    /// After how long a silent delivery comes again.
    pub ack_wait: Duration,
    /// How long running actions get to end when the sensor stops.
    pub grace: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            at_a_time: NonZeroUsize::new(64).expect("is not zero"),
            max_in_flight: NonZeroUsize::new(1024).expect("is not zero"),
            batch: 256,
            ack_wait: Duration::from_secs(30),
            grace: Duration::from_secs(10),
        }
    }
}

/// A sensor that is ready to run.
#[derive(Debug)]
pub struct SensorPlan {
    pub(crate) name: Arc<str>,
    pub(crate) namespace: String,
    pub(crate) dependencies: Vec<PlannedDependency>,
    pub(crate) specs: Vec<api::Dependency>,
    pub(crate) triggers: Vec<PlannedTrigger>,
    pub(crate) build: SensorBuild,
    pub(crate) warnings: Problems,
}

#[derive(Debug)]
pub(crate) struct PlannedDependency {
    pub(crate) name: String,
    pub(crate) subject: Subject,
    pub(crate) filter: Arc<Filter>,
}

/// Which lane a trigger reads in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum LaneKind {
    /// Stateless, unordered, at least once.
    Shared,
    /// Stateless, at most once.
    Once,
    /// Stateful or ordered.
    Shard,
}

impl LaneKind {
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Shared => "shared",
            Self::Once => "once",
            Self::Shard => "shard",
        }
    }
}

#[derive(Debug)]
pub(crate) struct PlannedTrigger {
    pub(crate) shape: Arc<Shape>,
    pub(crate) lane: LaneKind,
    pub(crate) at_a_time: NonZeroUsize,
    pub(crate) at_most_once: bool,
    /// Indexes of the sensor's dependencies, in the order of the shape.
    pub(crate) dependencies: Vec<usize>,
    pub(crate) action: Arc<Action>,
    pub(crate) condition: Condition,
    pub(crate) template: api::TriggerTemplate,
    pub(crate) resets: ResetSchedule,
}

impl SensorPlan {
    /// Returns the name of the sensor.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Returns what is doubtful about the sensor; there is no error in it.
    pub fn warnings(&self) -> &Problems {
        &self.warnings
    }

    /// Returns the condition of a trigger; `None` if the sensor has no trigger of that name.
    pub fn condition(&self, trigger: &str) -> Option<&Condition> {
        self.planned(trigger).map(|planned| &planned.condition)
    }

    /// Runs a firing of one of the triggers through its policies, as a lane does; returns whether it
    /// came to an end, and need not come again.
    ///
    /// For firings that were made by hand: the bus is not read, and nothing is recorded. How the
    /// firing ended is told to the observer.
    ///
    /// # Errors
    /// `NotFound`, permanent, when the sensor has no trigger of that name.
    ///
    /// # Cancel safety
    /// Dropping the future leaves the action's effect unknown.
    pub async fn perform(&self, firing: &Firing, stop: &CancellationToken) -> Result<bool> {
        let planned = self.planned(firing.trigger()).ok_or_else(|| {
            let error = Error::permanent(ErrorKind::NotFound, "the sensor has no such trigger");
            error.with("trigger", firing.trigger())
        })?;
        let completion = planned.action.perform(firing, stop).await;
        Ok(completion == Completion::Ended)
    }

    /// Returns under which name the bus keeps what belongs to the sensor.
    pub(crate) fn scope(&self) -> String {
        match self.namespace.as_str() {
            "" => format!("sensor/{}", self.name),
            namespace => format!("sensor/{namespace}/{}", self.name),
        }
    }

    fn planned(&self, trigger: &str) -> Option<&PlannedTrigger> {
        self.triggers
            .iter()
            .find(|planned| planned.shape.trigger == trigger)
    }

    /// Makes a trigger's resolver, in which nothing waits. Compiled before, so it compiles again.
    pub(crate) fn resolver(&self, trigger: &PlannedTrigger) -> Result<TriggerPlan> {
        let (path, mut problems) = (FieldPath::root(), Problems::default());
        let plan = TriggerPlan::compile(
            &trigger.shape,
            &trigger.condition,
            &self.specs,
            &trigger.template,
            &path,
            &mut problems,
        );
        plan.ok_or_else(|| {
            let found = problems
                .iter()
                .map(ToString::to_string)
                .collect::<Vec<_>>()
                .join("; ");
            Error::permanent(ErrorKind::ConfigInvalid, found)
                .with("trigger", &trigger.shape.trigger)
        })
    }
}

//! Collects what an engine is made of and finds every mistake before anything starts.

use super::{
    BuildError, BusUrl, Engine, Host,
    bus::BusChoice,
    change::Described as _,
    fault::Faults,
    handler,
    object::{PlannedSensor, Source},
    program::Program,
    secrets::CurrentSecrets,
};
use crate::manifest::{Checks, Manifests};
use argo_events_core::{
    Clock, Error, ErrorKind, Event, EventBus, EventSource, FieldPath, Firing, Problem, Problems,
    Registry, Result, SecretSource, Subject, Trigger, api,
    event::codec::keeps_source,
    registry::{BusBuild, BusDescriptor},
    telemetry::Metrics,
};
use argo_events_sensor::{
    runtime::{Layout, Limits, Observer, SensorBuild, SensorPlan},
    trigger::FunctionTrigger,
};
use argo_events_sources::{
    http::{MountedRoutes, WebServer},
    runtime::Leadership,
};
use serde_json::{Value, json};
use std::{fmt, path::PathBuf, sync::Arc};

/// Builds an [`Engine`].
#[must_use]
pub struct Builder {
    program: Program,
    manifests: Manifests,
    checks: Checks,
    bus: Option<BusChoice>,
    bus_kind: Option<String>,
    bus_url: Option<String>,
    data_directory: PathBuf,
    host: Host,
    secrets: Option<Arc<dyn SecretSource>>,
    /// What those read who run already, for an engine that takes over from them.
    current: Option<Arc<CurrentSecrets>>,
}

/// Kind of the bus that is used when nobody names one.
const EMBEDDED: &str = "local";

impl fmt::Debug for Builder {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Builder")
            .field("manifests", &self.manifests.files())
            .finish_non_exhaustive()
    }
}

impl Builder {
    pub(super) fn new() -> Self {
        Self {
            program: Program::default(),
            manifests: Manifests::default(),
            checks: Checks::default(),
            bus: None,
            bus_kind: None,
            bus_url: None,
            data_directory: PathBuf::from(".argo-events"),
            host: Host::Own(WebServer::default()),
            secrets: None,
            current: None,
        }
    }

    /// Begins an engine with the bus, the ports, the secrets and the program of one that runs.
    pub(super) fn of_successor(
        program: Program,
        bus: Arc<dyn EventBus>,
        host: Host,
        current: Arc<CurrentSecrets>,
    ) -> Self {
        Self {
            program,
            bus: Some(BusChoice::Given(bus)),
            host,
            current: Some(current),
            ..Self::new()
        }
    }

    /// Replaces the kinds of sources, triggers and buses; [`Registry::builtin`](crate::BuiltinKinds) unless told otherwise.
    pub fn registry(mut self, registry: Registry) -> Self {
        self.program.registry = registry;
        self
    }

    /// Adds the objects of manifests.
    pub fn manifests(mut self, manifests: Manifests) -> Self {
        self.manifests.extend(manifests);
        self
    }

    /// Sets what manifests are checked for beyond what an engine needs.
    pub fn checks(mut self, checks: Checks) -> Self {
        self.checks = checks;
        self
    }

    /// Adds an EventSource.
    pub fn event_source(mut self, source: api::EventSource) -> Self {
        self.program.event_sources.push(source);
        self
    }

    /// Adds a Sensor.
    pub fn sensor(mut self, sensor: api::Sensor) -> Self {
        self.program.sensors.push(sensor);
        self
    }

    /// Adds a source of one's own; `name` is `SOURCE/EVENT`, as sensors ask for it.
    ///
    /// Of several with the same name the last one runs.
    pub fn source(mut self, name: impl Into<String>, source: impl EventSource) -> Self {
        self.program
            .own_sources
            .push((name.into(), Arc::new(source)));
        self
    }

    /// Binds a closure to the trigger of that name which names no kind in its manifest.
    ///
    /// The closure may run many times at once. An error counts as a failed attempt: the trigger's
    /// retry strategy and dead letter apply, and a transient or a permanent error is retried alike.
    pub fn trigger<F, O>(self, name: impl Into<String>, act: F) -> Self
    where
        F: Fn(Firing) -> O + Send + Sync + 'static,
        O: Future<Output = Result<()>> + Send + 'static,
    {
        self.own_trigger(name, FunctionTrigger::new(act))
    }

    /// Binds a trigger of one's own to the trigger of that name which names no kind in its manifest.
    pub fn own_trigger(mut self, name: impl Into<String>, trigger: impl Trigger) -> Self {
        self.program
            .own_triggers
            .insert(name.into(), Arc::new(trigger));
        self
    }

    /// Calls a closure for each event of `SOURCE/EVENT`, without a manifest.
    pub fn on<F, O>(self, subject: impl Into<String>, act: F) -> Self
    where
        F: Fn(Arc<Event>) -> O + Send + Sync + 'static,
        O: Future<Output = Result<()>> + Send + 'static,
    {
        let subject = subject.into();
        let (source, event) = subject.split_once('/').unwrap_or((&subject, ""));
        let (sensor, name) = handler::sensor(source, event, self.program.own_triggers.len());
        self.sensor(sensor).own_trigger(name, handler::trigger(act))
    }

    /// Uses a bus of the program.
    pub fn bus(mut self, bus: impl EventBus) -> Self {
        self.bus = Some(BusChoice::Given(Arc::new(bus)));
        self
    }

    /// Uses a bus that others use too.
    pub fn shared_bus(mut self, bus: Arc<dyn EventBus>) -> Self {
        self.bus = Some(BusChoice::Given(bus));
        self
    }

    /// Uses a bus of that kind with default settings, whatever the manifests say.
    pub fn bus_kind(mut self, kind: impl Into<String>) -> Self {
        self.bus_kind = Some(kind.into());
        self
    }

    /// Uses the bus that a URL names, whatever the manifests say; see [`BusUrl`] for what can be written.
    ///
    /// ```
    /// # use argo_events::Engine;
    /// let engine = Engine::builder().bus_url("memory:").build()?;
    /// # Ok::<(), argo_events::BuildError>(())
    /// ```
    pub fn bus_url(mut self, url: impl Into<String>) -> Self {
        self.bus_url = Some(url.into());
        self
    }

    /// Sets where an embedded bus keeps its files; `.argo-events` unless told otherwise.
    pub fn data_directory(mut self, directory: impl Into<PathBuf>) -> Self {
        self.data_directory = directory.into();
        self
    }

    /// Opens no ports: [`Engine::routes`] are mounted in a server of the program.
    pub fn mounted(mut self) -> Self {
        self.host = Host::Mounted(MountedRoutes::default());
        self
    }

    /// Uses a web server with settings of one's own.
    pub fn web_server(mut self, server: WebServer) -> Self {
        self.host = Host::Own(server);
        self
    }

    /// Sets where secrets and config maps are found, instead of those of the manifests.
    pub fn secrets(mut self, secrets: Arc<dyn SecretSource>) -> Self {
        self.secrets = Some(secrets);
        self
    }

    /// Sets the clock; the machine's unless told otherwise.
    pub fn clock(mut self, clock: Arc<dyn Clock>) -> Self {
        self.program.clock = clock;
        self
    }

    /// Sets where things are counted.
    pub fn metrics(mut self, metrics: Metrics) -> Self {
        self.program.metrics = metrics;
        self
    }

    /// Watches what sensors decide.
    pub fn observer(mut self, observer: Arc<dyn Observer>) -> Self {
        self.program.observer = observer;
        self
    }

    /// Sets who decides which replica runs the sources that must run once; without replicas, this one.
    pub fn leadership(mut self, leadership: Arc<dyn Leadership>) -> Self {
        self.program.leadership = leadership;
        self
    }

    /// Sets the limits of the sensors' lanes.
    pub fn limits(mut self, limits: Limits) -> Self {
        self.program.limits = limits;
        self
    }

    /// Sets how the sensors' triggers are laid out over lanes.
    pub fn layout(mut self, layout: Layout) -> Self {
        self.program.layout = layout;
        self
    }

    /// Leaves out triggers with mistakes of the program's own sensors, with warnings, so that their
    /// other triggers run.
    pub fn leave_out_broken_triggers(mut self) -> Self {
        self.program.leaves_out = true;
        self
    }

    /// Sets what tells this process from others that run the same sensors, such as the name of the pod.
    pub fn replica(mut self, name: &str) -> Self {
        self.program.replica = Some(name.into());
        self
    }

    /// Checks everything. Does no I/O beyond looking for secrets.
    ///
    /// # Errors
    /// Every fault of every object at once, each with its place.
    pub fn build(mut self) -> Result<Engine, BuildError> {
        let mut faults = Faults::default();
        let manifests = self.check_manifests(&mut faults);
        let secrets = self.choose_secrets(&manifests);
        let first = || Arc::new(CurrentSecrets::new(secrets.clone()));
        let current = self.current.take().unwrap_or_else(first);
        let bus = self.choose_bus(&manifests, current.clone(), &mut faults);
        let sources = self.sources(&manifests, &mut faults);
        let sensors = self.plans(&manifests, current.clone(), &mut faults);
        let warnings = faults.finish()?;
        Ok(Engine {
            program: self.program,
            sources,
            sensors,
            bus: bus.expect("without a bus there was a fault"),
            host: self.host,
            secrets,
            current,
            warnings,
        })
    }
}

impl Builder {
    fn check_manifests(&mut self, faults: &mut Faults) -> Manifests {
        let mut manifests = std::mem::take(&mut self.manifests);
        let mut checks = self.checks.clone();
        checks
            .own_triggers
            .extend(self.program.own_triggers.keys().cloned());
        let own = &self.program.own_sources;
        let names = own.iter().filter_map(|(name, _)| name.split_once('/'));
        checks
            .own_sources
            .extend(names.map(|(source, event)| (source.to_owned(), event.to_owned())));
        faults.diagnostics(manifests.check(&self.program.registry, &checks));
        manifests
    }

    /// The manifests' own values are looked at first.
    fn choose_secrets(&mut self, manifests: &Manifests) -> Arc<dyn SecretSource> {
        let mut own = manifests.secrets.clone();
        if let Some(more) = self.checks.secrets.take() {
            own.extend(more);
        }
        match self.secrets.take() {
            Some(given) => given,
            None => Arc::new(own),
        }
    }

    /// The program's bus, else the one that a URL or a kind names, else the manifests' EventBus, else an embedded one.
    fn choose_bus(
        &mut self,
        manifests: &Manifests,
        secrets: Arc<dyn SecretSource>,
        faults: &mut Faults,
    ) -> Option<BusChoice> {
        if let Some(bus) = self.bus.take() {
            return Some(bus);
        }
        let clock = self.program.clock.clone();
        let mut build = BusBuild::new("default", &self.data_directory, secrets, clock);
        build.replica = self.program.replica.as_deref().map(str::to_owned);
        let described = match (&self.bus_url, &self.bus_kind, manifests.buses.first()) {
            (Some(url), ..) => BusUrl::parse(url).map(|url| url.describe(&mut build)),
            (None, Some(kind), _) => Ok((kind.clone(), json!({}))),
            (None, None, Some(bus)) => Ok(described(bus, &mut build)?),
            (None, None, None) => Ok((EMBEDDED.to_owned(), json!({}))),
        };
        let chosen = described.and_then(|(kind, config)| {
            let descriptor = available(&self.program.registry, &kind)?;
            Ok(BusChoice::Described {
                descriptor,
                config,
                build,
            })
        });
        let refused = |error: Error| {
            let problem = Problem::error(FieldPath::root(), error.to_string());
            faults.extend("", [problem]);
        };
        chosen.map_err(refused).ok()
    }

    /// Lists what brings events in: the manifests' sources, then those of the program.
    fn sources(&self, manifests: &Manifests, faults: &mut Faults) -> Vec<Source> {
        let found = manifests.event_sources.iter().map(|found| &**found);
        let given = &self.program.event_sources;
        for source in given {
            let name = &source.metadata.name;
            if !keeps_source(name) {
                faults.extend(&format!("EventSource/{name}"), [unfit(name)]);
            }
        }
        let described = found.chain(given);
        let described = described.map(|source| Source::Described(Box::new(source.clone())));
        described.chain(self.own_sources(faults)).collect()
    }

    fn own_sources(&self, faults: &mut Faults) -> Vec<Source> {
        let mut sources = Vec::new();
        for (name, source) in &self.program.own_sources {
            let subject = name
                .split_once('/')
                .filter(|(source, event)| !source.is_empty() && !event.is_empty());
            match subject {
                Some((source_name, _)) if !keeps_source(source_name) => {
                    faults.extend("", [unfit(source_name)]);
                }
                Some((source_name, event)) => {
                    let own = Source::Own(Subject::new(source_name, event), source.clone());
                    // The last one of a name takes the place of those before it.
                    sources.retain(|other: &Source| !other.has_name_of(&own));
                    sources.push(own);
                }
                None => {
                    let message = format!(
                        "{name:?} is no name of a source; write SOURCE/EVENT, such as shop/paid"
                    );
                    faults.extend("", [Problem::error(FieldPath::root(), message)]);
                }
            }
        }
        sources
    }

    fn plans(
        &self,
        manifests: &Manifests,
        secrets: Arc<dyn SecretSource>,
        faults: &mut Faults,
    ) -> Vec<PlannedSensor> {
        // A plan repeats the checks of manifests, so that there it would say the same again.
        if faults.has_errors() {
            return Vec::new();
        }
        let program = &self.program;
        let mut build = SensorBuild::new(program.registry.clone(), secrets, program.clock.clone());
        build.metrics = program.metrics.clone();
        build.observer = program.observer.clone();
        build.limits = program.limits;
        build.layout = program.layout;
        build.leaves_out = program.leaves_out;
        if let Some(replica) = &program.replica {
            build.replica = replica.clone();
        }
        let compile = |sensor: &api::Sensor| {
            let plan = SensorPlan::compile(sensor, &program.own_triggers, build.clone())?;
            let (object, plan) = (Box::new(sensor.clone()), Arc::new(plan));
            Ok::<_, Problems>(PlannedSensor { object, plan })
        };
        let mut plans = Vec::new();
        for sensor in &manifests.sensors {
            match compile(sensor) {
                Ok(plan) => plans.push(plan),
                Err(problems) => faults.located(sensor, &problems),
            }
        }
        for sensor in &program.sensors {
            match compile(sensor) {
                Ok(planned) => {
                    faults.extend(&title(sensor), planned.plan.warnings().clone());
                    plans.push(planned);
                }
                Err(problems) => faults.extend(&title(sensor), problems),
            }
        }
        plans
    }
}

fn title(sensor: &api::Sensor) -> String {
    format!("Sensor/{}", sensor.metadata.name)
}

/// Says that readers on the bus would know events of that source under another name.
fn unfit(name: &str) -> Problem {
    let message = format!("{name:?} is no name of a source: no reader would know its events by it");
    let help = "write letters, digits and dashes, such as shop-eu";
    Problem::error(FieldPath::root().field("metadata").field("name"), message).help(help)
}

/// Returns kind and configuration of an EventBus, and names it in what the bus is built of.
fn described(bus: &api::EventBus, build: &mut BusBuild) -> Option<(String, Value)> {
    build.name.clone_from(&bus.metadata.name);
    build.namespace.clone_from(&bus.metadata.namespace);
    let (kind, config) = bus.spec.kinds.iter().next()?;
    Some((kind.clone(), config.clone()))
}

/// Finds a kind of bus that can be run here, or says what else to do.
fn available(registry: &Registry, kind: &str) -> Result<BusDescriptor> {
    let unsupported = |message: String| Err(Error::permanent(ErrorKind::Unsupported, message));
    match kind {
        "jetstream" => {
            return unsupported(format!(
                "the EventBus asks for a `jetstream` cluster, which only a controller sets up; {INSTEAD}"
            ));
        }
        "nats" => {
            return unsupported(format!(
                "the EventBus is NATS Streaming (`nats`), which its makers gave up and nothing here speaks; {INSTEAD}"
            ));
        }
        _ => {}
    }
    let descriptor = registry.bus(kind)?;
    if !descriptor.is_available() {
        let feature = descriptor.feature;
        return unsupported(format!(
            "this build cannot use a `{kind}` bus; build it with the cargo feature `{feature}`"
        ));
    }
    Ok(*descriptor)
}

/// What to do about a bus that cannot be used here.
const INSTEAD: &str = "name servers that run, with `jetstreamExotic` in the EventBus or a bus URL such as \
    nats://localhost:4222 (--bus), or use the embedded bus `local`";

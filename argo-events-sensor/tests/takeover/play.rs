//! Plays a scenario: a server on the store, our sensor, the events one by one.

use crate::{
    archive,
    scenario::{Firings, Scenario, Step},
    sink::Sink,
};
use argo_events_bus::JetStreamBus;
use argo_events_core::{
    Error, EventBus, Registry, SystemClock, api::Sensor, secret::MemorySecrets,
};
use argo_events_sensor::{
    runtime::{Consumers, OwnTriggers, SensorBuild, SensorPlan, SensorRuntime},
    trigger,
};
use argo_events_testkit::servers::{NatsServer, Server};
use serde_json::Value;
use std::{fmt, sync::Arc, time::Duration};
use tokio::{task::JoinSet, time::timeout};
use tokio_util::sync::CancellationToken;

/// Where the recorded triggers send their actions.
const RECORDED_SINK: &str = "127.0.0.1:13000";
/// How long what is wanted may take: much longer than the server's wait for acknowledgements.
const PATIENCE: Duration = Duration::from_secs(120);
/// How long nothing more must come.
const QUIET: Duration = Duration::from_millis(800);

/// Why a scenario could not be played.
#[derive(Debug)]
pub(crate) enum Failure {
    /// The sensor was refused, for these problems.
    Refused(String),
    /// Something else went wrong.
    Broken(Error),
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Self::Broken(error)
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Refused(problems) => write!(formatter, "the sensor was refused: {problems}"),
            Self::Broken(error) => error.fmt(formatter),
        }
    }
}

/// Plays a scenario and returns what fired in each step.
///
/// Without anything wanted, the sensor is expected to be refused.
pub(crate) async fn play(
    scenario: &Scenario,
    consumers: Consumers,
    wanted: &[Firings],
) -> Result<Vec<Firings>, Failure> {
    let folder = tempfile::tempdir().unwrap();
    archive::unpack(&scenario.store(), folder.path());
    let store = format!("jetstream {{ store_dir: {:?} }}", folder.path());
    let options = NatsServer::options(Server::Nats).without_jetstream();
    let server = options.configuration(store).start()?;
    let bus: Arc<dyn EventBus> = Arc::new(JetStreamBus::connect(server.url()).await?);
    let sink = Sink::start().await;
    let (stop, mut sensors) = (CancellationToken::new(), JoinSet::new());
    let mut fired = Vec::new();
    let nothing = Firings::new();
    for (at, step) in scenario.steps().into_iter().enumerate() {
        match step {
            Step::Start(sensor) => {
                let plan = plan(&sensor, consumers, &sink)?;
                let runtime =
                    SensorRuntime::open(Arc::new(plan), bus.clone(), stop.clone()).await?;
                sensors.spawn(runtime.run());
            }
            Step::Publish(event) => drop(bus.publish(event).await?),
        }
        fired.push(settled(&sink, wanted.get(at).unwrap_or(&nothing)).await);
    }
    stop.cancel();
    while sensors.join_next().await.is_some() {}
    bus.close().await?;
    Ok(fired)
}

fn plan(sensor: &Value, consumers: Consumers, sink: &Sink) -> Result<SensorPlan, Failure> {
    let text = sensor
        .to_string()
        .replace(RECORDED_SINK, &sink.address.to_string());
    let sensor: Sensor = serde_json::from_str(&text).unwrap();
    let registry = trigger::descriptors()
        .into_iter()
        .fold(Registry::default(), Registry::with);
    let secrets = Arc::new(MemorySecrets::default());
    let mut build = SensorBuild::new(registry, secrets, Arc::new(SystemClock));
    build.layout.consumers = consumers;
    build.leaves_out = true;
    SensorPlan::compile(&sensor, &OwnTriggers::new(), build).map_err(|problems| {
        let problems: Vec<_> = problems.iter().map(ToString::to_string).collect();
        Failure::Refused(problems.join("; "))
    })
}

/// Waits until all that is wanted came, then until nothing more comes; returns what came.
async fn settled(sink: &Sink, wanted: &Firings) -> Firings {
    let complete = async {
        while !has_all(&sink.firings(), wanted) {
            sink.news().await;
        }
    };
    // What is missing is seen in what is returned.
    let _ = timeout(PATIENCE, complete).await;
    while timeout(QUIET, sink.news()).await.is_ok() {}
    sink.take()
}

fn has_all(fired: &Firings, wanted: &Firings) -> bool {
    wanted
        .iter()
        .all(|(action, times)| fired.get(action).is_some_and(|fired| fired >= times))
}

//! A controller that runs against a server until the test is over.

use crate::{
    objects::{is_deployed, says},
    server::{PATIENCE, Server},
};
use argo_events::core::{Timestamp, TokioClock, leader::Elector, telemetry::Metrics};
use argo_events_controller::{Config, Controller, Settings};
use serde_json::Value;
use std::{sync::Arc, time::Duration};
use tokio::{
    task::JoinSet,
    time::{sleep, timeout},
};
use tokio_util::sync::CancellationToken;

/// The configuration that controllers begin with.
pub(crate) const CONFIG: &str = "
eventBus:
  jetstream:
    settings: 'max_file_store: 1GB'
    streamConfig: 'maxAge: 72h'
    versions:
      - version: latest
        natsImage: nats:latest
        metricsExporterImage: exporter:latest
        configReloaderImage: reloader:latest
        startCommand: /nats-server
";

/// A controller that runs.
pub(crate) struct Stage {
    pub(crate) server: Server,
    pub(crate) metrics: Metrics,
    stop: CancellationToken,
    running: JoinSet<()>,
}

impl Stage {
    /// Starts a controller of all namespaces.
    pub(crate) fn start(server: &Server) -> Self {
        Self::with(server, |controller| controller)
    }

    /// Starts a controller that stands for election.
    pub(crate) fn elected(server: &Server, elector: impl Elector) -> Self {
        Self::with(server, |controller| controller.elector(Arc::new(elector)))
    }

    /// Starts a controller that is made as told.
    pub(crate) fn with(server: &Server, make: impl FnOnce(Controller) -> Controller) -> Self {
        let settings = Settings::new(Config::from_yaml(CONFIG).unwrap(), "argo-events:test");
        let metrics = Metrics::default();
        let controller = Controller::new(server.client(), settings)
            .metrics(metrics.clone())
            .clock(Arc::new(TokioClock::starting_at(Timestamp::EPOCH)));
        let (stop, mut running) = (CancellationToken::new(), JoinSet::new());
        running.spawn(make(controller).run(stop.clone()));
        Self {
            server: server.clone(),
            metrics,
            stop,
            running,
        }
    }

    /// Starts a controller where objects are already.
    pub(crate) fn over(objects: impl IntoIterator<Item = Value>) -> Self {
        let server = Server::default();
        objects.into_iter().for_each(|object| server.apply(object));
        Self::start(&server)
    }

    /// Stops the controller in order.
    pub(crate) async fn stop(mut self) {
        self.stop.cancel();
        while self.running.join_next().await.is_some() {}
    }

    /// Waits until an object is deployed, and returns it.
    pub(crate) async fn deployed(&self, plural: &str, name: &str) -> Value {
        let what = format!("{plural} {name} is deployed");
        let object = |server: &Server| server.get(plural, name).filter(is_deployed);
        self.server.until(&what, object).await
    }

    /// Waits until a condition of an object says something, such as `False InvalidSpec`.
    pub(crate) async fn says(&self, plural: &str, name: &str, kind: &str, wanted: &str) -> Value {
        let mut last = String::new();
        let what = format!("{plural} {name}: {kind} is {wanted}");
        let look = |server: &Server| {
            let object = server.get(plural, name)?;
            last = says(&object, kind);
            (last == wanted).then_some(object)
        };
        self.server.until(&what, look).await
    }
}

/// Waits until something holds that no server tells of.
///
/// # Panics
/// When it does not hold in time.
pub(crate) async fn eventually(what: &str, holds: impl Fn() -> bool) {
    /// How often it is looked.
    const GLANCE: Duration = Duration::from_millis(100);
    let waiting = async {
        while !holds() {
            sleep(GLANCE).await;
        }
    };
    if timeout(PATIENCE, waiting).await.is_err() {
        panic!("{what}: not in time");
    }
}

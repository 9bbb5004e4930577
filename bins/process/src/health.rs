//! Metrics and health for whoever watches the process: `/metrics`, `/healthz`, `/livez`, `/readyz`.
//!
//! `/healthz` and `/livez` say that the process answers, `/readyz` whether it does its work, and what
//! keeps it from that. What works is the engine's to know.

use argo_events::{EventBus, Running, core::telemetry::Metrics, engine::Probe};
use axum::{
    Router,
    extract::State,
    http::{StatusCode, header::CONTENT_TYPE},
    response::IntoResponse,
    routing::get,
};
use std::{collections::BTreeMap, fmt, io, net::SocketAddr, sync::Arc};
use tokio::{
    net::TcpListener,
    sync::watch::{self, Receiver},
    task::JoinSet,
};

/// The text format of Prometheus.
const METRICS_TYPE: &str = "text/plain; version=0.0.4; charset=utf-8";

/// What there is to say.
#[derive(Clone, Debug)]
enum Watched {
    Starting { metrics: Metrics, why: String },
    StandingBy(Metrics),
    Running(Probe),
    Draining(Probe),
    Shared(Shared),
}

/// Many engines over one bus, each of which starts and fails by itself.
#[derive(Clone)]
struct Shared {
    bus: Arc<dyn EventBus>,
    metrics: Metrics,
    /// Engines that do not run yet, and why.
    starting: BTreeMap<String, String>,
    /// Engines that never will, and why.
    failed: BTreeMap<String, String>,
    draining: bool,
}

/// How one of several engines is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Member {
    /// It does not run yet, for this reason.
    Starting(String),
    /// It runs, or waits for its turn.
    Running,
    /// It never will, for this reason; that is told, and must not hold up the others.
    Failed(String),
}

impl Shared {
    async fn waiting(&self) -> Vec<String> {
        let mut waiting = Vec::new();
        if self.draining {
            waiting.push("draining".to_owned());
        }
        if let Err(error) = self.bus.check().await {
            waiting.push(format!("bus {}: {error}", self.bus.kind()));
        }
        let starting = self.starting.iter();
        waiting.extend(starting.map(|(name, why)| format!("{name}: {why}")));
        waiting
    }
}

impl fmt::Debug for Shared {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Shared")
            .field("bus", &self.bus.kind())
            .field("starting", &self.starting)
            .finish_non_exhaustive()
    }
}

/// What is shown.
#[derive(Clone, Debug)]
struct Shown {
    watched: Watched,
    /// What is not ready and never will be.
    faults: Vec<String>,
}

/// The server; dropping it ends it.
#[derive(Debug)]
pub struct Health {
    address: Option<SocketAddr>,
    shown: watch::Sender<Shown>,
    _server: JoinSet<()>,
}

impl Health {
    /// Listens, unless the address is `off`. Until there is something to watch, it says "starting".
    ///
    /// # Errors
    /// The system's, when the address cannot be listened on.
    pub async fn open(address: &str) -> io::Result<Self> {
        let watched = Watched::Starting {
            metrics: Metrics::default(),
            why: "starting".to_owned(),
        };
        let faults = Vec::new();
        let (shown, receiver) = watch::channel(Shown { watched, faults });
        let mut server = JoinSet::new();
        let mut bound = None;
        if address != "off" {
            let listener = TcpListener::bind(address).await?;
            bound = Some(listener.local_addr()?);
            server.spawn(serve(listener, receiver));
        }
        Ok(Self {
            address: bound,
            shown,
            _server: server,
        })
    }

    /// Returns where it listens; `None` if it does not.
    pub fn address(&self) -> Option<SocketAddr> {
        self.address
    }

    /// Says from now on why there is nothing to watch yet, and shows what was counted so far.
    pub fn starting(&self, metrics: &Metrics, why: impl Into<String>) {
        self.show(Watched::Starting {
            metrics: metrics.clone(),
            why: why.into(),
        });
    }

    /// Says from now on that this waits for another to end, and is ready for that.
    pub fn standing_by(&self, metrics: &Metrics) {
        self.show(Watched::StandingBy(metrics.clone()));
    }

    /// Says from now on that this is not ready, beside whatever else is not.
    pub fn always(&self, faults: Vec<String>) {
        self.shown.send_modify(|shown| shown.faults = faults);
    }

    /// Speaks of an engine from now on.
    pub fn watch(&self, running: &Running) {
        self.show(Watched::Running(running.probe()));
    }

    /// Speaks from now on of a bus and the engines that share it.
    pub fn share(&self, bus: Arc<dyn EventBus>, metrics: &Metrics) {
        self.show(Watched::Shared(Shared {
            bus,
            metrics: metrics.clone(),
            starting: BTreeMap::new(),
            failed: BTreeMap::new(),
            draining: false,
        }));
    }

    /// Says how one engine of several is.
    pub fn member(&self, name: &str, how: Member) {
        self.shown.send_modify(|shown| {
            let Watched::Shared(shared) = &mut shown.watched else {
                return;
            };
            shared.starting.remove(name);
            shared.failed.remove(name);
            match how {
                Member::Starting(why) => shared.starting.insert(name.to_owned(), why),
                Member::Failed(why) => shared.failed.insert(name.to_owned(), why),
                Member::Running => None,
            };
        });
    }

    /// Says from now on that no more requests are to be sent here.
    pub fn draining(&self) {
        self.shown.send_modify(|shown| match &mut shown.watched {
            Watched::Running(probe) => shown.watched = Watched::Draining(probe.clone()),
            Watched::Starting { why, .. } => *why = "draining".to_owned(),
            Watched::Shared(shared) => shared.draining = true,
            Watched::StandingBy(_) | Watched::Draining(_) => {}
        });
    }

    fn show(&self, watched: Watched) {
        self.shown.send_modify(|shown| shown.watched = watched);
    }
}

async fn serve(listener: TcpListener, shown: Receiver<Shown>) {
    let app = Router::new()
        .route("/metrics", get(metrics))
        .route("/readyz", get(ready))
        .route("/healthz", get(alive))
        .route("/livez", get(alive))
        .with_state(shown);
    if let Err(error) = axum::serve(listener, app).await {
        tracing::warn!(%error, "the metrics server ended");
    }
}

async fn alive() -> &'static str {
    "ok\n"
}

async fn metrics(State(shown): State<Receiver<Shown>>) -> impl IntoResponse {
    let now = shown.borrow().watched.clone();
    let text = match now {
        Watched::Starting { metrics, .. } | Watched::StandingBy(metrics) => metrics.render(),
        Watched::Running(probe) | Watched::Draining(probe) => probe.metrics(),
        Watched::Shared(shared) => {
            shared.bus.measure(&shared.metrics);
            shared.metrics.render()
        }
    };
    ([(CONTENT_TYPE, METRICS_TYPE)], text)
}

async fn ready(State(shown): State<Receiver<Shown>>) -> (StatusCode, String) {
    // Cloned first, so that no lock is held while others are asked.
    let Shown { watched, faults } = shown.borrow().clone();
    let failed = match &watched {
        Watched::Shared(shared) => shared.failed.clone(),
        _ => BTreeMap::new(),
    };
    let mut waiting = match watched {
        Watched::Starting { why, .. } => vec![why],
        Watched::StandingBy(_) => Vec::new(),
        Watched::Draining(_) => vec!["draining".to_owned()],
        Watched::Running(probe) => probe.readiness().await.waiting,
        Watched::Shared(shared) => shared.waiting().await,
    };
    waiting.extend(faults);
    let status = if waiting.is_empty() {
        waiting.push("ready".to_owned());
        StatusCode::OK
    } else {
        StatusCode::SERVICE_UNAVAILABLE
    };
    let failed = failed.iter();
    waiting.extend(failed.map(|(name, why)| format!("{name}: {why}")));
    (status, waiting.join("\n") + "\n")
}

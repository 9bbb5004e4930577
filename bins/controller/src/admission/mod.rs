//! The admission webhook: wrong objects are refused when they are applied, with what would be right.
//!
//! It judges with the rules of the controller and of `argo-events validate` ([`judge`]), makes and
//! renews its own certificates, and registers itself. It changes nothing and keeps nothing, so any
//! number may run. When none does, objects are accepted, and the controller says in their status
//! what is wrong.

mod certificates;
mod der;
mod keeper;
mod registration;
mod review;
mod rules;
mod server;

pub use rules::{Operation, Question, Verdict, judge};

use crate::cluster::Cluster;
use argo_events::{
    Registry, Result,
    core::{Clock, SystemClock, telemetry::Metrics},
};
use keeper::Keeper;
use server::{Identity, Server};
use std::{fmt, net::SocketAddr, sync::Arc};
use tokio::{net::TcpListener, sync::watch, task::JoinSet};
use tokio_util::sync::CancellationToken;
use tracing::info;

/// Whose webhook it is, and where the API server finds it.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct WebhookSettings {
    /// Namespace of the Service, the Secret and the Deployment.
    pub namespace: String,
    /// Name of the Service.
    pub service: String,
    /// Port of the Service.
    pub port: u16,
    /// Name of the Secret with the certificates.
    pub secret: String,
    /// Deployment that owns the Secret, if there is one.
    pub deployment: String,
    /// ClusterRole that owns the registration, if there is one.
    pub cluster_role: String,
    /// Whether objects are refused while the webhook does not answer.
    pub fails_closed: bool,
}

impl WebhookSettings {
    /// Makes settings with the names of the reference's manifests.
    pub fn new(namespace: impl Into<String>) -> Self {
        Self {
            namespace: namespace.into(),
            service: "events-webhook".to_owned(),
            port: 443,
            secret: "events-webhook-certs".to_owned(),
            deployment: "events-webhook".to_owned(),
            cluster_role: "argo-events-webhook".to_owned(),
            fails_closed: false,
        }
    }

    /// Returns the names that the API server may call the webhook by.
    fn names(&self) -> Vec<String> {
        let service = format!("{}.{}.svc", self.service, self.namespace);
        vec![format!("{service}.cluster.local"), service]
    }
}

/// The admission webhook; [`serve`](Self::serve) it.
pub struct Webhook {
    cluster: Cluster,
    settings: WebhookSettings,
    registry: Registry,
    metrics: Metrics,
    clock: Arc<dyn Clock>,
    state: watch::Sender<Option<String>>,
}

/// Tells how a webhook is; shared by cloning.
#[derive(Clone, Debug)]
pub struct WebhookReadiness(watch::Receiver<Option<String>>);

impl WebhookReadiness {
    /// Returns what keeps the API server from asking the webhook; nothing if it can.
    pub fn waiting(&self) -> Vec<String> {
        self.0.borrow().iter().cloned().collect()
    }
}

impl Webhook {
    /// Makes a webhook that knows the kinds of a registry.
    pub fn new(
        client: kube::Client,
        settings: WebhookSettings,
        registry: Registry,
        metrics: Metrics,
    ) -> Self {
        Self {
            cluster: Cluster::new(client, metrics.clone()),
            settings,
            // It is asked many questions.
            registry: registry.keeping(),
            metrics,
            clock: Arc::new(SystemClock),
            state: watch::Sender::new(Some("not registered yet".to_owned())),
        }
    }

    /// Reads the time here.
    #[must_use]
    pub fn clock(mut self, clock: Arc<dyn Clock>) -> Self {
        self.clock = clock;
        self
    }

    /// Returns what tells how the webhook is.
    pub fn readiness(&self) -> WebhookReadiness {
        WebhookReadiness(self.state.subscribe())
    }

    /// Answers the API server until it is told to stop.
    ///
    /// # Errors
    /// `Unavailable`, transient, when the address cannot be listened on.
    ///
    /// # Cancel safety
    /// Dropping the future ends everything at once; the API server then does without.
    pub async fn serve(self, address: SocketAddr, stop: CancellationToken) -> Result<()> {
        let listener = TcpListener::bind(address).await;
        let listener = listener.map_err(|error| server::not_listening(address, error))?;
        self.serve_on(listener, stop).await;
        Ok(())
    }

    /// Answers the API server on a socket that listens already, until it is told to stop.
    pub async fn serve_on(self, listener: TcpListener, stop: CancellationToken) {
        let identity = Identity::default();
        let keeper = Keeper {
            cluster: self.cluster.clone(),
            settings: self.settings,
            clock: self.clock,
            identity: identity.clone(),
            state: self.state,
        };
        let mut beside = JoinSet::new();
        beside.spawn(keeper.run());
        let judge = server::Judge {
            cluster: self.cluster,
            registry: self.registry,
            metrics: self.metrics,
        };
        info!(address = ?listener.local_addr().ok(), "listening");
        Server::new(listener, identity, judge).run(stop).await;
        info!("stopped");
    }
}

impl fmt::Debug for Webhook {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Webhook")
            .field("settings", &self.settings)
            .finish_non_exhaustive()
    }
}

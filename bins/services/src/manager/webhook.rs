//! The subcommand `webhook-service`: environment as the reference's.

use super::{client, cluster, probes};
use crate::{
    environment::Environment,
    flags::{Flag, Flags},
};
use argo_events::{BuiltinKinds as _, Registry};
use argo_events_controller::admission::{Webhook, WebhookSettings};
use argo_events_process::{Exit, Failure};
use std::sync::Arc;
use tokio_util::sync::CancellationToken;

pub(super) const USAGE: &str = "\
usage: argo-events-services webhook-service [flags]

Refuses wrong EventBuses, EventSources and Sensors when they are applied. From the environment:

  NAMESPACE           namespace of the Service and of the Secret with the certificates; required
  PORT                port to listen on, 443
  SERVICE_PORT        port of the Service, if that is another
  SERVICE_NAME        the Service, events-webhook
  DEPLOYMENT_NAME     the Deployment that owns the Secret, events-webhook
  CLUSTER_ROLE_NAME   the ClusterRole that owns the registration, argo-events-webhook
  FAILURE_POLICY      Ignore, or Fail: nothing is accepted while no webhook answers";

pub(super) const FLAGS: &[Flag] = &[
    Flag {
        name: "metrics-port",
        value: "PORT",
        help: "port of /metrics, 7777; 0 for none",
    },
    Flag {
        name: "health-port",
        value: "PORT",
        help: "port of /healthz and /readyz, 8081; 0 for none",
    },
];

/// What the webhook is told.
pub(super) struct Settings {
    webhook: WebhookSettings,
    /// Where it listens.
    port: u16,
    ports: [u16; 2],
}

impl Settings {
    /// Reads flags and environment.
    pub(super) fn read(arguments: &[&str]) -> Result<Self, Failure> {
        let flags = Flags::read(FLAGS, arguments)?;
        // First, since whoever called it wrongly need not be told about the environment.
        let ports = [
            flags.get("metrics-port", 7777)?,
            flags.get("health-port", 8081)?,
        ];
        let environment = Environment::of_process();
        let namespace = environment.require("NAMESPACE", "the namespace of the webhook's Service");
        let namespace = namespace.map_err(|fault| Failure::new(Exit::InputWrong, fault))?;
        let listen = port(&environment, "PORT", 443)?;
        let mut webhook = WebhookSettings::new(namespace);
        webhook.port = port(&environment, "SERVICE_PORT", listen)?;
        for (variable, setting) in [
            ("SERVICE_NAME", &mut webhook.service),
            ("DEPLOYMENT_NAME", &mut webhook.deployment),
            ("CLUSTER_ROLE_NAME", &mut webhook.cluster_role),
        ] {
            if let Some(name) = environment.get(variable) {
                name.clone_into(setting);
            }
        }
        webhook.fails_closed = match environment.get("FAILURE_POLICY") {
            None | Some("Ignore") => false,
            Some("Fail") => true,
            Some(other) => {
                let message = format!("FAILURE_POLICY `{other}` is neither Ignore nor Fail");
                return Err(Failure::new(Exit::InputWrong, message));
            }
        };
        Ok(Self {
            webhook,
            port: listen,
            ports,
        })
    }
}

fn port(environment: &Environment, variable: &str, default: u16) -> Result<u16, Failure> {
    let Some(text) = environment.get(variable) else {
        return Ok(default);
    };
    text.parse().map_err(|_| {
        let message = format!("{variable} `{text}` is no port; write a number such as 443");
        Failure::new(Exit::InputWrong, message)
    })
}

/// Runs the webhook until it is told to stop.
pub(super) async fn serve(settings: Settings, stop: CancellationToken) -> Result<(), Failure> {
    let client = client(cluster().await?)?;
    let metrics = probes::metrics();
    let webhook = Webhook::new(
        client,
        settings.webhook,
        Registry::builtin(),
        metrics.clone(),
    );
    let readiness = webhook.readiness();
    let waiting = Arc::new(move || readiness.waiting());
    let _probes = probes::open(&settings.ports, &metrics, waiting).await?;
    let listener = probes::listen(settings.port).await?;
    webhook.serve_on(listener, stop).await;
    Ok(())
}

//! The subcommand `controller`: flags and environment as the reference's.

use super::{client, cluster, probes, unreachable};
use crate::{
    environment::Environment,
    flags::{Flag, Flags},
    leader,
};
use argo_events::core::leader::LeaseSettings;
use argo_events_controller::{self as controller, Config, Controller};
use argo_events_process::{Exit, Failure};
use std::{num::NonZeroUsize, path::PathBuf, sync::Arc, time::Duration};
use tokio_util::sync::CancellationToken;
use tracing::info;

pub(super) const USAGE: &str = "\
usage: argo-events-services controller [flags]

Makes pods of the EventBuses, EventSources and Sensors of a cluster.
ARGO_EVENTS_IMAGE says which image the pods run, IMAGE_PULL_POLICY when it is pulled.";

/// Where the manifests mount the configuration.
const CONFIG: &str = "/etc/argo-events/controller-config.yaml";
/// The namespace that is managed if none is told.
const NAMESPACE: &str = "argo-events";

pub(super) const FLAGS: &[Flag] = &[
    Flag {
        name: "namespaced",
        value: "",
        help: "look after one namespace only; all of them unless given",
    },
    Flag {
        name: "managed-namespace",
        value: "NAMESPACE",
        help: "which one, if namespaced; NAMESPACE of the environment, or argo-events",
    },
    Flag {
        name: "leader-election",
        value: "",
        help: "act only while holding the lease argo-events-controller; on unless `=false`",
    },
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
    Flag {
        name: "config",
        value: "FILE",
        help: "configuration, /etc/argo-events/controller-config.yaml; changes are taken over",
    },
    Flag {
        name: "workers",
        value: "NUMBER",
        help: "objects that are worked on at a time, 8",
    },
    Flag {
        name: "packed",
        value: "",
        help: "let EventSources and Sensors that do not say otherwise share pods; off unless given",
    },
    Flag {
        name: "kloglevel",
        value: "LEVEL",
        help: "accepted for compatibility; LOG_LEVEL says what is logged",
    },
];

/// What the controller is told.
pub(super) struct Settings {
    namespace: Option<String>,
    elects: bool,
    ports: [u16; 2],
    config_file: PathBuf,
    workers: Option<NonZeroUsize>,
    settings: controller::Settings,
    /// What this process is called in the election.
    identity: String,
}

impl Settings {
    /// Reads flags, environment and the configuration file.
    pub(super) fn read(arguments: &[&str]) -> Result<Self, Failure> {
        let flags = Flags::read(FLAGS, arguments)?;
        // First, since whoever called it wrongly need not be told about the environment.
        let ports = [
            flags.get("metrics-port", 7777)?,
            flags.get("health-port", 8081)?,
        ];
        let (packed, elects) = (
            flags.get("packed", false)?,
            flags.get("leader-election", true)?,
        );
        let is_namespaced = flags.get("namespaced", false)?;
        let workers = match flags.text("workers") {
            Some(_) => Some(flags.get("workers", NonZeroUsize::MIN)?),
            None => None,
        };
        let environment = Environment::of_process();
        let config_file = PathBuf::from(flags.text("config").unwrap_or(CONFIG));
        let image = environment.require(
            "ARGO_EVENTS_IMAGE",
            "the image that the pods of EventSources and Sensors run",
        );
        let image = image.map_err(|fault| Failure::new(Exit::InputWrong, fault))?;
        let mut settings = controller::Settings::new(config(&config_file)?, image);
        settings.packed = packed;
        if let Some(policy) = environment.get("IMAGE_PULL_POLICY") {
            policy.clone_into(&mut settings.image_pull_policy);
        }
        let managed = flags
            .text("managed-namespace")
            .or_else(|| environment.get("NAMESPACE"))
            .unwrap_or(NAMESPACE);
        Ok(Self {
            namespace: is_namespaced.then(|| managed.to_owned()),
            elects,
            ports,
            workers,
            identity: identity(&environment),
            config_file,
            settings,
        })
    }
}

fn config(path: &PathBuf) -> Result<Config, Failure> {
    let text = std::fs::read_to_string(path).map_err(|error| {
        let message = format!(
            "the configuration {} cannot be read: {error}; mount it there, or tell where it is by \
             --config",
            path.display()
        );
        Failure::new(Exit::InputWrong, message)
    })?;
    Config::from_yaml(&text).map_err(|error| {
        let message = format!("the configuration {} is wrong: {error}", path.display());
        Failure::new(Exit::InputWrong, message)
    })
}

/// Returns the name of the pod, or one that no other process has.
fn identity(environment: &Environment) -> String {
    if let Some(pod) = environment.get("POD_NAME") {
        return pod.to_owned();
    }
    let host = environment.get("HOSTNAME").unwrap_or("controller");
    format!("{host}_{}", std::process::id())
}

/// Returns the times of the lease: those of the reference's controller.
fn times() -> LeaseSettings {
    LeaseSettings {
        lease: Duration::from_secs(15),
        hold: Duration::from_secs(10),
        renew: Duration::from_secs(2),
        poll: Duration::from_secs(2),
    }
}

/// Runs the controller until it is told to stop.
pub(super) async fn serve(settings: Settings, stop: CancellationToken) -> Result<(), Failure> {
    let config = cluster().await?;
    let own = config.default_namespace.clone();
    let metrics = probes::metrics();
    let mut controller = Controller::new(client(config.clone())?, settings.settings)
        .metrics(metrics.clone())
        .config_file(settings.config_file);
    if let Some(namespace) = &settings.namespace {
        controller = controller.namespace(namespace);
    }
    if let Some(workers) = settings.workers {
        controller = controller.workers(workers);
    }
    if settings.elects {
        let elector = leader::over(config, &own, &settings.identity, times());
        let elector = elector.map_err(|error| unreachable("no election can be held", error))?;
        controller = controller.elector(Arc::new(elector));
    }
    let readiness = controller.readiness();
    let waiting = Arc::new(move || readiness.waiting());
    let _probes = probes::open(&settings.ports, &metrics, waiting).await?;
    info!(
        namespace = settings.namespace,
        election = settings.elects,
        "starting"
    );
    controller.run(stop).await;
    Ok(())
}

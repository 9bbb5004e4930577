//! JetStream, set up by the controller: Secrets, ConfigMap, Service and StatefulSet, in this order.
//!
//! Names, labels and files are the reference's, so that a bus that it has set up is taken over as
//! it is: its passwords, keys and certificates are kept, and what is missing of them is added.

mod certificates;
mod pods;
mod resources;
mod secrets;
mod stream;

use super::Observed;
use crate::{
    Action, Note, Settings,
    children::{self, Reasons},
    config::Version,
    object,
};
use serde_json::{Map, Value, json};

/// What came of setting a bus up.
#[derive(Debug)]
pub(super) struct Done {
    pub(super) actions: Vec<Action>,
    /// `status.config`.
    pub(super) config: Value,
    pub(super) notes: Vec<Note>,
}

/// What keeps a bus from being set up.
#[derive(Debug)]
pub(super) struct Obstacle {
    pub(super) reason: &'static str,
    pub(super) message: String,
}

/// Names of what a bus is made of.
#[derive(Clone, Copy, Debug)]
pub struct Names<'a> {
    bus: &'a str,
}

impl<'a> Names<'a> {
    /// Makes the names of a bus.
    pub fn of(bus: &'a str) -> Self {
        Self { bus }
    }

    /// Returns the name of the StatefulSet.
    pub fn stateful_set(self) -> String {
        format!("eventbus-{}-js", self.bus)
    }

    /// Returns the name of the Service.
    pub fn service(self) -> String {
        format!("eventbus-{}-js-svc", self.bus)
    }

    /// Returns the name of the ConfigMap with the servers' configuration.
    pub fn config_map(self) -> String {
        format!("eventbus-{}-js-config", self.bus)
    }

    /// Returns the name of the Secret of the servers.
    pub fn server_secret(self) -> String {
        format!("eventbus-{}-js-server", self.bus)
    }

    /// Returns the name of the Secret of the clients.
    pub fn client_secret(self) -> String {
        format!("eventbus-{}-js-client-auth", self.bus)
    }

    /// Returns the name of the claims for volumes.
    pub fn volume(self) -> String {
        format!("eventbus-{}-js-vol", self.bus)
    }

    /// Returns the labels by which children are known and pods selected.
    pub fn labels(self) -> Map<String, Value> {
        let labels = json!({
            "controller": "eventbus-controller",
            "eventbus-name": self.bus,
            "owner-name": self.bus,
        });
        object::overlaid([&labels])
    }
}

/// Servers, if the manifest does not say.
const SERVERS: i64 = 3;

/// Returns how many servers a bus has.
fn servers(bus: &Value) -> i64 {
    bus["spec"]["jetstream"]["replicas"]
        .as_i64()
        .unwrap_or(SERVERS)
        .max(1)
}

/// Returns what to do so that a bus is as it asks to be.
pub(super) fn set_up(observed: &Observed<'_>, settings: &Settings) -> Result<Done, Obstacle> {
    let bus = observed.bus;
    let configured = &settings.config.event_bus.jetstream;
    let version = version(bus, &configured.versions)?;
    let own_stream = bus["spec"]["jetstream"]["streamConfig"].as_str();
    let stream = stream::merged(
        &configured.stream_config,
        own_stream.unwrap_or_default(),
        servers(bus),
    )
    .map_err(|message| Obstacle {
        reason: "InvalidStreamConfig",
        message,
    })?;
    let secrets = secrets::settle(observed).map_err(|error| Obstacle {
        reason: secrets::REASON,
        message: error.to_string(),
    })?;
    let mut actions = secrets.actions;
    let names = Names::of(object::name(bus));
    let existing = children::find(observed.children, "StatefulSet", &names.stateful_set());
    let wanted = [
        (
            resources::config_map(bus, &configured.settings),
            "JetStreamConfigMapFailed",
        ),
        (resources::service(bus), "JetStreamServiceFailed"),
        (
            pods::stateful_set(bus, version, existing, secrets.renewed.as_deref()),
            "JetStreamStatefulSetFailed",
        ),
    ];
    for (child, reason) in wanted {
        actions.extend(settle(observed, child, reason));
    }
    Ok(Done {
        actions,
        config: client_config(bus, &stream),
        notes: secrets.notes,
    })
}

fn settle(observed: &Observed<'_>, child: Value, reason: &'static str) -> Vec<Action> {
    let (kind, name) = (object::kind(&child), object::name(&child));
    let existing = children::find(observed.children, kind, name);
    children::ensure(
        children::marked(child),
        existing,
        observed.bus,
        Reasons::same(reason),
    )
}

/// Finds the version that a bus asks for.
fn version<'a>(bus: &Value, versions: &'a [Version]) -> Result<&'a Version, Obstacle> {
    let asked = bus["spec"]["jetstream"]["version"]
        .as_str()
        .unwrap_or_default();
    let known: Vec<&str> = versions.iter().map(|one| one.version.as_str()).collect();
    let found = versions.iter().find(|one| one.version == asked);
    found.ok_or_else(|| Obstacle {
        reason: "JetStreamStatefulSetFailed",
        message: format!(
            "unsupported version \"{asked}\", supported versions: \"{}\"",
            known.join(",")
        ),
    })
}

/// Returns how clients find the bus.
fn client_config(bus: &Value, stream: &str) -> Value {
    let names = Names::of(object::name(bus));
    let (service, namespace) = (names.service(), object::namespace(bus));
    json!({
        "jetstream": {
            "url": format!("nats://{service}.{namespace}.svc:4222"),
            "accessSecret": { "name": names.client_secret(), "key": secrets::CLIENT_KEY },
            "streamConfig": stream,
        },
    })
}

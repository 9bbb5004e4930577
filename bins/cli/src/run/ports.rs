//! Ports that sources need, looked at before anything is started.

use argo_events::{
    Manifests,
    core::FieldPath,
    manifest::Place,
    sources::http::{Listening, Port},
};
use serde_json::Value;
use std::{
    collections::BTreeMap,
    io,
    net::{Ipv4Addr, Ipv6Addr, TcpListener},
};

/// A port with the event that needs it.
#[derive(Clone, Debug)]
pub(crate) struct Needed {
    pub(crate) port: u16,
    /// `webhook/example`.
    pub(crate) owner: String,
    pub(crate) place: Place,
}

/// Lists the ports that the sources of manifests listen on, without those that the system chooses.
pub(crate) fn needed(manifests: &Manifests) -> Vec<Needed> {
    let mut needed = Vec::new();
    for source in &manifests.event_sources {
        for (kind, event, config) in source.spec.events() {
            let path = FieldPath::root().field("spec").field(kind).field(event);
            let Some((port, path)) = port_of(kind, config, &path) else {
                continue;
            };
            let owner = format!("{}/{event}", source.metadata.name);
            needed.push(Needed {
                port,
                owner,
                place: source.place_of(&path),
            });
        }
    }
    needed
}

/// Finds the port: of a webhook in its configuration, of kinds that have one under `webhook`.
fn port_of(kind: &str, config: &Value, path: &FieldPath) -> Option<(u16, FieldPath)> {
    let (config, path) = match kind {
        "webhook" => (config, path.clone()),
        _ => (config.get("webhook")?, path.field("webhook")),
    };
    let port = Port::parse(config.get("port")?.as_str()?).ok()?.number();
    (port != 0).then(|| (port, path.field("port")))
}

/// Says of each port that somebody else has who needs it. Those that `ours` has are free to us.
pub(crate) fn taken(needed: &[Needed], ours: &[Listening]) -> Vec<String> {
    let mut by_port: BTreeMap<u16, Vec<&Needed>> = BTreeMap::new();
    for it in needed {
        by_port.entry(it.port).or_default().push(it);
    }
    let is_ours = |port: &u16| ours.iter().any(|it| it.address.port() == *port);
    let others = by_port.into_iter().filter(|(port, _)| !is_ours(port));
    others
        .filter_map(|(port, owners)| fault(port, &owners))
        .collect()
}

fn fault(port: u16, owners: &[&Needed]) -> Option<String> {
    let error = try_to_bind(port).err()?;
    let first = owners.first()?;
    let more = match owners.len() {
        1 => String::new(),
        count => format!(", and {} more", count - 1),
    };
    let Needed { owner, place, .. } = first;
    let who = format!("(needed by {owner} in {}:{}{more})", place.file, place.line);
    Some(match error.kind() {
        io::ErrorKind::AddrInUse => {
            format!("port {port} is in use {who}; set `port`, or stop what listens there")
        }
        io::ErrorKind::PermissionDenied => {
            format!("port {port} may not be bound {who}; set `port` to 1024 or more")
        }
        _ => format!("port {port} cannot be bound {who}: {error}"),
    })
}

/// Binds a port as the sources will, and gives it back at once.
fn try_to_bind(port: u16) -> io::Result<()> {
    match TcpListener::bind((Ipv6Addr::UNSPECIFIED, port)) {
        Err(error) if error.kind() != io::ErrorKind::AddrInUse => {
            TcpListener::bind((Ipv4Addr::UNSPECIFIED, port)).map(drop)
        }
        bound => bound.map(drop),
    }
}

//! The Secrets and ConfigMaps that an object refers to, and how a pod sees them.
//!
//! A reference is found by the type of its field, wherever in the object it is: the fields of the
//! reference that select a key of a Secret or a ConfigMap have names that mean nothing else. What
//! is raw JSON to this project (a resource to create, a payload) is not looked into. Files are then
//! `/argo-events/secrets/NAME/KEY` and `/argo-events/config/NAME/KEY`.

use crate::{compare, object};
use serde_json::{Value, json};
use std::collections::BTreeSet;

/// Fields that select a key of a Secret.
const SECRETS: &[&str] = &[
    "accessKey",
    "accessSecret",
    "accessToken",
    "address",
    "apiKey",
    "apiToken",
    "authAthenzSecret",
    "authSecret",
    "authToken",
    "authTokenSecret",
    "caCertSecret",
    "caCertificate",
    "certSecret",
    "clientCertSecret",
    "clientKeySecret",
    "connectionString",
    "credential",
    "credentialSecret",
    "krbCCacheSecret",
    "krbKeytabSecret",
    "nkey",
    "oauthToken",
    "password",
    "passwordSecret",
    "privateKey",
    "secretKey",
    "secretKeyRef",
    "secretToken",
    "serverCertSecret",
    "serverKeySecret",
    "sessionToken",
    "sharedAccessKey",
    "sharedAccessKeyName",
    "signingSecret",
    "slackToken",
    "smtpPassword",
    "sshKeySecret",
    "tlsTrustCertsSecret",
    "token",
    "urlSecret",
    "userSecret",
    "username",
    "webhookSecret",
];
/// Fields that select a key of a ConfigMap.
const CONFIG_MAPS: &[&str] = &["configMapKeyRef", "configmap", "krbConfigConfigMap"];
/// Fields whose values are raw JSON: artifacts given as they are, and what only Kubernetes reads.
const RAW: &[&str] = &["resource", "affinity", "volumes", "envFrom"];

/// Names of what an object refers to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct References {
    /// Secrets.
    pub secrets: BTreeSet<String>,
    /// ConfigMaps.
    pub config_maps: BTreeSet<String>,
}

impl References {
    /// Finds everything that an object's `spec` refers to.
    pub fn of(spec: &Value) -> Self {
        let mut references = Self::default();
        references.collect(spec, 0);
        references
    }

    /// Adds what another object refers to.
    pub fn extend(&mut self, other: Self) {
        self.secrets.extend(other.secrets);
        self.config_maps.extend(other.config_maps);
    }

    fn collect(&mut self, value: &Value, depth: usize) {
        match value {
            Value::Array(items) => items.iter().for_each(|item| self.collect(item, depth + 1)),
            Value::Object(members) => {
                for (field, value) in members {
                    self.take(field, value, depth);
                }
            }
            _ => {}
        }
    }

    fn take(&mut self, field: &str, value: &Value, depth: usize) {
        match selected(value) {
            Some(name) if SECRETS.contains(&field) => {
                self.secrets.insert(name.to_owned());
            }
            Some(name) if CONFIG_MAPS.contains(&field) => {
                self.config_maps.insert(name.to_owned());
            }
            // A kind of source may be called as a raw field is; it is at the top.
            _ if depth > 0 && RAW.contains(&field) => {}
            _ => self.collect(value, depth + 1),
        }
    }
}

/// Returns the name that a selector selects by, if this is one.
fn selected(value: &Value) -> Option<&str> {
    let members = value.as_object()?;
    let name = members.get("name")?.as_str().filter(|it| !it.is_empty())?;
    let is_selector = members.get("key").is_some_and(Value::is_string)
        && members
            .keys()
            .all(|key| matches!(key.as_str(), "name" | "key" | "optional"));
    is_selector.then_some(name)
}

/// A volume and where the container sees it.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Mount {
    pub(crate) volume: Value,
    pub(crate) path: String,
    pub(crate) read_only: bool,
}

impl Mount {
    pub(crate) fn name(&self) -> &str {
        self.volume["name"].as_str().unwrap_or_default()
    }

    /// Renders the entry of the container.
    pub(crate) fn entry(&self) -> Value {
        let mut entry = json!({ "name": self.name(), "mountPath": self.path });
        if self.read_only {
            entry["readOnly"] = json!(true);
        }
        entry
    }
}

/// Returns what a pod mounts: the folder for temporary files, the bus's credentials and
/// certificates, and everything that is referred to. Sorted by the volumes' names.
pub(crate) fn all(references: &References, bus_config: &Value) -> Vec<Mount> {
    let mut mounts = vec![temporary()];
    mounts.extend(references.secrets.iter().map(|name| secret(name)));
    mounts.extend(references.config_maps.iter().map(|name| config_map(name)));
    mounts.extend(credentials(bus_config));
    let tls = certificates(&bus_config["jetstream"]["tls"]);
    for mount in tls {
        // The whole Secret is there already if the object refers to it as well.
        if mounts.iter().all(|known| known.path != mount.path) {
            mounts.push(mount);
        }
    }
    mounts.sort_by(|one, other| one.name().cmp(other.name()));
    mounts
}

fn temporary() -> Mount {
    Mount {
        volume: json!({ "name": "tmp", "emptyDir": {} }),
        path: "/tmp".to_owned(),
        read_only: false,
    }
}

fn secret(name: &str) -> Mount {
    Mount {
        volume: json!({ "name": volume_name("secret", name), "secret": { "secretName": name } }),
        path: format!("/argo-events/secrets/{name}"),
        read_only: true,
    }
}

fn config_map(name: &str) -> Mount {
    Mount {
        volume: json!({ "name": volume_name("cm", name), "configMap": { "name": name } }),
        path: format!("/argo-events/config/{name}"),
        read_only: true,
    }
}

/// The secret by which clients are let in, as the file `auth.yaml`.
fn credentials(bus_config: &Value) -> Option<Mount> {
    let selector = ["jetstream", "nats"]
        .into_iter()
        .map(|kind| &bus_config[kind]["accessSecret"])
        .find(|selector| selector.is_object())?;
    let volume = json!({
        "name": "auth-volume",
        "secret": {
            "secretName": selector["name"],
            "items": [{ "key": selector["key"], "path": "auth.yaml" }],
        },
    });
    Some(Mount {
        volume,
        path: "/etc/eventbus/auth".to_owned(),
        read_only: false,
    })
}

/// The certificates of clients of JetStream, those keys only that are named.
fn certificates(tls: &Value) -> Vec<Mount> {
    let mut found: Vec<(&str, Vec<&str>)> = Vec::new();
    for field in ["caCertSecret", "clientCertSecret", "clientKeySecret"] {
        let (Some(name), Some(key)) = (tls[field]["name"].as_str(), tls[field]["key"].as_str())
        else {
            continue;
        };
        match found.iter_mut().find(|(known, _)| *known == name) {
            Some((_, keys)) if keys.contains(&key) => {}
            Some((_, keys)) => keys.push(key),
            None => found.push((name, vec![key])),
        }
    }
    found
        .into_iter()
        .map(|(name, keys)| certificate(name, &keys))
        .collect()
}

fn certificate(name: &str, keys: &[&str]) -> Mount {
    let items: Vec<Value> = keys
        .iter()
        .map(|key| json!({ "key": key, "path": key }))
        .collect();
    let volume = json!({
        "name": label(&name.to_lowercase()),
        "secret": { "secretName": name, "items": items, "optional": false },
    });
    Mount {
        volume,
        path: format!("/argo-events/secrets/{name}"),
        read_only: false,
    }
}

/// Longest name of a volume.
const LONGEST: usize = 63;

/// Returns the reference's name of a volume where that is one, else one that is unlike any other.
fn volume_name(prefix: &str, name: &str) -> String {
    let plain = format!("{prefix}-{}", name.replace('_', "-"));
    let safe = label(&plain);
    if safe == plain {
        return plain;
    }
    let hash = &compare::hash(&Value::from(name))[..8];
    let room = safe.len().min(LONGEST - hash.len() - 1);
    format!("{}-{hash}", safe[..room].trim_end_matches('-'))
}

/// Makes a DNS label of a text.
fn label(text: &str) -> String {
    let letter = |c: char| match c {
        'a'..='z' | '0'..='9' => c,
        _ => '-',
    };
    let mut label: String = text.to_lowercase().chars().map(letter).collect();
    label.truncate(LONGEST);
    label.trim_matches('-').to_owned()
}

/// Puts entries that the user gave before those of the controller, which win.
///
/// `identity` tells by what two entries are the same, such as their name.
pub(crate) fn joined(users: &Value, own: Vec<Value>, identity: &str) -> Vec<Value> {
    let users = users.as_array().into_iter().flatten();
    let is_users_own = |entry: &&Value| own.iter().all(|one| one[identity] != entry[identity]);
    let kept: Vec<Value> = users
        .filter(is_users_own)
        .filter(|entry| !object::is_empty(entry))
        .cloned()
        .collect();
    kept.into_iter().chain(own).collect()
}

#[cfg(test)]
mod tests;

//! Writes to the API server, and what becomes of them: remembered, read again, or refused.

use super::{
    key::ObjectKey,
    turn::{Reconciler, Stop},
};
use crate::{
    Action, Verb,
    cluster::{self, Owned, Resource, Target},
    object,
};
use argo_events::{Error, core::ErrorKind};
use serde_json::Value;

impl Reconciler {
    /// Patches an object, or a part of it, and returns it as it is then.
    pub(super) async fn write(
        &self,
        key: &ObjectKey,
        part: &str,
        patch: &Value,
    ) -> Result<Value, Stop> {
        let target = target(key);
        let written = match part {
            "status" => self.cluster.merge_status(target, patch).await,
            _ => self.cluster.merge(target, patch).await,
        };
        match written {
            Ok(entry) => {
                let value = entry.value();
                let finalizers = value["metadata"]["finalizers"].as_array();
                let is_last = finalizers.is_none_or(Vec::is_empty);
                if object::is_deleting(&value) && is_last {
                    self.forget(key.resource, &key.namespace, &key.name);
                } else {
                    self.queue.extend(self.cache.wrote(key.resource, entry));
                }
                Ok(value)
            }
            Err(error) if cluster::is_gone(&error) => {
                self.forget(key.resource, &key.namespace, &key.name);
                Err(Stop::Gone)
            }
            Err(error) if cluster::is_conflict(&error) => {
                self.read_again(key.resource, &key.namespace, &key.name)
                    .await?;
                Err(Stop::Stale)
            }
            Err(error) => Err(Stop::Refused(error)),
        }
    }

    /// Creates, changes or deletes a child.
    pub(super) async fn act(
        &self,
        action: &Action,
        namespace: &str,
        strays: &[Value],
    ) -> Result<(), Stop> {
        let child = &action.object;
        let kind = child["kind"].as_str().unwrap_or_default();
        let Some(resource) = Resource::of_kind(kind) else {
            let message = format!("a plan names the kind `{kind}`, which is not known here");
            return Err(Stop::Refused(Error::permanent(
                ErrorKind::Unexpected,
                message,
            )));
        };
        let name = object::name(child);
        let target = Target {
            resource,
            namespace: Some(namespace),
            name,
        };
        let done = match action.verb {
            Verb::Create => self.cluster.create(resource, Some(namespace), child).await,
            Verb::Update => self.cluster.replace(target, child).await,
            Verb::Delete | Verb::Orphan => {
                let owned = match action.verb {
                    Verb::Orphan => Owned::Kept,
                    _ => Owned::Deleted,
                };
                let uid = Some(object::uid(child)).filter(|uid| !uid.is_empty());
                let deleted = self.cluster.delete(target, uid, owned).await;
                return match deleted {
                    Ok(()) => {
                        self.forget(resource, namespace, name);
                        Ok(())
                    }
                    Err(error) => Err(self.stopped(error, target, strays).await),
                };
            }
        };
        match done {
            Ok(entry) => {
                self.queue.extend(self.cache.wrote(resource, entry));
                Ok(())
            }
            Err(error) => Err(self.stopped(error, target, strays).await),
        }
    }

    /// Finds out why a child could not be written as planned.
    async fn stopped(&self, error: Error, target: Target<'_>, strays: &[Value]) -> Stop {
        let Target { resource, name, .. } = target;
        let namespace = target.namespace.unwrap_or_default();
        if cluster::is_there_already(&error) {
            let known = strays
                .iter()
                .find(|stray| stray["kind"] == resource.kind() && object::name(stray) == name);
            // The plan knows it and would still make it: it is somebody else's.
            if let Some(stray) = known {
                return Stop::Refused(taken(stray).caused_by(error));
            }
            return match self.cluster.get(target).await {
                Ok(Some(child)) if object::is_deleting(&child) => Stop::Busy,
                Ok(Some(child)) => Stop::Stray(child),
                Ok(None) => Stop::Stale,
                Err(error) => Stop::Refused(error),
            };
        }
        if cluster::is_conflict(&error) || cluster::is_gone(&error) {
            return match self.read_again(resource, namespace, name).await {
                Ok(()) => Stop::Stale,
                Err(stop) => stop,
            };
        }
        Stop::Refused(error)
    }

    /// Reads what was changed or deleted by others.
    async fn read_again(
        &self,
        resource: Resource,
        namespace: &str,
        name: &str,
    ) -> Result<(), Stop> {
        let target = Target {
            resource,
            namespace: Some(namespace),
            name,
        };
        match self.cluster.entry(target).await {
            Ok(Some(entry)) => self.queue.extend(self.cache.wrote(resource, entry)),
            Ok(None) => self.forget(resource, namespace, name),
            Err(error) => return Err(Stop::Refused(error)),
        }
        Ok(())
    }

    fn forget(&self, resource: Resource, namespace: &str, name: &str) {
        let keys = self.cache.removed(resource, namespace, name);
        self.queue.extend(keys);
    }
}

/// Says that a name is taken, and by whom.
fn taken(stray: &Value) -> Error {
    let owners = stray["metadata"]["ownerReferences"].as_array();
    let owner = owners.and_then(|owners| owners.iter().find(|one| one["controller"] == true));
    let text = |owner: &Value, field: &str| owner[field].as_str().unwrap_or_default().to_owned();
    let of = match owner {
        Some(owner) => format!("{} {}", text(owner, "kind"), text(owner, "name")),
        None => "somebody else".to_owned(),
    };
    let (kind, name) = (text(stray, "kind"), object::name(stray));
    let message =
        format!("{kind} {name} is there already and belongs to {of}; remove or rename it");
    Error::transient(ErrorKind::Conflict, message)
}

fn target(key: &ObjectKey) -> Target<'_> {
    Target {
        resource: key.resource,
        namespace: Some(&key.namespace),
        name: &key.name,
    }
}

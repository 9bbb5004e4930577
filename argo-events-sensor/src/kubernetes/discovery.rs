//! Finds out where objects of a kind are, by asking the API server once for each group and version.

use super::{Cluster, Resource, resource};
use argo_events_core::{Error, ErrorKind, Result};
use http::Method;
use serde::Deserialize;
use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};
use tokio::time::Instant;

/// How long an answer that lacks a kind counts, before the server is asked again.
const PATIENCE: Duration = Duration::from_secs(10);

/// What the API server said about groups and versions.
#[derive(Debug, Default)]
pub(super) struct Discovery {
    found: Mutex<HashMap<String, Group>>,
    /// Held while asking, so that many triggers that start at once ask once.
    asking: tokio::sync::Mutex<()>,
}

/// What is known about a group and version.
#[derive(Clone, Debug)]
struct Group {
    kinds: Kinds,
    asked: Instant,
}

#[derive(Clone, Debug)]
enum Kinds {
    /// The server listed them.
    Listed(Arc<HashMap<String, Resource>>),
    /// The server knows no such group and version.
    Unknown,
    /// The server does not tell us.
    Hidden,
}

/// The part of an `APIResourceList` that matters.
#[derive(Deserialize)]
struct List {
    #[serde(default)]
    resources: Vec<Listed>,
}

#[derive(Deserialize)]
struct Listed {
    name: String,
    kind: String,
    #[serde(default)]
    namespaced: bool,
}

impl Discovery {
    /// Finds the resource of a kind.
    ///
    /// A kind that is not in a list that is older than [`PATIENCE`] makes us ask again, since it may have been
    /// defined in the meantime. Where the server does not let us ask, the name is guessed.
    pub(super) async fn resolve(
        &self,
        cluster: &Cluster,
        api_version: &str,
        kind: &str,
    ) -> Result<Resource> {
        let guess = Resource::guess(api_version, kind)?;
        if let Some(decided) = self.decided(api_version, kind, &guess) {
            return decided;
        }
        let _asking = self.asking.lock().await;
        if let Some(decided) = self.decided(api_version, kind, &guess) {
            return decided;
        }
        let group = Group {
            kinds: ask(cluster, api_version).await?,
            asked: Instant::now(),
        };
        let decided = group.decide(api_version, kind, &guess);
        self.lock().insert(api_version.to_owned(), group);
        decided
    }

    /// Forgets what was said about a group and version, since it proved wrong.
    pub(super) fn forget(&self, api_version: &str) {
        self.lock().remove(api_version);
    }

    /// Returns what is known, unless the server should be asked.
    fn decided(&self, api_version: &str, kind: &str, guess: &Resource) -> Option<Result<Resource>> {
        let group = self.lock().get(api_version)?.clone();
        let decided = group.decide(api_version, kind, guess);
        let is_listed = decided.is_ok() && !matches!(group.kinds, Kinds::Hidden);
        (is_listed || group.asked.elapsed() < PATIENCE).then_some(decided)
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, HashMap<String, Group>> {
        self.found.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Group {
    fn decide(&self, api_version: &str, kind: &str, guess: &Resource) -> Result<Resource> {
        let unknown = |message: &str| {
            Err(Error::transient(ErrorKind::NotFound, message)
                .with("apiVersion", api_version)
                .with("kind", kind))
        };
        match &self.kinds {
            Kinds::Listed(kinds) => match kinds.get(kind) {
                Some(resource) => Ok(resource.clone()),
                None => unknown("the API server knows no such kind; is its definition installed?"),
            },
            Kinds::Unknown => {
                unknown("the API server knows no such apiVersion; is the definition installed?")
            }
            Kinds::Hidden => Ok(guess.clone()),
        }
    }
}

async fn ask(cluster: &Cluster, api_version: &str) -> Result<Kinds> {
    let path = resource::root(api_version)?;
    let answer = cluster.request(Method::GET, &path, None).await;
    let text = match answer {
        Ok(text) => text,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Kinds::Unknown),
        Err(error) if error.is_transient() => return Err(error.during("discovery")),
        Err(error) => {
            tracing::warn!(apiVersion = api_version, %error, "the API server does not say where kinds are found; names are guessed");
            return Ok(Kinds::Hidden);
        }
    };
    let list: List = serde_json::from_slice(&text).map_err(|error| {
        let message = format!("the API server's list of resources cannot be read: {error}");
        Error::transient(ErrorKind::Unexpected, message).with("path", &path)
    })?;
    let mut kinds = HashMap::new();
    for listed in list.resources {
        // What has a slash is part of an object, such as its status.
        if !listed.name.contains('/') {
            let resource = Resource::new(api_version, listed.name, listed.namespaced)?;
            kinds.entry(listed.kind).or_insert(resource);
        }
    }
    Ok(Kinds::Listed(Arc::new(kinds)))
}

//! The API server: reads, writes and watches of whole objects, as JSON.
//!
//! Objects are not decoded here, so that one that cannot be decoded stops nobody. Every call ends in
//! time, and every failure says whether and when to try again ([`is_conflict`] and its like say more).
//! Which objects are meant, and what is done about failures, is the callers' business.

mod entry;
mod fault;
mod resource;
mod watch;

pub(crate) use entry::Entry;
pub(crate) use fault::{is_conflict, is_gone, is_there_already};
pub(crate) use resource::Resource;
pub(crate) use watch::{Seen, Watch};

use argo_events::{
    Error, Result,
    core::{ErrorKind, telemetry::Metrics},
};
use bytes::Bytes;
use http::{Method, Request};
use kube::client::Body;
use serde::Deserialize;
use serde_json::{Value, json, value::RawValue};
use std::{fmt, time::Duration};
use tokio::time::timeout;
use tracing::warn;

/// How long a call may take.
const PATIENCE: Duration = Duration::from_secs(30);
/// Most objects of one page of a list.
const PAGE: u32 = 250;
/// Who writes, in `managedFields`.
const FIELD_MANAGER: &str = "argo-events-controller";

/// A connection to an API server.
#[derive(Clone)]
pub(crate) struct Cluster {
    client: kube::Client,
    metrics: Metrics,
}

impl fmt::Debug for Cluster {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Cluster").finish_non_exhaustive()
    }
}

/// One object of the cluster.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Target<'a> {
    /// What it is.
    pub(crate) resource: Resource,
    /// Where it is; `None` for what has no namespace.
    pub(crate) namespace: Option<&'a str>,
    /// What it is called.
    pub(crate) name: &'a str,
}

impl Target<'_> {
    fn path(&self) -> String {
        format!("{}/{}", self.resource.path(self.namespace), self.name)
    }
}

/// What becomes of what a deleted object owns.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Owned {
    /// It goes too.
    Deleted,
    /// It stays.
    Kept,
}

/// A page of a list.
#[derive(Deserialize)]
struct Page {
    #[serde(default)]
    metadata: PageMetadata,
    /// Each is read by itself, so that one that cannot be read does not hide the others.
    #[serde(default)]
    items: Vec<Box<RawValue>>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct PageMetadata {
    resource_version: String,
    r#continue: String,
}

impl Cluster {
    /// Talks to the API server that a client reaches; writes are counted.
    pub(crate) fn new(client: kube::Client, metrics: Metrics) -> Self {
        Self { client, metrics }
    }

    /// Returns an object; `None` if it is not there.
    pub(crate) async fn get(&self, target: Target<'_>) -> Result<Option<Value>> {
        Ok(self.entry(target).await?.map(|entry| entry.value()))
    }

    /// Returns the objects that a label selector chooses; all of them if it is empty.
    pub(crate) async fn list(
        &self,
        resource: Resource,
        namespace: Option<&str>,
        selector: &str,
    ) -> Result<Vec<Value>> {
        let (entries, _) = self.entries(resource, namespace, selector).await?;
        Ok(entries.iter().map(Entry::value).collect())
    }

    /// Returns an object to remember; `None` if it is not there.
    pub(crate) async fn entry(&self, target: Target<'_>) -> Result<Option<Entry>> {
        match self.call(Method::GET, &target.path(), None).await {
            Ok(found) => Entry::read(&found, target.resource).map(Some),
            Err(error) if is_gone(&error) => Ok(None),
            Err(error) => Err(about(error, "get", target)),
        }
    }

    /// Returns the objects that a label selector chooses, and the version they are from.
    pub(crate) async fn entries(
        &self,
        resource: Resource,
        namespace: Option<&str>,
        selector: &str,
    ) -> Result<(Vec<Entry>, String)> {
        let mut entries = Vec::new();
        let base = resource.path(namespace);
        let mut token = String::new();
        loop {
            let path = format!(
                "{base}?limit={PAGE}{}{}",
                parameter("labelSelector", selector),
                parameter("continue", &token)
            );
            let page = self.call(Method::GET, &path, None).await;
            let page = page.map_err(|error| error.during("list").with("resource", &base))?;
            let page: Page = serde_json::from_slice(&page).map_err(fault::garbled)?;
            entries.extend(
                page.items
                    .iter()
                    .filter_map(|item| readable(item, resource)),
            );
            token = page.metadata.r#continue;
            if token.is_empty() {
                return Ok((entries, page.metadata.resource_version));
            }
        }
    }

    /// Makes an object and returns it as it is now.
    pub(crate) async fn create(
        &self,
        resource: Resource,
        namespace: Option<&str>,
        object: &Value,
    ) -> Result<Entry> {
        let name = object["metadata"]["name"].as_str().unwrap_or_default();
        let path = format!("{}?fieldManager={FIELD_MANAGER}", resource.path(namespace));
        self.count(resource, "create");
        let made = self.call(Method::POST, &path, Some(plain(object))).await;
        let target = Target {
            resource,
            namespace,
            name,
        };
        written(made, "create", target)
    }

    /// Replaces an object by one that carries the version it was read at, and returns what is there now.
    pub(crate) async fn replace(&self, target: Target<'_>, object: &Value) -> Result<Entry> {
        let path = format!("{}?fieldManager={FIELD_MANAGER}", target.path());
        self.count(target.resource, "update");
        let made = self.call(Method::PUT, &path, Some(plain(object))).await;
        written(made, "update", target)
    }

    /// Merges a patch (RFC 7396) into an object and returns what is there now.
    pub(crate) async fn merge(&self, target: Target<'_>, patch: &Value) -> Result<Entry> {
        self.patch(target, "", patch).await
    }

    /// Merges a patch (RFC 7396) into the status of an object and returns what is there now.
    pub(crate) async fn merge_status(&self, target: Target<'_>, patch: &Value) -> Result<Entry> {
        self.patch(target, "/status", patch).await
    }

    async fn patch(&self, target: Target<'_>, part: &str, patch: &Value) -> Result<Entry> {
        let path = format!("{}{part}?fieldManager={FIELD_MANAGER}", target.path());
        self.count(
            target.resource,
            if part.is_empty() { "patch" } else { "status" },
        );
        let body = Payload {
            content_type: "application/merge-patch+json",
            value: patch,
        };
        let made = self.call(Method::PATCH, &path, Some(body)).await;
        written(made, "patch", target)
    }

    /// Deletes an object of a uid; one that is gone is no error.
    ///
    /// What it owns goes with it, in the background, or stays as an orphan.
    pub(crate) async fn delete(
        &self,
        target: Target<'_>,
        uid: Option<&str>,
        owned: Owned,
    ) -> Result<()> {
        let mut options = json!({
            "apiVersion": "v1",
            "kind": "DeleteOptions",
            "propagationPolicy": match owned {
                Owned::Deleted => "Background",
                Owned::Kept => "Orphan",
            },
        });
        if let Some(uid) = uid {
            options["preconditions"] = json!({ "uid": uid });
        }
        self.count(target.resource, "delete");
        let path = target.path();
        match self
            .call(Method::DELETE, &path, Some(plain(&options)))
            .await
        {
            Ok(_) => Ok(()),
            Err(error) if is_gone(&error) => Ok(()),
            Err(error) => Err(about(error, "delete", target)),
        }
    }

    async fn call(&self, method: Method, path: &str, body: Option<Payload<'_>>) -> Result<Bytes> {
        let request = request(method, path, body)?;
        let call = async {
            let answer = self.client.send(request).await;
            let answer = answer.map_err(fault::unreachable)?;
            let head = fault::Head::of(&answer);
            let body = answer.into_body().collect_bytes().await;
            let body = body.map_err(fault::unreachable)?;
            if !head.is_success() {
                return Err(head.refusal(&body));
            }
            Ok(body)
        };
        timeout(PATIENCE, call)
            .await
            .unwrap_or_else(|_| Err(fault::late(PATIENCE)))
    }

    fn count(&self, resource: Resource, verb: &'static str) {
        let labels = [("resource", resource.plural()), ("verb", verb)];
        self.metrics.count(crate::metrics::WRITES, &labels, 1);
    }

    fn client(&self) -> &kube::Client {
        &self.client
    }
}

fn written(answer: Result<Bytes>, operation: &'static str, target: Target<'_>) -> Result<Entry> {
    let read = answer.and_then(|text| Entry::read(&text, target.resource));
    read.map_err(|error| about(error, operation, target))
}

fn readable(item: &RawValue, resource: Resource) -> Option<Entry> {
    let read = Entry::read(item.get().as_bytes(), resource);
    let skipped = |error: &Error| warn!(resource = resource.plural(), %error, "skipped");
    read.inspect_err(skipped).ok()
}

/// What is sent.
struct Payload<'a> {
    content_type: &'static str,
    value: &'a Value,
}

fn plain(value: &Value) -> Payload<'_> {
    Payload {
        content_type: "application/json",
        value,
    }
}

fn request(method: Method, path: &str, body: Option<Payload<'_>>) -> Result<Request<Body>> {
    let builder = Request::builder().method(method).uri(path);
    let built = match body {
        None => builder.body(Body::empty()),
        Some(payload) => builder
            .header(http::header::CONTENT_TYPE, payload.content_type)
            .body(Body::from(payload.value.to_string().into_bytes())),
    };
    built.map_err(|error| {
        let message = "a name cannot be part of a path of the Kubernetes API";
        Error::permanent(ErrorKind::ConfigInvalid, message)
            .with("path", path)
            .caused_by(error)
    })
}

fn about(error: Error, operation: &'static str, target: Target<'_>) -> Error {
    let error = error
        .during(operation)
        .with("resource", target.resource.plural());
    match target.namespace {
        Some(namespace) => error.with("name", format!("{namespace}/{}", target.name)),
        None => error.with("name", target.name),
    }
}

/// Writes a parameter of a query; nothing if it is empty.
fn parameter(name: &str, value: &str) -> String {
    if value.is_empty() {
        return String::new();
    }
    let mut written = format!("&{name}=");
    for byte in value.bytes() {
        if byte.is_ascii_alphanumeric() || b"-_.~".contains(&byte) {
            written.push(byte.into());
        } else {
            written.push_str(&format!("%{byte:02X}"));
        }
    }
    written
}

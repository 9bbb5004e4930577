//! The part of the API server that a source talks to: one collection, listed and watched.
//!
//! Says what a failed call means; what to do about it is the business of `session`.

use super::{ResourceConfig, selection::label_selector};
use argo_events_core::{Error, ErrorKind, Result};
use futures::{AsyncBufRead, AsyncBufReadExt as _};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::{APIResource, APIResourceList};
use kube::{
    Client,
    api::{ListParams, VersionMatch, WatchParams},
    core::{Request, Status},
};
use serde::Deserialize;
use serde_json::Value;
use std::{pin::Pin, time::Duration};
use tokio::time::timeout;

/// How long an answer may take.
const PATIENCE: Duration = Duration::from_secs(60);
/// How long the server keeps a watch open, in seconds.
const WATCH_SECONDS: u32 = 290;
/// A watch that says nothing for so long may be dead; bookmarks come about every minute.
const SILENCE: Duration = Duration::from_secs(95);
/// Objects on one page of a list.
const PAGE: u32 = 500;
/// How long to wait when the server asks for patience without saying how long.
const BUSY: Duration = Duration::from_secs(1);
/// How much of the server's own words is repeated.
const LONGEST_MESSAGE: usize = 300;
/// Longest line of a watch; etcd takes no object of this size.
const LONGEST_LINE: usize = 16 * 1024 * 1024;

/// Why a call failed.
#[derive(Debug)]
pub(super) enum Fault {
    /// The version is too old, or from a future that is gone.
    Expired,
    /// The server asks for patience.
    Busy(Duration),
    /// Anything else.
    Failed(Error),
}

impl Fault {
    /// Takes the refusal of a list that names a version, or a page of it, for one of the version.
    fn of_a_version(self) -> Self {
        match self {
            Self::Failed(error)
                if matches!(error.kind(), ErrorKind::Rejected | ErrorKind::NotFound) =>
            {
                Self::Expired
            }
            other => other,
        }
    }
}

/// One collection of the API.
#[derive(Clone)]
pub(super) struct Collection {
    client: Client,
    path: String,
    selector: Option<String>,
    api_version: String,
    kind: Option<String>,
}

/// What is listed.
#[derive(Clone, Copy, Debug)]
pub(super) enum At<'a> {
    /// What is there now.
    Now,
    /// What was there at a version.
    Version(&'a str),
    /// The page after another one.
    Page(&'a str),
}

/// A page of a list.
#[derive(Debug)]
pub(super) struct Page {
    pub(super) objects: Vec<Value>,
    pub(super) version: String,
    pub(super) next: Option<String>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct List {
    api_version: String,
    kind: String,
    metadata: ListMetadata,
    items: Option<Vec<Value>>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct ListMetadata {
    resource_version: String,
    #[serde(rename = "continue")]
    next: String,
}

impl Collection {
    /// Finds the collection that a configuration names, by what the server says it has.
    pub(super) async fn find(client: Client, config: &ResourceConfig) -> Result<Self, Fault> {
        let root = match &*config.group {
            "" => format!("/api/{}", config.version),
            group => format!("/apis/{group}/{}", config.version),
        };
        let selectors = config.filter.as_ref().and_then(|it| it.labels.as_deref());
        let selector = label_selector(selectors.unwrap_or_default());
        let found = resource(&client, &root, &config.resource).await?;
        let (name, is_namespaced) = match &found {
            Some(found) => (&found.name, found.namespaced),
            None => (&config.resource, true),
        };
        let path = match &*config.namespace {
            namespace if is_namespaced && !namespace.is_empty() => {
                format!("{root}/namespaces/{namespace}/{name}")
            }
            _ => format!("{root}/{name}"),
        };
        let api_version = [&*config.group, &*config.version];
        let api_version = api_version.join("/").trim_start_matches('/').to_owned();
        Ok(Self {
            client,
            path,
            selector,
            api_version,
            kind: found.map(|found| found.kind),
        })
    }

    /// Returns what objects have as `apiVersion`.
    pub(super) fn api_version(&self) -> &str {
        &self.api_version
    }

    /// Returns what objects have as `kind`, if the server said it.
    pub(super) fn kind(&self) -> Option<&str> {
        self.kind.as_deref()
    }

    /// Returns a text that is another one for another collection.
    pub(super) fn identity(&self) -> String {
        format!(
            "{}?{}",
            self.path,
            self.selector.as_deref().unwrap_or_default()
        )
    }

    /// Lists one page.
    pub(super) async fn list(&self, at: At<'_>) -> Result<Page, Fault> {
        let mut parameters = ListParams {
            label_selector: self.selector.clone(),
            limit: Some(PAGE),
            ..ListParams::default()
        };
        match at {
            At::Now => {}
            At::Version(version) => {
                parameters.resource_version = Some(version.to_owned());
                parameters.version_match = Some(VersionMatch::Exact);
            }
            At::Page(token) => parameters.continue_token = Some(token.to_owned()),
        }
        let request = Request::new(&self.path).list(&parameters);
        let text = text(&self.client, request, "list", &self.path).await;
        let text = text.map_err(|fault| {
            if matches!(at, At::Now) {
                fault
            } else {
                fault.of_a_version()
            }
        })?;
        let list: List = serde_json::from_str(&text).map_err(|error| self.garbled(error))?;
        Ok(list.page())
    }

    /// Begins to watch what happens after a version.
    pub(super) async fn watch(&self, version: &str) -> Result<Watch, Fault> {
        let parameters = WatchParams {
            label_selector: self.selector.clone(),
            timeout: Some(WATCH_SECONDS),
            ..WatchParams::default()
        };
        let request = Request::new(&self.path).watch(&parameters, version);
        let request = request.map_err(|error| bad_request(error, &self.path))?;
        let answer = timeout(PATIENCE, self.client.request_stream(request)).await;
        let reader = answer
            .map_err(|_| silent("watch", &self.path))?
            .map_err(|error| fault(error, "watch", &self.path))?;
        Ok(Watch {
            reader: Box::pin(reader),
            line: Vec::new(),
        })
    }

    fn garbled(&self, error: serde_json::Error) -> Fault {
        let message = "the API server answered with something that is no list";
        let error = Error::transient(ErrorKind::Unexpected, message).caused_by(error);
        Fault::Failed(error.during("list").with("path", &self.path))
    }
}

impl List {
    /// Items of a list do not say what they are.
    fn page(self) -> Page {
        let kind = self.kind.strip_suffix("List").unwrap_or_default();
        let mut objects = self.items.unwrap_or_default();
        for object in objects.iter_mut().filter_map(Value::as_object_mut) {
            for (name, value) in [("apiVersion", &*self.api_version), ("kind", kind)] {
                if !value.is_empty() && !object.contains_key(name) {
                    object.insert(name.to_owned(), value.into());
                }
            }
        }
        let ListMetadata {
            resource_version: version,
            next,
        } = self.metadata;
        let next = (!next.is_empty()).then_some(next);
        Page {
            objects,
            version,
            next,
        }
    }
}

/// What the server says happened.
pub(super) struct Watch {
    reader: Pin<Box<dyn AsyncBufRead + Send>>,
    /// What was read of a line that is not complete yet.
    line: Vec<u8>,
}

/// One line of a watch.
#[derive(Debug)]
pub(super) enum Told {
    /// An event's type and its object.
    Event(String, Value),
    /// A complete line that is no event.
    Garbled,
    /// Nothing more will come, or nothing has come for too long.
    Ended,
}

#[derive(Deserialize)]
struct Event {
    r#type: String,
    object: Value,
}

impl Watch {
    /// Returns what is told next.
    ///
    /// # Cancel safety
    /// Loses nothing: what was read is kept for the next call.
    pub(super) async fn next(&mut self) -> Told {
        let read = timeout(SILENCE, self.read_line()).await;
        if read != Ok(true) {
            // The part of a line that a broken connection leaves is told again by the next watch.
            return Told::Ended;
        }
        let told = match serde_json::from_slice::<Event>(&self.line) {
            Ok(event) => Told::Event(event.r#type, event.object),
            Err(_) => Told::Garbled,
        };
        self.line.clear();
        told
    }

    /// Reads up to the end of a line; `false` if there is none.
    async fn read_line(&mut self) -> bool {
        loop {
            // An error is an end as well: the watch is begun anew, which shows what is wrong.
            let Ok(available) = self.reader.fill_buf().await else {
                return false;
            };
            if available.is_empty() || self.line.len() > LONGEST_LINE {
                return false;
            }
            let end = available.iter().position(|byte| *byte == b'\n');
            let taken = end.map_or(available.len(), |end| end + 1);
            self.line.extend_from_slice(&available[..taken]);
            self.reader.as_mut().consume(taken);
            if end.is_some() {
                return true;
            }
        }
    }
}

/// Returns what the server says about a resource; `None` if it says nothing to this account.
async fn resource(client: &Client, root: &str, wanted: &str) -> Result<Option<APIResource>, Fault> {
    let request = http::Request::get(root).body(Vec::new());
    let request = request.map_err(kube::core::request::Error::BuildRequest);
    let known = match text(client, request, "discover", root).await {
        Ok(text) => serde_json::from_str::<APIResourceList>(&text).ok(),
        // Without the right to ask, the name is taken as it is.
        Err(Fault::Failed(error)) if error.kind() == ErrorKind::Unauthorized => None,
        Err(fault) => return Err(fault),
    };
    let Some(known) = known else {
        return Ok(None);
    };
    let resources = || known.resources.iter().filter(|it| !it.name.contains('/'));
    let found = resources().find(|it| it.name == wanted);
    let found = found.or_else(|| resources().find(|it| is_called(it, wanted)));
    let found = found.ok_or_else(|| Fault::Failed(unknown(root, wanted, resources())))?;
    if !["list", "watch"]
        .iter()
        .all(|verb| found.verbs.iter().any(|it| it == verb))
    {
        let message = "objects of this resource cannot be watched";
        let error = Error::permanent(ErrorKind::Unsupported, message);
        return Err(Fault::Failed(error.with("resource", wanted)));
    }
    Ok(Some(found.clone()))
}

/// Tells whether a resource has a name besides its plural one.
fn is_called(resource: &APIResource, name: &str) -> bool {
    let short = resource.short_names.iter().flatten();
    resource.kind.eq_ignore_ascii_case(name)
        || resource.singular_name == name
        || short.into_iter().any(|short| short == name)
}

fn unknown<'a>(root: &str, wanted: &str, known: impl Iterator<Item = &'a APIResource>) -> Error {
    let known: Vec<_> = known.map(|resource| &*resource.name).collect();
    let message = format!(
        "the cluster has no such resource; it has: {}",
        known.join(", ")
    );
    // It may be defined later.
    Error::transient(ErrorKind::NotFound, message)
        .with("path", root)
        .with("resource", wanted)
}

async fn text(
    client: &Client,
    request: Result<http::Request<Vec<u8>>, kube::core::request::Error>,
    operation: &'static str,
    path: &str,
) -> Result<String, Fault> {
    let request = request.map_err(|error| bad_request(error, path))?;
    let answer = timeout(PATIENCE, client.request_text(request)).await;
    answer
        .map_err(|_| silent(operation, path))?
        .map_err(|error| fault(error, operation, path))
}

fn bad_request(error: kube::core::request::Error, path: &str) -> Fault {
    let message = "group, version, resource and namespace make no path";
    let error = Error::permanent(ErrorKind::ConfigInvalid, message).caused_by(error);
    Fault::Failed(error.with("path", path))
}

fn silent(operation: &'static str, path: &str) -> Fault {
    let error = Error::transient(ErrorKind::Timeout, "the Kubernetes API does not answer");
    Fault::Failed(error.during(operation).with("path", path))
}

fn fault(error: kube::Error, operation: &'static str, path: &str) -> Fault {
    let refused = match &error {
        kube::Error::Api(status) => match refusal(status) {
            Fault::Failed(error) => error,
            other => return other,
        },
        _ => Error::transient(
            ErrorKind::Unavailable,
            "the Kubernetes API cannot be reached",
        ),
    };
    let refused = refused.during(operation).with("path", path);
    Fault::Failed(refused.caused_by(error))
}

/// Says what a status means, wherever it came.
pub(super) fn refusal(status: &Status) -> Fault {
    // A proxy may answer with a whole page.
    let message: String = status.message.chars().take(LONGEST_MESSAGE).collect();
    Fault::Failed(match status.code {
        410 => return Fault::Expired,
        504 if message.contains("Too large resource version") => return Fault::Expired,
        429 => return Fault::Busy(patience(status)),
        401 => Error::transient(
            ErrorKind::Unauthorized,
            "the Kubernetes API does not know the credentials",
        ),
        403 => Error::permanent(
            ErrorKind::Unauthorized,
            format!("the service account needs the verbs list and watch: {message}"),
        ),
        404 => Error::transient(
            ErrorKind::NotFound,
            format!("the cluster has no such collection: {message}"),
        ),
        400..=499 => Error::permanent(
            ErrorKind::Rejected,
            format!("the Kubernetes API refuses: {message}"),
        ),
        code => Error::transient(
            ErrorKind::Unavailable,
            format!("the Kubernetes API failed with status {code}: {message}"),
        ),
    })
}

fn patience(status: &Status) -> Duration {
    let asked = status
        .details
        .as_ref()
        .map_or(0, |it| it.retry_after_seconds);
    Duration::from_secs(asked.into()).max(BUSY)
}

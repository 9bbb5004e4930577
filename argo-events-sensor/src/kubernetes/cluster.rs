//! Requests to the API server of a cluster.

use super::{Object, Resource, discovery::Discovery, fault};
use argo_events_core::{Error, ErrorKind, Result, Retry, registry::Clients};
use bytes::Bytes;
use http::{Method, Request, header::CONTENT_TYPE};
use http_body_util::{BodyExt as _, Limited};
use kube::client::Body;
use std::{fmt, sync::Arc, time::Duration};
use tokio::{sync::OnceCell, time::timeout};

/// How long an answer may take; the API server itself gives up after as long.
const TIMEOUT: Duration = Duration::from_secs(60);
/// Largest answer that is read.
const MOST: usize = 64 << 20;
/// How often a request is sent, when the server says each time when it wants to be asked again.
const ASKED_REPEATS: u32 = 10;
/// Longest pause that the server may ask for within a request.
const LONGEST_PAUSE: Duration = Duration::from_secs(30);
const JSON: &str = "application/json";
/// What an object is deleted with: nothing but the defaults.
const DELETE_OPTIONS: &[u8] = b"{\"kind\":\"DeleteOptions\",\"apiVersion\":\"v1\"}\n";
/// Longest name of an owner of fields.
const LONGEST_MANAGER: usize = 128;

/// The API server of a cluster: one client and what is known about its resources. Clones share both.
///
/// Connects when it is first used. All methods fail with the server's own message, the path, `status` and
/// `reason` in the context, permanent or transient as the answer's status says; without an answer with
/// `Unavailable` or `Timeout`, transient. Where the server states when to come back, requests wait and are repeated.
///
/// # Cancel safety
/// A dropped future may or may not have had its effect.
#[derive(Clone)]
pub struct Cluster {
    client: Arc<OnceCell<kube::Client>>,
    discovery: Arc<Discovery>,
}

/// How an object is patched.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Patch<'a> {
    /// Content type of the patch.
    pub content_type: &'a str,
    /// Who owns the fields, for a patch that the server applies; it takes them from others.
    pub field_manager: Option<&'a str>,
}

impl Cluster {
    /// Makes a cluster that connects as the environment says: by kubeconfig, else as a pod.
    pub fn from_environment() -> Self {
        Self {
            client: Arc::default(),
            discovery: Arc::default(),
        }
    }

    /// Makes a cluster of a client that is there already. Its own retries should be off.
    pub fn with_client(client: kube::Client) -> Self {
        Self {
            client: Arc::new(OnceCell::new_with(Some(client))),
            discovery: Arc::default(),
        }
    }

    /// Returns the cluster that all triggers of a sensor share; the first one makes it.
    ///
    /// Who has one already puts it there before: `clients.get_or_make("", || cluster.clone())`.
    pub fn shared(clients: &Clients) -> Arc<Self> {
        clients.get_or_make("", Self::from_environment)
    }

    /// Returns the client, connecting if there is none yet.
    ///
    /// # Errors
    /// `Unavailable`, transient, when the environment names no cluster.
    pub async fn client(&self) -> Result<&kube::Client> {
        self.client.get_or_try_init(connect).await
    }

    /// Returns the namespace to use where nothing names one: the pod's, or the kubeconfig's.
    ///
    /// # Errors
    /// As [`Self::client`].
    pub async fn namespace(&self) -> Result<&str> {
        Ok(self.client().await?.default_namespace())
    }

    /// Finds where objects of a kind are, by discovery; guessed where discovery is forbidden.
    ///
    /// # Errors
    /// `NotFound`, transient, when the server knows no such kind; it may come.
    pub async fn resource(&self, api_version: &str, kind: &str) -> Result<Resource> {
        self.discovery.resolve(self, api_version, kind).await
    }

    /// Reads an object; `None` if there is none.
    ///
    /// # Errors
    /// See the [type](Self).
    pub async fn find(
        &self,
        resource: &Resource,
        namespace: &str,
        name: &str,
    ) -> Result<Option<Object>> {
        match self.get(resource, namespace, name).await {
            Ok(object) => Ok(Some(object)),
            Err(error) if error.kind() == ErrorKind::NotFound && !error.is_transient() => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Reads an object.
    ///
    /// # Errors
    /// `NotFound`, permanent, if there is none; else see the [type](Self).
    pub async fn get(&self, resource: &Resource, namespace: &str, name: &str) -> Result<Object> {
        let path = resource.path(namespace, Some(name))?;
        let answer = self.request(Method::GET, &path, None).await;
        object(&answer.map_err(|error| error.during("get"))?)
    }

    /// Lists objects; `query` is what follows the question mark, such as `labelSelector=a%3Db`.
    ///
    /// # Errors
    /// See the [type](Self).
    pub async fn list(
        &self,
        resource: &Resource,
        namespace: &str,
        query: &str,
    ) -> Result<Vec<Object>> {
        let path = with_query(resource.path(namespace, None)?, query);
        let answer = self.request(Method::GET, &path, None).await;
        let mut list = object(&answer.map_err(|error| error.during("list"))?)?;
        let items = list.members_mut().remove("items").unwrap_or_default();
        serde_json::from_value::<Vec<_>>(items)
            .map(|items| items.into_iter().map(Object::new).collect())
            .map_err(|error| unreadable(&error).with("path", &path))
    }

    /// Makes an object.
    ///
    /// # Errors
    /// `Conflict`, permanent, with reason `AlreadyExists`; else see the [type](Self).
    pub async fn create(
        &self,
        resource: &Resource,
        namespace: &str,
        made: &Object,
    ) -> Result<Object> {
        let path = resource.path(namespace, None)?;
        let content = Some((JSON, made.to_json()));
        let answer = self.request(Method::POST, &path, content).await;
        let answer = answer.inspect_err(|error| {
            // The kind may have moved or gone since we asked where it is.
            if error.kind() == ErrorKind::NotFound {
                self.discovery.forget(made.api_version());
            }
        });
        object(&answer.map_err(|error| error.during("create"))?)
    }

    /// Replaces an object.
    ///
    /// # Errors
    /// `Conflict`, transient, when it changed in between; else see the [type](Self).
    pub async fn replace(
        &self,
        resource: &Resource,
        namespace: &str,
        name: &str,
        by: &Object,
    ) -> Result<Object> {
        let path = resource.path(namespace, Some(name))?;
        let content = Some((JSON, by.to_json()));
        let answer = self.request(Method::PUT, &path, content).await;
        object(&answer.map_err(|error| error.during("update"))?)
    }

    /// Patches an object with a body that fits the kind of patch.
    ///
    /// # Errors
    /// See the [type](Self).
    pub async fn patch(
        &self,
        resource: &Resource,
        namespace: &str,
        name: &str,
        patch: Patch<'_>,
        body: Vec<u8>,
    ) -> Result<Object> {
        let mut path = resource.path(namespace, Some(name))?;
        if let Some(manager) = patch.field_manager {
            let manager: String = manager.chars().take(LONGEST_MANAGER).map(escaped).collect();
            path = with_query(path, &format!("fieldManager={manager}&force=true"));
        }
        let content = Some((patch.content_type, body));
        let answer = self.request(Method::PATCH, &path, content).await;
        object(&answer.map_err(|error| error.during("patch"))?)
    }

    /// Deletes an object, with the propagation that is the kind's default.
    ///
    /// # Errors
    /// `NotFound`, permanent, if there is none; else see the [type](Self).
    pub async fn delete(&self, resource: &Resource, namespace: &str, name: &str) -> Result<()> {
        let path = resource.path(namespace, Some(name))?;
        let content = Some((JSON, DELETE_OPTIONS.to_vec()));
        let answer = self.request(Method::DELETE, &path, content).await;
        answer.map(drop).map_err(|error| error.during("delete"))
    }

    /// Sends a request and returns the body of the answer, unless it is a refusal.
    ///
    /// `path` may have a query; `content` is a content type with a body.
    ///
    /// # Errors
    /// See the [type](Self).
    pub async fn request(
        &self,
        method: Method,
        path: &str,
        content: Option<(&str, Vec<u8>)>,
    ) -> Result<Bytes> {
        let content = content.map(|(content_type, body)| (content_type, Bytes::from(body)));
        let mut repeats = 1;
        loop {
            let error = match self.request_once(&method, path, content.as_ref()).await {
                Ok(answer) => return Ok(answer),
                Err(error) => error,
            };
            match error.retry() {
                Retry::After(pause)
                    if repeats < ASKED_REPEATS
                        && pause <= LONGEST_PAUSE
                        && is_repeatable(&method, &error) =>
                {
                    tracing::debug!(path, ?pause, %error, "the API server asks for patience");
                    tokio::time::sleep(pause).await;
                    repeats += 1;
                }
                _ => return Err(error.with("path", path)),
            }
        }
    }

    async fn request_once(
        &self,
        method: &Method,
        path: &str,
        content: Option<&(&str, Bytes)>,
    ) -> Result<Bytes> {
        let mut request = Request::builder().method(method).uri(path);
        let body = match content {
            Some((content_type, body)) => {
                request = request.header(CONTENT_TYPE, *content_type);
                Body::from(body.clone())
            }
            None => Body::empty(),
        };
        let request = request.body(body).map_err(|error| {
            let message = format!("no such request can be sent: {error}");
            Error::permanent(ErrorKind::ConfigInvalid, message)
        })?;
        let client = self.client().await?;
        match timeout(TIMEOUT, exchange(client, request)).await {
            Ok(answered) => answered,
            Err(_) => {
                let message = "the API server did not answer in time";
                Err(Error::transient(ErrorKind::Timeout, message)
                    .with("seconds", TIMEOUT.as_secs()))
            }
        }
    }
}

impl fmt::Debug for Cluster {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Cluster")
            .field("is_connected", &self.client.initialized())
            .finish_non_exhaustive()
    }
}

async fn connect() -> Result<kube::Client> {
    let mut config = kube::Config::infer().await.map_err(fault::no_cluster)?;
    // Repeats are decided here and by the trigger's retry strategy.
    config.default_retry = false;
    kube::Client::try_from(config).map_err(fault::no_cluster)
}

async fn exchange(client: &kube::Client, request: Request<Body>) -> Result<Bytes> {
    let answer = client.send(request).await.map_err(fault::failed)?;
    let (head, body) = answer.into_parts();
    let body = Limited::new(body, MOST).collect().await.map_err(|error| {
        let message = format!("the API server's answer broke off: {error}");
        Error::transient(ErrorKind::Unavailable, message)
    })?;
    let body = body.to_bytes();
    if head.status.is_success() {
        Ok(body)
    } else {
        Err(fault::refused(head.status, &head.headers, &body))
    }
}

/// Tells whether a refused request did nothing, so that it may be sent again.
fn is_repeatable(method: &Method, error: &Error) -> bool {
    *method == Method::GET || matches!(error.context("status"), Some("429" | "503"))
}

fn with_query(path: String, query: &str) -> String {
    if query.is_empty() {
        path
    } else {
        format!("{path}?{query}")
    }
}

/// Escapes a character for the value of a query.
fn escaped(character: char) -> String {
    if character.is_ascii_alphanumeric() || "-_.~/".contains(character) {
        return character.to_string();
    }
    let mut bytes = [0; 4];
    let bytes = character.encode_utf8(&mut bytes).bytes();
    bytes.map(|byte| format!("%{byte:02X}")).collect()
}

/// Reads an answer; what names no kind is no object.
fn object(answer: &[u8]) -> Result<Object> {
    let object: Object = serde_json::from_slice(answer)
        .map(Object::new)
        .map_err(|error| unreadable(&error))?;
    if object.kind().is_empty() {
        let message = "the API server's answer is no object: it names no kind";
        return Err(Error::transient(ErrorKind::Unexpected, message));
    }
    Ok(object)
}

fn unreadable(error: &serde_json::Error) -> Error {
    let message = format!("the API server's answer is no object: {error}");
    Error::transient(ErrorKind::Unexpected, message)
}

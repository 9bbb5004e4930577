//! Lets sources serve HTTP without owning a socket.
//!
//! A webhook registers a [`Route`]; the host decides whether it binds the port itself (binary, pod)
//! or mounts the route in the server of the service that embeds the engine.

use crate::Result;
use async_trait::async_trait;
use bytes::Bytes;
use std::{fmt, sync::Arc};

/// A request whose body was read, within the host's limit.
pub type Request = http::Request<Bytes>;
/// An answer.
pub type Response = http::Response<Bytes>;

/// What a source serves.
#[derive(Clone)]
#[non_exhaustive]
pub struct Route {
    /// The port as configured, such as `12000` or `:12000`.
    pub port: String,
    /// The path, beginning with a slash.
    pub endpoint: String,
    /// The method that is meant. A request with another one, to a path where nothing else answers it,
    /// goes to the handler too, which refuses it in its kind's own words.
    pub method: http::Method,
    /// Most bytes of a body; more go to [`Handler::unreadable`].
    pub max_body_bytes: usize,
    /// Certificate chain and key as PEM text, when the port speaks TLS.
    pub tls: Option<TlsPair>,
    /// Who answers.
    pub handler: Arc<dyn Handler>,
    /// Who asked for it, for messages: `webhook/example`.
    pub owner: String,
}

impl Route {
    /// Makes a plain route with the reference's default limit of 1 MiB.
    pub fn new(
        owner: impl Into<String>,
        port: impl Into<String>,
        endpoint: impl Into<String>,
        method: http::Method,
        handler: Arc<dyn Handler>,
    ) -> Self {
        Self {
            port: port.into(),
            endpoint: endpoint.into(),
            method,
            max_body_bytes: 1024 * 1024,
            tls: None,
            handler,
            owner: owner.into(),
        }
    }
}

impl fmt::Debug for Route {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Route")
            .field("owner", &self.owner)
            .field("port", &self.port)
            .field("endpoint", &self.endpoint)
            .field("method", &self.method)
            .finish_non_exhaustive()
    }
}

/// A certificate chain and its private key, as PEM text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TlsPair {
    /// Certificate chain.
    pub certificate: crate::Secret<String>,
    /// Private key.
    pub key: crate::Secret<String>,
}

/// What happens to a request whose head was seen and whose body was not.
#[derive(Debug)]
pub enum Admission {
    /// The body is read, within the route's limit, and the request handled.
    Read,
    /// The request is handled with an empty body; what the client sends is thrown away.
    Skip,
    /// The request is answered at once.
    Answer(Response),
}

/// Why a body could not be read.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum BodyFault {
    /// It is longer than the route's limit.
    TooLarge,
    /// The client ended before the body was complete.
    CutOff,
    /// The client took longer than the host waits.
    TooSlow,
    /// Its framing is broken.
    Broken(String),
}

/// Answers requests of a route.
#[async_trait]
pub trait Handler: Send + Sync + 'static {
    /// Looks at the head of a request before its body is read: credentials belong here.
    ///
    /// # Cancel safety
    /// The future is dropped when the client goes away.
    async fn admit(&self, _head: &http::request::Parts) -> Admission {
        Admission::Read
    }

    /// Answers one request.
    ///
    /// # Cancel safety
    /// The future is dropped when the client goes away: whatever was emitted stays emitted.
    async fn handle(&self, request: Request) -> Response;

    /// Answers a request whose body could not be read: 413, 408 or 400, unless the kind says otherwise.
    fn unreadable(&self, _head: &http::request::Parts, fault: BodyFault) -> Response {
        let mut response = Response::new(Bytes::new());
        *response.status_mut() = match fault {
            BodyFault::TooLarge => http::StatusCode::PAYLOAD_TOO_LARGE,
            BodyFault::TooSlow => http::StatusCode::REQUEST_TIMEOUT,
            BodyFault::CutOff | BodyFault::Broken(_) => http::StatusCode::BAD_REQUEST,
        };
        response
    }
}

/// Serves routes.
#[async_trait]
pub trait HttpHost: Send + Sync + 'static {
    /// Serves a route until the guard is dropped. Resolves once requests are answered.
    ///
    /// # Errors
    /// `Conflict`, permanent, when another route has the same port, path and method;
    /// `Unavailable`, transient, when the port cannot be bound.
    async fn serve(&self, route: Route) -> Result<RouteGuard>;

    /// Replaces certificate and key of a port that speaks TLS; open connections keep the old ones.
    ///
    /// A host whose ports belong to somebody else has nothing to do.
    ///
    /// # Errors
    /// `ConfigInvalid`, permanent, when they cannot be used; the port goes on with the old ones.
    async fn renew(&self, _port: &str, _tls: TlsPair) -> Result<()> {
        Ok(())
    }
}

/// Keeps a route served; dropping it ends that.
#[must_use = "the route ends when its guard is dropped"]
pub struct RouteGuard(Option<Box<dyn FnOnce() + Send + Sync>>);

impl RouteGuard {
    /// Makes a guard that runs a function when dropped.
    pub fn new(end: impl FnOnce() + Send + Sync + 'static) -> Self {
        Self(Some(Box::new(end)))
    }
}

impl Drop for RouteGuard {
    fn drop(&mut self) {
        if let Some(end) = self.0.take() {
            end();
        }
    }
}

impl fmt::Debug for RouteGuard {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("RouteGuard")
    }
}

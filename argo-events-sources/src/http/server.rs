//! Binds ports as routes ask for them, and gives them back when their last route is gone.

use super::{Hold, Port, changing::Changing, connection::Shared, listener::Listener};
use argo_events_core::{
    Error, ErrorKind, Result,
    http_host::{HttpHost, Route, RouteGuard, TlsPair},
};
use async_trait::async_trait;
use std::{
    collections::HashMap,
    net::{IpAddr, SocketAddr},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};
use tracing::{info, warn};

/// Serves routes on ports of its own. Clones share everything.
///
/// There is one listener per port, whichever kinds and events share it. It listens on every address,
/// of IPv6 and of IPv4, unless one is given.
///
/// ```
/// # async fn example() {
/// use argo_events_sources::http::WebServer;
/// use std::{net::Ipv4Addr, time::Duration};
///
/// let server = WebServer::builder().address(Ipv4Addr::LOCALHOST).build();
/// // … hand it to the runtime as its `HttpHost` …
/// server.close(Duration::from_secs(10)).await;
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct WebServer(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    address: Option<IpAddr>,
    listeners: Mutex<HashMap<Port, Arc<Listener>>>,
    shared: Arc<Shared>,
    changing: Changing,
}

/// Settings of a [`WebServer`].
#[derive(Clone, Debug)]
#[must_use]
pub struct Builder {
    address: Option<IpAddr>,
    connections: usize,
    head_timeout: Duration,
    body_timeout: Duration,
}

impl Builder {
    /// Most connections at a time; further ones wait to be accepted.
    pub const CONNECTIONS: usize = 10_000;
    /// How long a client may take for a request's head, and may be idle between requests.
    pub const HEAD_TIMEOUT: Duration = Duration::from_secs(30);
    /// How long a client may take for a request's body.
    pub const BODY_TIMEOUT: Duration = Duration::from_secs(120);

    /// Binds this address only.
    pub fn address(mut self, address: impl Into<IpAddr>) -> Self {
        self.address = Some(address.into());
        self
    }

    /// Sets how many connections there may be at a time.
    pub fn connections(mut self, most: usize) -> Self {
        self.connections = most;
        self
    }

    /// Sets how long a client may take for a request's head, and may be idle between requests.
    pub fn head_timeout(mut self, timeout: Duration) -> Self {
        self.head_timeout = timeout;
        self
    }

    /// Sets how long a client may take for a request's body.
    pub fn body_timeout(mut self, timeout: Duration) -> Self {
        self.body_timeout = timeout;
        self
    }

    /// Makes the server; ports are bound as routes come.
    pub fn build(self) -> WebServer {
        let shared = Shared::new(self.connections, self.head_timeout, self.body_timeout);
        let listeners = Mutex::default();
        WebServer(Arc::new(Inner {
            address: self.address,
            listeners,
            shared: Arc::new(shared),
            changing: Changing::default(),
        }))
    }
}

impl Default for Builder {
    fn default() -> Self {
        Self {
            address: None,
            connections: Self::CONNECTIONS,
            head_timeout: Self::HEAD_TIMEOUT,
            body_timeout: Self::BODY_TIMEOUT,
        }
    }
}

impl Default for WebServer {
    fn default() -> Self {
        Self::builder().build()
    }
}

/// A route that is served.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Listening {
    /// Where.
    pub address: SocketAddr,
    /// Whether the port speaks TLS.
    pub tls: bool,
    /// The method.
    pub method: http::Method,
    /// The endpoint.
    pub endpoint: String,
    /// Who asked for it: `webhook/example`.
    pub owner: String,
}

impl WebServer {
    /// Begins a server that needs settings.
    pub fn builder() -> Builder {
        Builder::default()
    }

    /// Returns where a port is bound; the way to learn what the system chose for port 0.
    pub fn address(&self, port: &str) -> Option<SocketAddr> {
        let port = Port::parse(port).ok()?;
        self.listeners().get(&port).map(|listener| listener.address)
    }

    /// Lists what is served, sorted by owner.
    pub fn listening(&self) -> Vec<Listening> {
        let mut all = Vec::new();
        for listener in self.listeners().values() {
            all.extend(listener.table.snapshot().entries().map(|entry| Listening {
                address: listener.address,
                tls: listener.speaks_tls(),
                method: entry.route.method.clone(),
                endpoint: entry.route.endpoint.clone(),
                owner: entry.route.owner.clone(),
            }));
        }
        let place = |it: &Listening| (it.owner.clone(), it.address.port(), it.endpoint.clone());
        all.sort_by_cached_key(place);
        all
    }

    /// Keeps ports bound, and lets requests that nobody answers wait, until the guard is dropped.
    ///
    /// For whoever replaces routes: no caller is refused between the old one and the new one.
    pub fn hold(&self) -> Hold {
        let server = self.clone();
        self.0.changing.begin(move || server.give_back())
    }

    /// Stops accepting, lets requests under way finish for at most the grace period, and ends.
    pub async fn close(&self, grace: Duration) {
        if !self.0.shared.close(grace).await {
            warn!("cut off requests that were still under way when the grace period ended");
        }
    }

    fn listeners(&self) -> MutexGuard<'_, HashMap<Port, Arc<Listener>>> {
        self.0
            .listeners
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    fn place(&self, port: Port, route: Route) -> Result<RouteGuard> {
        let mut listeners = self.listeners();
        if self.0.shared.is_closed() {
            return Err(Error::permanent(
                ErrorKind::Closed,
                "the HTTP server is closed",
            ));
        }
        if let Some(listener) = listeners.get(&port) {
            match listener.suits(&route) {
                // Kept for whoever comes next, which needs another certificate.
                Err(_) if listener.is_idle() => {
                    listener.end();
                    listeners.remove(&port);
                }
                suits => {
                    suits?;
                    let number = listener.table.add(route)?;
                    return Ok(self.guard(port, number));
                }
            }
        }
        let (owner, endpoint) = (route.owner.clone(), route.endpoint.clone());
        let (inner, changing) = (&self.0, self.0.changing.clone());
        let (listener, number) =
            Listener::bind(inner.address, port, route, &inner.shared, changing)?;
        info!(address = %listener.address, owner, endpoint, "listening");
        listeners.insert(port, listener);
        Ok(self.guard(port, number))
    }

    fn guard(&self, port: Port, number: u64) -> RouteGuard {
        let server = self.clone();
        RouteGuard::new(move || server.remove(port, number))
    }

    fn remove(&self, port: Port, number: u64) {
        if let Some(listener) = self.listeners().get(&port) {
            listener.table.remove(number);
        }
        if !self.0.changing.is_on() {
            self.give_back();
        }
    }

    /// Gives ports back that have no route.
    fn give_back(&self) {
        let mut listeners = self.listeners();
        if self.0.changing.is_on() {
            return;
        }
        listeners.retain(|_, listener| {
            let idle = listener.is_idle();
            if idle {
                listener.end();
            }
            !idle
        });
    }
}

#[async_trait]
impl HttpHost for WebServer {
    async fn serve(&self, route: Route) -> Result<RouteGuard> {
        let port = Port::parse(&route.port).map_err(|error| error.with("owner", &route.owner))?;
        self.place(port, route)
    }

    async fn renew(&self, port: &str, tls: TlsPair) -> Result<()> {
        let port = Port::parse(port)?;
        let listener = self.listeners().get(&port).cloned();
        listener.map_or(Ok(()), |listener| listener.renew(tls))
    }
}

//! One bound port: the socket, its routes, and who may come in.
//!
//! What is said on a connection is the business of `connection`.

use super::{
    Port,
    changing::Changing,
    connection::{Shared, connection},
    table::Table,
    tls,
};
use argo_events_core::{
    Error, ErrorKind, Result,
    http_host::{Route, TlsPair},
};
use std::{
    fmt,
    future::poll_fn,
    io,
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, TcpListener as Socket},
    sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock, RwLockReadGuard},
    task::Poll,
    time::Duration,
};
use tokio::{
    net::{TcpListener, TcpStream},
    sync::OwnedSemaphorePermit,
    time::sleep,
};
use tokio_rustls::TlsAcceptor;
use tokio_util::sync::CancellationToken;
use tracing::warn;

/// How long to wait after the system refused to accept a connection.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// A bound port.
pub(super) struct Listener {
    pub(super) address: SocketAddr,
    pub(super) table: Table,
    tls: Option<RwLock<Certificate>>,
    /// `None` once the port is given back, which is at once: whoever comes later is refused.
    socket: Mutex<Option<TcpListener>>,
    pub(super) stop: CancellationToken,
}

/// What a port shows to whoever connects; may be renewed.
struct Certificate {
    pair: TlsPair,
    acceptor: TlsAcceptor,
}

impl Certificate {
    fn of(pair: TlsPair) -> Result<Self> {
        let acceptor = tls::acceptor(&pair)?;
        Ok(Self { pair, acceptor })
    }
}

impl Listener {
    /// Binds a port for its first route, which is there before the port is.
    pub(super) fn bind(
        address: Option<IpAddr>,
        port: Port,
        route: Route,
        shared: &Arc<Shared>,
        changing: Changing,
    ) -> Result<(Arc<Self>, u64)> {
        let tls = route.tls.clone().map(Certificate::of).transpose()?;
        let tls = tls.map(RwLock::new);
        let owner = route.owner.clone();
        let table = Table::new(changing);
        let number = table.add(route)?;
        let refused = |error: io::Error| refused(port, &owner, error);
        let socket = bind(address, port)
            .and_then(TcpListener::from_std)
            .map_err(refused)?;
        let address = socket.local_addr().map_err(refused)?;
        let (socket, stop) = (Mutex::new(Some(socket)), shared.stop_token());
        let listener = Arc::new(Self {
            address,
            table,
            tls,
            socket,
            stop,
        });
        shared.spawn(accept(Arc::clone(&listener), Arc::clone(shared)));
        Ok((listener, number))
    }

    /// Refuses a route that wants other encryption than the port has.
    pub(super) fn suits(&self, route: &Route) -> Result<()> {
        let ours = self.certificate().map(|it| it.pair.clone());
        if ours == route.tls {
            return Ok(());
        }
        let message = format!(
            "port {} is shared, and {} wants another TLS certificate, or none; choose another port",
            route.port, route.owner
        );
        Err(Error::permanent(ErrorKind::Conflict, message).with("owner", &route.owner))
    }

    /// Tells whether no route is left.
    pub(super) fn is_idle(&self) -> bool {
        self.table.snapshot().is_empty()
    }

    pub(super) fn speaks_tls(&self) -> bool {
        self.tls.is_some()
    }

    /// Returns who shakes hands on a new connection; `None` where nobody does.
    pub(super) fn acceptor(&self) -> Option<TlsAcceptor> {
        self.certificate().map(|it| it.acceptor.clone())
    }

    /// Shows another certificate from now on. A port without TLS stays without.
    pub(super) fn renew(&self, pair: TlsPair) -> Result<()> {
        let Some(current) = &self.tls else {
            return Ok(());
        };
        let renewed = Certificate::of(pair)?;
        *current.write().unwrap_or_else(PoisonError::into_inner) = renewed;
        Ok(())
    }

    fn certificate(&self) -> Option<RwLockReadGuard<'_, Certificate>> {
        let current = self.tls.as_ref()?;
        Some(current.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Gives the port back, and lets connections end after what is under way.
    pub(super) fn end(&self) {
        self.socket().take();
        self.stop.cancel();
    }

    fn socket(&self) -> MutexGuard<'_, Option<TcpListener>> {
        self.socket.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits for a connection; `None` once the port is given back.
    async fn next(&self) -> Option<io::Result<TcpStream>> {
        let accepted = poll_fn(|context| match &*self.socket() {
            Some(socket) => socket.poll_accept(context).map(Some),
            None => Poll::Ready(None),
        });
        tokio::select! {
            () = self.stop.cancelled() => None,
            accepted = accepted => accepted.map(|it| it.map(|(stream, _)| stream)),
        }
    }
}

impl fmt::Debug for Listener {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Listener")
            .field("address", &self.address)
            .finish_non_exhaustive()
    }
}

/// Binds one address, or all: IPv6's `::` takes IPv4 too where the system has both.
fn bind(address: Option<IpAddr>, port: Port) -> io::Result<Socket> {
    let port = port.number();
    let socket = match address {
        Some(address) => Socket::bind((address, port))?,
        None => match Socket::bind((Ipv6Addr::UNSPECIFIED, port)) {
            Err(error) if error.kind() != io::ErrorKind::AddrInUse => {
                Socket::bind((Ipv4Addr::UNSPECIFIED, port))?
            }
            bound => bound?,
        },
    };
    socket.set_nonblocking(true)?;
    Ok(socket)
}

fn refused(port: Port, owner: &str, error: io::Error) -> Error {
    let message = match error.kind() {
        io::ErrorKind::AddrInUse => {
            format!(
                "port {port} is in use (needed by {owner}); set `port`, or stop what listens there"
            )
        }
        io::ErrorKind::PermissionDenied => {
            format!("port {port} may not be bound (needed by {owner}); set `port` to 1024 or more")
        }
        _ => format!("port {port} cannot be bound (needed by {owner}): {error}"),
    };
    Error::transient(ErrorKind::Unavailable, message).caused_by(error)
}

async fn accept(listener: Arc<Listener>, shared: Arc<Shared>) {
    while let Some(permit) = permit(&listener, &shared).await {
        match listener.next().await {
            None => break,
            Some(Ok(stream)) => {
                let (listener, shared) = (Arc::clone(&listener), Arc::clone(&shared));
                Arc::clone(&shared).spawn(connection(stream, listener, shared, permit));
            }
            Some(Err(error)) => {
                warn!(%error, address = %listener.address, "could not accept a connection");
                sleep(ACCEPT_PAUSE).await;
            }
        }
    }
    listener.end();
}

/// Waits until there may be one more connection; `None` once the port ends.
async fn permit(listener: &Listener, shared: &Shared) -> Option<OwnedSemaphorePermit> {
    tokio::select! {
        () = listener.stop.cancelled() => None,
        permit = shared.permit() => permit,
    }
}

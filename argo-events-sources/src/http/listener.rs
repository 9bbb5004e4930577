//! One bound port: the socket, its routes, and the connections that come in.

use super::{
    Port,
    answer::{HEAD_BYTES, answer, refusal},
    linger::Lingering,
    table::Table,
    tls,
};
use argo_events_core::{
    Error, ErrorKind, Result,
    http_host::{Response, Route, TlsPair},
};
use bytes::Bytes;
use http::Request;
use http_body_util::Full;
use hyper::{body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use std::{
    convert::Infallible,
    fmt,
    future::poll_fn,
    io,
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, TcpListener as Socket},
    pin::pin,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    task::Poll,
    time::Duration,
};
use tokio::{
    io::{AsyncRead, AsyncWrite, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
    sync::{OwnedSemaphorePermit, Semaphore},
    time::{sleep, timeout},
};
use tokio_rustls::TlsAcceptor;
use tokio_util::{sync::CancellationToken, task::TaskTracker};
use tracing::{debug, warn};

/// How long to wait after the system refused to accept a connection.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// What all listeners of a server share.
pub(super) struct Shared {
    connections: Arc<Semaphore>,
    head_timeout: Duration,
    body_timeout: Duration,
    tasks: TaskTracker,
    stop: CancellationToken,
    abort: CancellationToken,
}

impl Shared {
    pub(super) fn new(connections: usize, head_timeout: Duration, body_timeout: Duration) -> Self {
        Self {
            connections: Arc::new(Semaphore::new(connections.min(Semaphore::MAX_PERMITS))),
            head_timeout,
            body_timeout,
            tasks: TaskTracker::new(),
            stop: CancellationToken::new(),
            abort: CancellationToken::new(),
        }
    }

    pub(super) fn is_closed(&self) -> bool {
        self.stop.is_cancelled()
    }

    /// Ends everything; tells whether all requests finished within the grace period.
    pub(super) async fn close(&self, grace: Duration) -> bool {
        self.stop.cancel();
        self.tasks.close();
        let finished = timeout(grace, self.tasks.wait()).await.is_ok();
        self.abort.cancel();
        self.tasks.wait().await;
        finished
    }
}

impl fmt::Debug for Shared {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Shared")
            .field("closed", &self.is_closed())
            .finish_non_exhaustive()
    }
}

/// A bound port.
pub(super) struct Listener {
    pub(super) address: SocketAddr,
    pub(super) table: Table,
    tls: Option<(TlsPair, TlsAcceptor)>,
    /// `None` once the port is given back, which is at once: whoever comes later is refused.
    socket: Mutex<Option<TcpListener>>,
    stop: CancellationToken,
}

impl Listener {
    /// Binds a port for its first route, which is there before the port is.
    pub(super) fn bind(
        address: Option<IpAddr>,
        port: Port,
        route: Route,
        shared: &Arc<Shared>,
    ) -> Result<(Arc<Self>, u64)> {
        let tls = match &route.tls {
            Some(pair) => Some((pair.clone(), tls::acceptor(pair)?)),
            None => None,
        };
        let owner = route.owner.clone();
        let table = Table::default();
        let number = table.add(route)?;
        let refused = |error: io::Error| refused(port, &owner, error);
        let socket = bind(address, port)
            .and_then(TcpListener::from_std)
            .map_err(refused)?;
        let address = socket.local_addr().map_err(refused)?;
        let (socket, stop) = (Mutex::new(Some(socket)), shared.stop.child_token());
        let listener = Arc::new(Self {
            address,
            table,
            tls,
            socket,
            stop,
        });
        shared
            .tasks
            .spawn(accept(Arc::clone(&listener), Arc::clone(shared)));
        Ok((listener, number))
    }

    /// Refuses a route that wants other encryption than the port has.
    pub(super) fn suits(&self, route: &Route) -> Result<()> {
        let same = match (&self.tls, &route.tls) {
            (Some((ours, _)), Some(theirs)) => {
                ours.certificate == theirs.certificate && ours.key == theirs.key
            }
            (None, None) => true,
            _ => false,
        };
        if same {
            return Ok(());
        }
        let message = format!(
            "port {} is shared, and {} wants another TLS certificate, or none; choose another port",
            route.port, route.owner
        );
        Err(Error::permanent(ErrorKind::Conflict, message).with("owner", &route.owner))
    }

    pub(super) fn speaks_tls(&self) -> bool {
        self.tls.is_some()
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
                let tasks = shared.tasks.clone();
                tasks.spawn(connection(stream, listener, shared, permit));
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
        permit = Arc::clone(&shared.connections).acquire_owned() => permit.ok(),
    }
}

async fn connection(
    stream: TcpStream,
    listener: Arc<Listener>,
    shared: Arc<Shared>,
    _permit: OwnedSemaphorePermit,
) {
    let abort = shared.abort.clone();
    tokio::select! {
        () = abort.cancelled() => {}
        result = talk(stream, &listener, &shared) => {
            if let Err(error) = result {
                debug!(%error, address = %listener.address, "connection failed");
            }
        }
    }
}

async fn talk(mut stream: TcpStream, listener: &Listener, shared: &Shared) -> io::Result<()> {
    stream.set_nodelay(true)?;
    let Some((_, acceptor)) = &listener.tls else {
        return speak(stream, listener, shared).await;
    };
    let handshake = async {
        if !tls::is_tls(&stream).await? {
            stream.write_all(tls::PLAIN).await?;
            return Ok(None);
        }
        acceptor.accept(stream).await.map(Some)
    };
    let timed_out = |_| io::Error::from(io::ErrorKind::TimedOut);
    match timeout(shared.head_timeout, handshake)
        .await
        .map_err(timed_out)??
    {
        Some(stream) => speak(stream, listener, shared).await,
        None => Ok(()),
    }
}

/// Answers the requests of one connection, until either side ends it.
async fn speak<S>(stream: S, listener: &Listener, shared: &Shared) -> io::Result<()>
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    let service = service_fn(|request| respond(request, &listener.table, shared.body_timeout));
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(shared.head_timeout)
        .max_buf_size(HEAD_BYTES)
        .half_close(true)
        .serve_connection(TokioIo::new(Lingering::new(stream)), service);
    let mut connection = pin!(connection);
    let result = tokio::select! {
        result = connection.as_mut() => result,
        () = listener.stop.cancelled() => {
            connection.as_mut().graceful_shutdown();
            connection.await
        }
    };
    result.map_err(io::Error::other)
}

async fn respond(
    request: Request<Incoming>,
    table: &Table,
    patience: Duration,
) -> Result<http::Response<Full<Bytes>>, Infallible> {
    let (head, body) = request.into_parts();
    let response: Response = match refusal(&head) {
        None => answer(table, Request::from_parts(head, body), patience).await,
        Some(response) => response,
    };
    Ok(response.map(Full::new))
}

//! What all connections of a server share, and what is said on one of them.

use super::{
    answer::{HEAD_BYTES, answer, refusal},
    bell::Bell,
    linger::Lingering,
    listener::Listener,
    patience::Patience,
    table::Table,
    tls,
};
use argo_events_core::http_host::Response;
use bytes::Bytes;
use futures::future::OptionFuture;
use http::Request;
use http_body_util::Full;
use hyper::{body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::rt::TokioIo;
use std::{convert::Infallible, fmt, io, pin::pin, sync::Arc, time::Duration};
use tokio::{
    io::{AsyncRead, AsyncWrite, AsyncWriteExt as _},
    net::TcpStream,
    sync::{OwnedSemaphorePermit, Semaphore},
    time::timeout,
};
use tokio_util::{sync::CancellationToken, task::TaskTracker};
use tracing::debug;

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

    /// Returns what is cancelled when the server ends, for one of its ports.
    pub(super) fn stop_token(&self) -> CancellationToken {
        self.stop.child_token()
    }

    /// Waits until there may be one more connection.
    pub(super) async fn permit(&self) -> Option<OwnedSemaphorePermit> {
        Arc::clone(&self.connections).acquire_owned().await.ok()
    }

    /// Runs a task that the end of the server waits for.
    pub(super) fn spawn(&self, task: impl Future<Output = ()> + Send + 'static) {
        self.tasks.spawn(task);
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

/// Serves one connection, until it ends or the server does.
pub(super) async fn connection(
    stream: TcpStream,
    listener: Arc<Listener>,
    shared: Arc<Shared>,
    _permit: OwnedSemaphorePermit,
) {
    let mut abort = Bell::new(shared.abort.cancelled());
    tokio::select! {
        biased;
        result = talk(stream, &listener, &shared) => {
            if let Err(error) = result {
                debug!(%error, address = %listener.address, "connection failed");
            }
        }
        () = abort.rings() => {}
    }
}

async fn talk(stream: TcpStream, listener: &Listener, shared: &Shared) -> io::Result<()> {
    stream.set_nodelay(true)?;
    let Some(acceptor) = listener.acceptor() else {
        return speak(stream, listener, shared).await;
    };
    let handshake = async {
        if !tls::is_tls(&stream).await? {
            let mut stream = Lingering::new(stream);
            stream.write_all(tls::PLAIN).await?;
            return stream.shutdown().await.map(|()| None);
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
    let patience = Patience::default();
    let connection = http1::Builder::new()
        .timer(patience.clone())
        .header_read_timeout(shared.head_timeout)
        .max_buf_size(HEAD_BYTES)
        .half_close(true)
        .serve_connection(TokioIo::new(Lingering::new(stream)), service);
    let mut connection = pin!(connection);
    let mut stopped = false;
    loop {
        let stop = (!stopped).then_some(&listener.stop);
        let mut bell = Bell::new(signal(stop, &patience, shared.head_timeout));
        let signal = tokio::select! {
            biased;
            result = connection.as_mut() => return result.map_err(io::Error::other),
            signal = bell.rings() => signal,
        };
        if signal == Signal::Stop {
            stopped = true;
            connection.as_mut().graceful_shutdown();
        }
    }
}

/// Why a connection is looked at though its client said nothing.
#[derive(PartialEq)]
enum Signal {
    /// It shall end after what is under way.
    Stop,
    /// A head takes too long, which the connection notices when it is polled.
    TooSlow,
}

async fn signal(
    stop: Option<&CancellationToken>,
    patience: &Patience,
    head_timeout: Duration,
) -> Signal {
    let stopped = OptionFuture::from(stop.map(CancellationToken::cancelled));
    tokio::select! {
        Some(()) = stopped => Signal::Stop,
        () = patience.over(head_timeout) => Signal::TooSlow,
    }
}

async fn respond(
    request: Request<Incoming>,
    table: &Table,
    patience: Duration,
) -> Result<http::Response<Full<Bytes>>, Infallible> {
    let (head, body) = request.into_parts();
    let response: Response = match refusal(&head) {
        None => answer(table, head, body, patience).await,
        Some(response) => response,
    };
    Ok(response.map(Full::new))
}

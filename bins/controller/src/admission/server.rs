//! The HTTPS server that the API server asks.
//!
//! What it shows as its certificate can change at any time, for the connections that come after.

use super::{
    certificates::Certificates,
    review::{Request, Review},
    rules::{Operation, Question, Verdict, judge},
};
use crate::{
    cluster::{Cluster, Resource, Target},
    metrics, object,
};
use argo_events::{
    Error, Registry, Result,
    core::{ErrorKind, telemetry::Metrics},
};
use axum::{
    Json, Router,
    body::Bytes,
    extract::{self, DefaultBodyLimit, State},
    http::{HeaderMap, StatusCode, header::CONTENT_TYPE},
    middleware::{Next, from_fn},
    response::{IntoResponse, Response},
    routing::get,
};
use hyper_util::{
    rt::{TokioIo, TokioTimer},
    service::TowerToHyperService,
};
use rustls::{
    ServerConfig,
    crypto::ring,
    pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject as _},
    server::{ClientHello, ResolvesServerCert},
    sign::CertifiedKey,
};
use serde_json::Value;
use std::{
    fmt, io,
    net::SocketAddr,
    pin::pin,
    sync::{Arc, PoisonError, RwLock},
    time::Duration,
};
use tokio::{
    net::{TcpListener, TcpStream},
    sync::{OwnedSemaphorePermit, Semaphore},
    task::JoinSet,
    time::{sleep, timeout},
};
use tokio_rustls::TlsAcceptor;
use tokio_util::sync::CancellationToken;
use tracing::{debug, info, warn};

/// Largest question: two objects as large as the API server takes them.
const MAX_BODY_BYTES: usize = 8 * 1024 * 1024;
/// Most connections at a time.
const CONNECTIONS: usize = 256;
/// How long a peer may take to greet, and to ask.
const PATIENCE: Duration = Duration::from_secs(10);
/// How long a connection may be silent: longer than the API server keeps one for its next question.
const SILENCE: Duration = Duration::from_secs(120);
/// How long the EventBus of a Sensor is looked for.
const LOOKING: Duration = Duration::from_secs(2);
/// How long questions that were asked may still be answered when the server is told to stop.
const GRACE: Duration = Duration::from_secs(10);
/// Pause after a connection that could not be accepted.
const PAUSE: Duration = Duration::from_millis(100);

/// What the server shows as its certificate; shared by cloning.
#[derive(Clone, Default)]
pub(super) struct Identity(Arc<RwLock<Option<Shown>>>);

struct Shown {
    pem: String,
    key: Arc<CertifiedKey>,
}

impl Identity {
    /// Shows a certificate from now on; tells whether it is another one.
    pub(super) fn show(&self, certificates: &Certificates) -> Result<bool> {
        let mut shown = self.0.write().unwrap_or_else(PoisonError::into_inner);
        if shown
            .as_ref()
            .is_some_and(|shown| shown.pem == certificates.cert)
        {
            return Ok(false);
        }
        *shown = Some(Shown {
            pem: certificates.cert.clone(),
            key: Arc::new(certified(certificates)?),
        });
        Ok(true)
    }
}

impl ResolvesServerCert for Identity {
    fn resolve(&self, _: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        let shown = self.0.read().unwrap_or_else(PoisonError::into_inner);
        shown.as_ref().map(|shown| shown.key.clone())
    }
}

impl fmt::Debug for Identity {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Identity")
    }
}

fn certified(certificates: &Certificates) -> Result<CertifiedKey> {
    let wrong = |error: &dyn fmt::Display| {
        let message =
            format!("the webhook's Secret holds no certificate that can be used: {error}");
        Error::permanent(ErrorKind::ConfigInvalid, message)
    };
    let chain = CertificateDer::pem_slice_iter(certificates.cert.as_bytes());
    let chain = chain.collect::<std::result::Result<Vec<_>, _>>();
    let chain = chain.map_err(|error| wrong(&error))?;
    let key = PrivateKeyDer::from_pem_slice(certificates.key.as_bytes());
    let key = key.map_err(|error| wrong(&error))?;
    let provider = ring::default_provider();
    CertifiedKey::from_der(chain, key, &provider).map_err(|error| wrong(&error))
}

/// What answers.
#[derive(Clone, Debug)]
pub(super) struct Judge {
    pub(super) cluster: Cluster,
    pub(super) registry: Registry,
    pub(super) metrics: Metrics,
}

impl Judge {
    async fn verdict(&self, request: &Request) -> Verdict {
        let bus = self.bus(request).await;
        let question = Question {
            operation: request.operation,
            kind: &request.kind.kind,
            object: &request.object,
            old: &request.old_object,
            bus: bus.as_ref(),
        };
        let verdict = judge(&question, &self.registry);
        let result = if verdict.is_allowed() {
            "allowed"
        } else {
            "denied"
        };
        let labels = [("kind", kind_label(&request.kind.kind)), ("result", result)];
        self.metrics.count(metrics::VERDICTS, &labels, 1);
        let Request {
            namespace, name, ..
        } = request;
        info!(
            kind = request.kind.kind,
            namespace,
            name,
            result,
            message = verdict.message
        );
        verdict
    }

    /// Looks the EventBus of a Sensor up; one that cannot be found in time holds nobody up.
    async fn bus(&self, request: &Request) -> Option<Value> {
        let changes = matches!(request.operation, Operation::Create | Operation::Update);
        if request.kind.kind != "Sensor" || !changes {
            return None;
        }
        let target = Target {
            resource: Resource::EventBuses,
            namespace: Some(&request.namespace),
            name: object::bus_name(&request.object),
        };
        let found = timeout(LOOKING, self.cluster.get(target)).await;
        match found {
            Ok(Ok(bus)) => bus,
            Ok(Err(error)) => {
                warn!(%error, "judged without the EventBus");
                None
            }
            Err(_) => None,
        }
    }
}

/// Keeps the number of series small, whatever is asked.
fn kind_label(kind: &str) -> &'static str {
    match kind {
        "EventBus" => "EventBus",
        "EventSource" => "EventSource",
        "Sensor" => "Sensor",
        _ => "other",
    }
}

async fn ask(State(judge): State<Judge>, headers: HeaderMap, body: Bytes) -> Response {
    let is_json = |value: &str| value.split(';').next().map(str::trim) == Some("application/json");
    let content_type = headers.get(CONTENT_TYPE).and_then(|it| it.to_str().ok());
    if !content_type.is_some_and(is_json) {
        let message = "send an AdmissionReview as application/json\n";
        return (StatusCode::UNSUPPORTED_MEDIA_TYPE, message).into_response();
    }
    match serde_json::from_slice::<Review>(&body) {
        Ok(review) => {
            let verdict = judge.verdict(&review.request).await;
            Json(review.answer(&verdict)).into_response()
        }
        Err(error) => {
            let message = format!("this is no AdmissionReview: {error}\n");
            (StatusCode::BAD_REQUEST, message).into_response()
        }
    }
}

/// Answers in time: a body that never comes would hold a seat for ever.
async fn in_time(request: extract::Request, next: Next) -> Response {
    match timeout(PATIENCE, next.run(request)).await {
        Ok(response) => response,
        Err(_) => (StatusCode::REQUEST_TIMEOUT, "this took too long to ask\n").into_response(),
    }
}

/// Answers whatever path is asked for: configurations of the reference name none.
pub(super) fn routes(judge: Judge) -> Router {
    Router::new()
        .route("/healthz", get(|| async { "ok\n" }))
        .route("/readyz", get(|| async { "ok\n" }))
        .fallback(axum::routing::post(ask))
        .layer(DefaultBodyLimit::max(MAX_BODY_BYTES))
        .layer(from_fn(in_time))
        .with_state(judge)
}

/// The server.
pub(super) struct Server {
    listener: TcpListener,
    acceptor: TlsAcceptor,
    routes: Router,
}

impl Server {
    /// Makes a server on a socket that listens.
    pub(super) fn new(listener: TcpListener, identity: Identity, judge: Judge) -> Self {
        let provider = Arc::new(ring::default_provider());
        let config = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .expect("the provider has the usual versions of TLS")
            .with_no_client_auth()
            .with_cert_resolver(Arc::new(identity));
        Self {
            listener,
            acceptor: TlsAcceptor::from(Arc::new(config)),
            routes: routes(judge),
        }
    }

    /// Answers until told to stop, and then what was asked already.
    pub(super) async fn run(self, stop: CancellationToken) {
        let seats = Arc::new(Semaphore::new(CONNECTIONS));
        let mut connections = JoinSet::new();
        loop {
            let accepted = tokio::select! {
                () = stop.cancelled() => break,
                accepted = self.accept(&seats) => accepted,
            };
            while connections.try_join_next().is_some() {}
            match accepted {
                Ok((stream, seat)) => {
                    let (acceptor, routes) = (self.acceptor.clone(), self.routes.clone());
                    let stop = stop.clone();
                    connections.spawn(async move {
                        serve(stream, acceptor, routes, stop).await;
                        drop(seat);
                    });
                }
                Err(error) => {
                    warn!(%error, "a connection cannot be accepted");
                    sleep(PAUSE).await;
                }
            }
        }
        let ended = async { while connections.join_next().await.is_some() {} };
        if timeout(GRACE, ended).await.is_err() {
            warn!(grace = ?GRACE, "some questions were not answered in time");
        }
    }

    /// Accepts a connection once there is a seat for it. Cancel-safe: neither is lost.
    async fn accept(
        &self,
        seats: &Arc<Semaphore>,
    ) -> io::Result<(TcpStream, OwnedSemaphorePermit)> {
        let seat = seats.clone().acquire_owned().await;
        let seat = seat.expect("nobody closes the semaphore");
        let (stream, _) = self.listener.accept().await?;
        Ok((stream, seat))
    }
}

async fn serve(stream: TcpStream, acceptor: TlsAcceptor, routes: Router, stop: CancellationToken) {
    let stream = match timeout(PATIENCE, acceptor.accept(stream)).await {
        Ok(Ok(stream)) => stream,
        Ok(Err(error)) => return debug!(%error, "no TLS"),
        Err(_) => return debug!("no TLS in time"),
    };
    let service = TowerToHyperService::new(routes);
    let mut builder = hyper::server::conn::http1::Builder::new();
    builder
        .timer(TokioTimer::new())
        .header_read_timeout(SILENCE);
    let mut connection = pin!(builder.serve_connection(TokioIo::new(stream), service));
    let ended = tokio::select! {
        ended = connection.as_mut() => ended,
        () = stop.cancelled() => {
            connection.as_mut().graceful_shutdown();
            connection.await
        }
    };
    if let Err(error) = ended {
        debug!(%error, "a connection broke");
    }
}

/// Says why the server cannot begin.
pub(super) fn not_listening(address: SocketAddr, error: io::Error) -> Error {
    let message = format!("the webhook cannot listen on {address}");
    Error::transient(ErrorKind::Unavailable, message).caused_by(error)
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::body::Body;
    use futures::stream;
    use http::Request;
    use tower::{ServiceExt as _, service_fn};

    #[tokio::test(start_paused = true)]
    async fn a_body_that_never_comes_holds_no_seat() {
        let nobody = service_fn(|_: Request<kube::client::Body>| async {
            Err::<Response, _>(io::Error::other("nobody is to be asked"))
        });
        let metrics = Metrics::default();
        let judge = Judge {
            cluster: Cluster::new(kube::Client::new(nobody, "prod"), metrics.clone()),
            registry: Registry::default(),
            metrics,
        };
        let body = Body::from_stream(stream::pending::<io::Result<Bytes>>());
        let question = Request::post("/").header(CONTENT_TYPE, "application/json");
        let question = question.body(body).unwrap();
        let answer = routes(judge).oneshot(question).await.unwrap();
        assert_eq!(answer.status(), StatusCode::REQUEST_TIMEOUT);
    }
}

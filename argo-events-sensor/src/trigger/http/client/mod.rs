//! An HTTP/1.1 client that writes requests as Go's does, byte for byte.
//!
//! The usual clients cannot: they rewrite the case and the order of headers and refuse queries that
//! Go sends. Bodies of answers are thrown away, since for triggers only the status counts; documents
//! are fetched by other callers. Speaks no HTTP/2.

mod answer;
mod body;
mod connection;
mod escape;
#[cfg(feature = "artifact")]
mod fetch;
mod host;
mod pool;
mod proxy;
mod punycode;
mod redirect;
mod request;
mod tls;
mod url;

#[cfg(feature = "artifact")]
pub(crate) use fetch::Fetched;
pub(crate) use proxy::Proxies;
pub(super) use request::is_token;
pub(crate) use request::{Headers, Request, basic};
pub(crate) use tls::Tls;
pub(crate) use url::Url;

use answer::{Answer, Failure};
use argo_events_core::{Error, ErrorKind, Result};
use connection::Connection;
use pool::{Place, Pool};
use redirect::Chain;
use std::{borrow::Cow, pin::pin, sync::Arc, time::Duration};
use tokio::{
    io::AsyncWriteExt,
    time::{error::Elapsed, timeout},
};
use tokio_util::task::TaskTracker;

/// How long the rest of an answer may take before its connection is given up.
const DRAIN: Duration = Duration::from_secs(2);

/// Sends requests and keeps connections.
#[derive(Debug)]
pub(crate) struct Client {
    tls: Tls,
    proxies: Proxies,
    timeout: Duration,
    pool: Arc<Pool>,
    tasks: TaskTracker,
}

impl Client {
    pub(crate) fn new(tls: Tls, proxies: Proxies, timeout: Duration) -> Self {
        Self {
            tls,
            proxies,
            timeout,
            pool: Arc::default(),
            tasks: TaskTracker::new(),
        }
    }

    /// Sends a request, follows redirects, and returns the status of the final answer.
    ///
    /// # Errors
    /// When no answer comes in time, whatever an answer says is none.
    pub(super) async fn send(&self, request: &Request) -> Result<u16> {
        match timeout(self.timeout, self.follow(request)).await {
            Ok(result) => result,
            Err(Elapsed { .. }) => Err(Error::transient(
                ErrorKind::Timeout,
                "no answer came in time",
            )
            .with("timeout", format!("{:?}", self.timeout))
            .with("url", request.url.shown())),
        }
    }

    async fn follow(&self, first: &Request) -> Result<u16> {
        let mut chain = Chain::new(first);
        let mut request = Cow::Borrowed(first);
        loop {
            let answer = self.exchange(&request).await?;
            match chain.next(&request, &answer)? {
                Some(next) => request = Cow::Owned(next),
                None => return Ok(answer.status),
            }
        }
    }

    /// Sends one request; once more on a new connection, if an idle one turned out to be closed.
    async fn exchange(&self, request: &Request) -> Result<Answer> {
        check(request)?;
        let place = Place(format!("{}://{}", request.url.scheme, request.url.host));
        if let Some(idle) = self.pool.take(&place) {
            match self.exchange_over(idle, request, &place).await {
                Err(Failure::Nothing | Failure::Broken(_)) if request.is_repeatable() => {}
                done => return done.map_err(|failure| failed(failure, &request.url)),
            }
        }
        let new = Connection::open(&request.url, &self.tls, &self.proxies).await?;
        self.exchange_over(new, request, &place)
            .await
            .map_err(|failure| failed(failure, &request.url))
    }

    async fn exchange_over(
        &self,
        mut connection: Connection,
        request: &Request,
        place: &Place,
    ) -> Result<Answer, Failure> {
        let message = self.message(request, &connection);
        let mut answer = converse(&mut connection, &message, &request.method).await?;
        answer.keeps &= !request.closes();
        if answer.keeps {
            self.keep(connection, answer.body, place.clone());
        }
        Ok(answer)
    }

    /// Writes a request with its body, in one piece, so that it goes out in one packet.
    fn message(&self, request: &Request, connection: &Connection) -> Vec<u8> {
        let mut target = request.url.request_target();
        let mut request = request.with_credentials();
        if let Some(proxy) = self
            .proxies
            .proxy_for(&request.url)
            .filter(|_| connection.through_proxy)
        {
            target = format!("{}://{}{target}", request.url.scheme, request.url.host);
            if let Some(authorization) = connection::proxy_authorization(proxy) {
                request
                    .to_mut()
                    .headers
                    .set("Proxy-Authorization", authorization);
            }
        }
        let mut message = request.head(&target);
        message.extend_from_slice(&request.body);
        message
    }

    /// Reads the rest of an answer aside and keeps its connection for the next request.
    fn keep(&self, mut connection: Connection, body: answer::Body, place: Place) {
        if body == answer::Body::Length(0) {
            return self.pool.put(place, connection, &self.tasks);
        }
        let (pool, tasks) = (Arc::clone(&self.pool), self.tasks.clone());
        self.tasks.spawn(async move {
            if let Ok(true) = timeout(DRAIN, body::drain(&mut connection.reader, body)).await {
                pool.put(place, connection, &tasks);
            }
        });
    }
}

/// Sends a message and reads the head of its answer, which may come before all is sent: then the
/// connection ends with it.
async fn converse(
    connection: &mut Connection,
    message: &[u8],
    method: &str,
) -> Result<Answer, Failure> {
    let Connection { reader, writer, .. } = connection;
    let mut answered = pin!(answer::read(reader, method));
    let sent = async {
        writer.write_all(message).await?;
        writer.flush().await
    };
    tokio::select! {
        biased;
        answer = &mut answered => Ok(Answer { keeps: false, ..answer? }),
        sent = sent => match (sent, answered.await) {
            (Ok(()), answer) => answer,
            (Err(_), Ok(answer)) => Ok(Answer { keeps: false, ..answer }),
            (Err(error), Err(_)) => Err(Failure::Broken(error)),
        },
    }
}

fn check(request: &Request) -> Result<()> {
    let invalid = |message: String| {
        Err(Error::permanent(ErrorKind::ConfigInvalid, message).with("url", request.url.shown()))
    };
    if let Err(reason) = request.headers.check() {
        return invalid(reason);
    }
    match (request.url.scheme.as_str(), request.url.host.as_str()) {
        ("http" | "https", "") => invalid("the url names no host".to_owned()),
        ("http" | "https", _) => Ok(()),
        ("", _) => invalid("the url has no scheme; write http:// or https://".to_owned()),
        (scheme, _) => invalid(format!(
            "scheme {scheme} is not supported; use http or https"
        )),
    }
}

fn failed(failure: Failure, url: &Url) -> Error {
    let message = match failure {
        Failure::Nothing => "the connection was closed without an answer".to_owned(),
        Failure::Broken(error) => error.to_string(),
        Failure::Malformed(reason) => reason,
    };
    Error::transient(ErrorKind::Unavailable, message).with("url", url.shown())
}

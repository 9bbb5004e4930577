//! What happens to one request, whoever owns the socket.

use super::{
    body::{self, Incoming},
    table::{Entry, HEALTH, Table},
    target::{self, Target},
    text,
};
use argo_events_core::http_host::{Admission, BodyFault, Response};
use bytes::Bytes;
use http::{HeaderName, HeaderValue, Method, Request, StatusCode, header, request::Parts};
use std::{pin::Pin, pin::pin, sync::Arc, time::Duration};

/// Most bytes of a request's head, as in Go's server; more get 431.
pub(super) const HEAD_BYTES: usize = 1024 * 1024 + 4096;

const CLOSE: HeaderValue = HeaderValue::from_static("close");

/// Answers a request from the routes of a table.
pub(super) async fn answer<B: Incoming>(
    table: &Table,
    head: Parts,
    body: B,
    patience: Duration,
) -> Response {
    let mut body = pin!(body);
    let mut found = lookup(table, &head);
    if let Err(own) = &found
        && is_for_a_route(own, &head.method)
        && table.changing().is_on()
    {
        // Who answers may be on its way; whoever comes meanwhile need not come again.
        table.changing().over().await;
        found = lookup(table, &head);
    }
    match found {
        Ok(entry) => serve(&entry, head, body, patience).await,
        Err(response) => throw_away(&head, *response, body.as_mut()).await,
    }
}

/// Tells whether a request that was found an answer without a route may yet be a route's.
fn is_for_a_route(own: &Response, method: &Method) -> bool {
    match own.status() {
        StatusCode::NOT_FOUND => true,
        // A probe only looks; what brings something to its path means a route.
        StatusCode::OK => !method.is_safe(),
        _ => false,
    }
}

/// Finds who answers, or the answer itself.
fn lookup(table: &Table, head: &Parts) -> Result<Arc<Entry>, Box<Response>> {
    let path = match target::read(&head.method, &head.uri) {
        Target::Path(path) => path,
        Target::Redirect(location) => return Err(redirect(&location).into()),
        Target::Malformed => return Err(malformed("the target is no path").into()),
    };
    if let Some(entry) = table.snapshot().find(&path, &head.method) {
        return Ok(Arc::clone(entry));
    }
    let own = if *path == *HEALTH {
        text(StatusCode::OK, "OK")
    } else {
        not_found()
    };
    Err(own.into())
}

async fn serve<B: Incoming>(
    entry: &Entry,
    head: Parts,
    mut body: Pin<&mut B>,
    patience: Duration,
) -> Response {
    let route = &entry.route;
    match route.handler.admit(&head).await {
        Admission::Answer(response) => throw_away(&head, response, body).await,
        Admission::Skip => {
            let ended = expects_more(&head) || body::discard(body).await;
            let response = route
                .handler
                .handle(Request::from_parts(head, Bytes::new()))
                .await;
            if ended { response } else { closing(response) }
        }
        Admission::Read => match body::read(body.as_mut(), route.max_body_bytes, patience).await {
            Ok(bytes) => route.handler.handle(Request::from_parts(head, bytes)).await,
            Err(fault) => refuse(entry, &head, body, fault).await,
        },
    }
}

async fn refuse<B: Incoming>(
    entry: &Entry,
    head: &Parts,
    body: Pin<&mut B>,
    fault: BodyFault,
) -> Response {
    let too_large = fault == BodyFault::TooLarge;
    let response = entry.route.handler.unreadable(head, fault);
    if too_large && !expects_more(head) {
        body::discard(body).await;
    }
    closing(response)
}

/// Answers without the body. A client that waits to be asked for it is not asked.
async fn throw_away<B: Incoming>(head: &Parts, response: Response, body: Pin<&mut B>) -> Response {
    let ended = body.is_end_stream() || (!expects_more(head) && body::discard(body).await);
    if ended { response } else { closing(response) }
}

fn expects_more(head: &Parts) -> bool {
    head.headers
        .get(header::EXPECT)
        .is_some_and(|value| !value.is_empty())
}

/// Marks an answer as the last one of its connection.
pub(super) fn closing(mut response: Response) -> Response {
    response.headers_mut().insert(header::CONNECTION, CLOSE);
    response
}

/// Refuses a request that is not HTTP as it should be.
pub(super) fn malformed(reason: &str) -> Response {
    closing(text(
        StatusCode::BAD_REQUEST,
        format!("400 Bad Request: {reason}"),
    ))
}

fn redirect(location: &str) -> Response {
    let mut response = Response::default();
    *response.status_mut() = StatusCode::MOVED_PERMANENTLY;
    match HeaderValue::from_str(location) {
        Ok(location) => {
            response.headers_mut().insert(header::LOCATION, location);
            response
        }
        Err(_) => malformed("the target cannot be redirected"),
    }
}

fn not_found() -> Response {
    const NO_SNIFF: HeaderValue = HeaderValue::from_static("nosniff");
    const OPTIONS: HeaderName = header::X_CONTENT_TYPE_OPTIONS;
    let mut response = text(StatusCode::NOT_FOUND, "404 page not found\n");
    response.headers_mut().insert(OPTIONS, NO_SNIFF);
    response
}

/// Refuses heads that HTTP lets through and a careful server does not.
pub(super) fn refusal(head: &Parts) -> Option<Response> {
    too_large(head)
        .or_else(|| wrong_host(head))
        .or_else(|| unknown_framing(head))
        .or_else(|| unknown_expectation(head))
}

/// The parser's own limit is rounded up to what it happens to read at a time.
fn too_large(head: &Parts) -> Option<Response> {
    let headers = head
        .headers
        .iter()
        .map(|(name, value)| name.as_str().len() + value.len() + 4);
    let status = StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE;
    (headers.sum::<usize>() > HEAD_BYTES)
        .then(|| closing(text(status, "431 Request Header Fields Too Large")))
}

fn wrong_host(head: &Parts) -> Option<Response> {
    let mut hosts = head.headers.get_all(header::HOST).iter();
    match (hosts.next(), hosts.next()) {
        (None, None) if head.version < http::Version::HTTP_11 => None,
        (None, None) if head.method == Method::CONNECT => None,
        (None, None) => Some(malformed("missing required Host header")),
        (Some(host), None) if is_host(host.as_bytes()) => None,
        (Some(_), None) => Some(malformed("malformed Host header")),
        _ => Some(malformed("too many Host headers")),
    }
}

fn is_host(host: &[u8]) -> bool {
    host.iter()
        .all(|byte| byte.is_ascii_alphanumeric() || b"!$%&'()*+,-.:;=@[]_~".contains(byte))
}

/// Two framings, or one that is not known, are how requests are smuggled past proxies.
fn unknown_framing(head: &Parts) -> Option<Response> {
    let mut codings = head.headers.get_all(header::TRANSFER_ENCODING).iter();
    let known = match (codings.next(), codings.next()) {
        (None, _) => true,
        (Some(coding), None) => coding.as_bytes().eq_ignore_ascii_case(b"chunked"),
        _ => false,
    };
    let refused = || {
        closing(text(
            StatusCode::NOT_IMPLEMENTED,
            "Unsupported transfer encoding",
        ))
    };
    (!known).then(refused)
}

fn unknown_expectation(head: &Parts) -> Option<Response> {
    let expectation = head
        .headers
        .get(header::EXPECT)
        .filter(|value| !value.is_empty())?;
    let mut words = expectation
        .as_bytes()
        .split(|byte| *byte == b',')
        .map(<[u8]>::trim_ascii);
    if words.any(|word| word.eq_ignore_ascii_case(b"100-continue")) {
        return None;
    }
    let mut response = Response::default();
    *response.status_mut() = StatusCode::EXPECTATION_FAILED;
    Some(closing(response))
}

//! What went wrong with a request to the API server, sorted into what time can heal and what not.

use argo_events_core::{Error, ErrorKind};
use http::{HeaderMap, StatusCode, header::RETRY_AFTER};
use serde::Deserialize;
use std::time::Duration;

/// How much of an answer that is no status is shown.
const SHOWN: usize = 200;

/// The part of a `Status` that matters.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Status {
    message: String,
    reason: String,
    details: Option<Details>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Details {
    retry_after_seconds: Option<u64>,
}

/// Makes an error of an answer that refuses; its `reason` and `status` are in the context.
pub(super) fn refused(code: StatusCode, headers: &HeaderMap, body: &[u8]) -> Error {
    let status: Status = serde_json::from_slice(body).unwrap_or_default();
    let (kind, is_transient) = sort(code, &status);
    let message = message(code, &status, body);
    let error = if is_transient {
        Error::transient(kind, message)
    } else {
        Error::permanent(kind, message)
    };
    let error = match asked_pause(headers, &status).filter(|_| is_transient) {
        Some(pause) => error.retry_after(pause),
        None => error,
    };
    let error = error.with("status", code.as_u16());
    match status.reason.as_str() {
        "" => error,
        reason => error.with("reason", reason),
    }
}

fn sort(code: StatusCode, status: &Status) -> (ErrorKind, bool) {
    match code.as_u16() {
        401 => (ErrorKind::Unauthorized, false),
        // Quota is given back when something ends.
        403 if status.message.contains("exceeded quota") => (ErrorKind::RateLimited, true),
        403 => (ErrorKind::Unauthorized, false),
        404 => (ErrorKind::NotFound, false),
        409 => (ErrorKind::Conflict, status.reason != "AlreadyExists"),
        410 => (ErrorKind::NotFound, true),
        413 => (ErrorKind::TooLarge, false),
        408 | 504 => (ErrorKind::Timeout, true),
        429 => (ErrorKind::RateLimited, true),
        500 if matches!(status.reason.as_str(), "Timeout" | "ServerTimeout") => {
            (ErrorKind::Timeout, true)
        }
        500.. => (ErrorKind::Unavailable, true),
        _ => (ErrorKind::Rejected, false),
    }
}

fn message(code: StatusCode, status: &Status, body: &[u8]) -> String {
    if !status.message.is_empty() {
        return status.message.clone();
    }
    let body = String::from_utf8_lossy(&body[..body.len().min(SHOWN)]);
    match body.trim() {
        "" => format!("the API server answered {code}"),
        text => format!("the API server answered {code}: {text:?}"),
    }
}

/// Returns how long the server wants to be left alone, if it says so.
fn asked_pause(headers: &HeaderMap, status: &Status) -> Option<Duration> {
    let header = headers
        .get(RETRY_AFTER)
        .and_then(|value| value.to_str().ok()?.trim().parse().ok());
    let details = status.details.as_ref();
    let seconds = header.or_else(|| details?.retry_after_seconds)?;
    Some(Duration::from_secs(seconds))
}

/// Makes an error of a request that got no answer.
pub(super) fn failed(error: kube::Error) -> Error {
    let (kind, is_transient) = match &error {
        kube::Error::Auth(_) => (ErrorKind::Unauthorized, true),
        kube::Error::HyperError(_) | kube::Error::Service(_) => (ErrorKind::Unavailable, true),
        _ => (ErrorKind::Unexpected, false),
    };
    let message = format!("the API server gave no answer: {}", chain(&error));
    let made = if is_transient {
        Error::transient(kind, message)
    } else {
        Error::permanent(kind, message)
    };
    made.caused_by(error)
}

/// Makes an error of a process that finds no cluster to talk to.
pub(super) fn no_cluster(error: impl std::error::Error + Send + Sync + 'static) -> Error {
    let message = format!(
        "there is no cluster to talk to: {}; run in a pod, or set KUBECONFIG",
        chain(&error)
    );
    Error::transient(ErrorKind::Unavailable, message).caused_by(error)
}

/// Writes an error with what caused it, since the outermost often says nothing.
fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(next) = cause {
        let next_text = next.to_string();
        if !text.contains(&next_text) {
            text.push_str(": ");
            text.push_str(&next_text);
        }
        cause = next.source();
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use argo_events_core::Retry;

    fn of(code: u16, reason: &str) -> Error {
        let body = format!(r#"{{"kind":"Status","message":"m","reason":"{reason}"}}"#);
        let code = StatusCode::from_u16(code).unwrap();
        refused(code, &HeaderMap::new(), body.as_bytes())
    }

    #[test]
    fn every_status_is_sorted() {
        for (code, reason, kind, is_transient) in [
            (400, "BadRequest", ErrorKind::Rejected, false),
            (401, "Unauthorized", ErrorKind::Unauthorized, false),
            (403, "Forbidden", ErrorKind::Unauthorized, false),
            (404, "NotFound", ErrorKind::NotFound, false),
            (405, "MethodNotAllowed", ErrorKind::Rejected, false),
            (409, "AlreadyExists", ErrorKind::Conflict, false),
            (409, "Conflict", ErrorKind::Conflict, true),
            (410, "Expired", ErrorKind::NotFound, true),
            (413, "RequestEntityTooLarge", ErrorKind::TooLarge, false),
            (422, "Invalid", ErrorKind::Rejected, false),
            (429, "TooManyRequests", ErrorKind::RateLimited, true),
            (500, "InternalError", ErrorKind::Unavailable, true),
            (500, "ServerTimeout", ErrorKind::Timeout, true),
            (503, "ServiceUnavailable", ErrorKind::Unavailable, true),
            (504, "Timeout", ErrorKind::Timeout, true),
        ] {
            let error = of(code, reason);
            let found = (error.kind(), error.is_transient());
            assert_eq!(found, (kind, is_transient), "{code} {reason}");
            assert_eq!(error.context("reason"), Some(reason));
        }
    }

    #[test]
    fn the_pause_that_is_asked_for_is_kept() {
        let body = br#"{"details":{"retryAfterSeconds":7}}"#;
        let error = refused(StatusCode::TOO_MANY_REQUESTS, &HeaderMap::new(), body);
        assert_eq!(error.retry(), Retry::After(Duration::from_secs(7)));
        let mut headers = HeaderMap::new();
        headers.insert(RETRY_AFTER, http::HeaderValue::from_static("3"));
        let error = refused(StatusCode::SERVICE_UNAVAILABLE, &headers, body);
        assert_eq!(error.retry(), Retry::After(Duration::from_secs(3)));
    }
}

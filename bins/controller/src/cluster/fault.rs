//! What an answer of the API server means: whether to ask again, and when.

use argo_events::{Error, core::ErrorKind};
use kube::{client::Body, core::Status};
use std::time::Duration;

/// Context of an error: the API server's word for why it refuses, such as `AlreadyExists`.
const REASON: &str = "reason";

/// Longest wait that the API server can ask for.
const LONGEST_WAIT: Duration = Duration::from_secs(300);

/// What is known of an answer beside its body.
pub(super) struct Head {
    code: u16,
    /// Seconds of the header `Retry-After`.
    wait: Option<u64>,
}

impl Head {
    /// Takes what matters of an answer.
    pub(super) fn of(answer: &http::Response<Body>) -> Self {
        let wait = answer.headers().get(http::header::RETRY_AFTER);
        Self {
            code: answer.status().as_u16(),
            wait: wait.and_then(|text| text.to_str().ok()?.parse().ok()),
        }
    }

    /// Tells whether the call worked.
    pub(super) fn is_success(&self) -> bool {
        (200..300).contains(&self.code)
    }

    /// Makes the error that an answer is.
    pub(super) fn refusal(&self, body: &[u8]) -> Error {
        let status = serde_json::from_slice::<Status>(body).unwrap_or_else(|_| {
            let text: String = String::from_utf8_lossy(body).chars().take(300).collect();
            Status::failure(text.trim(), "")
        });
        let asked = status
            .details
            .as_ref()
            .map(|it| u64::from(it.retry_after_seconds));
        let wait = asked.filter(|seconds| *seconds > 0).or(self.wait);
        refusal(self.code, &status, wait)
    }
}

fn refusal(code: u16, status: &Status, wait: Option<u64>) -> Error {
    let message = if status.message.is_empty() {
        format!("the Kubernetes API answered {code}")
    } else {
        status.message.clone()
    };
    let error = match code {
        401 => Error::transient(ErrorKind::Unauthorized, message),
        // Roles are often written after the objects that need them.
        403 => Error::transient(ErrorKind::Unauthorized, message),
        404 => Error::permanent(ErrorKind::NotFound, message),
        409 => Error::transient(ErrorKind::Conflict, message),
        410 => Error::permanent(ErrorKind::NotFound, message),
        429 => Error::transient(ErrorKind::RateLimited, message),
        400..=499 => Error::permanent(ErrorKind::Rejected, message),
        504 => Error::transient(ErrorKind::Timeout, message),
        _ => Error::transient(ErrorKind::Unavailable, message),
    };
    let reason = if status.reason.is_empty() && code == 410 {
        "Expired"
    } else {
        &status.reason
    };
    let error = error.with("code", code).with(REASON, reason);
    match wait {
        Some(seconds) if error.is_transient() => {
            error.retry_after(Duration::from_secs(seconds).min(LONGEST_WAIT))
        }
        _ => error,
    }
}

/// Makes the error of a watch that the server ended with a status.
pub(super) fn of_status(status: &Status) -> Error {
    let asked = status
        .details
        .as_ref()
        .map(|it| u64::from(it.retry_after_seconds));
    refusal(status.code, status, asked.filter(|seconds| *seconds > 0))
}

/// Makes the error of a call that brought no answer.
pub(super) fn unreachable(error: kube::Error) -> Error {
    let message = format!("the Kubernetes API cannot be reached: {}", root(&error));
    Error::transient(ErrorKind::Unavailable, message).caused_by(error)
}

/// Returns what is behind an error: what is before it says only that there is something.
fn root(error: &(dyn std::error::Error + 'static)) -> String {
    /// Causes that go round are left somewhere.
    const DEEPEST: usize = 16;
    let causes = std::iter::successors(Some(error), |error| error.source());
    causes
        .take(DEEPEST)
        .last()
        .map(ToString::to_string)
        .unwrap_or_default()
}

/// Makes the error of a call whose answer did not come in time.
pub(super) fn late(patience: Duration) -> Error {
    let message = format!("the Kubernetes API did not answer within {patience:?}");
    Error::transient(ErrorKind::Timeout, message)
}

/// Makes the error of an answer that is no JSON of the form expected.
pub(super) fn garbled(error: serde_json::Error) -> Error {
    let message = "the Kubernetes API answered what cannot be read";
    Error::transient(ErrorKind::PayloadInvalid, message).caused_by(error)
}

fn has_reason(error: &Error, reason: &str) -> bool {
    error.context(REASON) == Some(reason)
}

/// Tells whether an object of that name is there already.
pub(crate) fn is_there_already(error: &Error) -> bool {
    has_reason(error, "AlreadyExists")
}

/// Tells whether what was read has changed since.
pub(crate) fn is_conflict(error: &Error) -> bool {
    error.kind() == ErrorKind::Conflict && !is_there_already(error)
}

/// Tells whether the object is gone.
pub(crate) fn is_gone(error: &Error) -> bool {
    error.kind() == ErrorKind::NotFound && !is_expired(error)
}

/// Tells whether the server no longer knows the version that a watch or list began from.
pub(super) fn is_expired(error: &Error) -> bool {
    error.context("code") == Some("410")
}

#[cfg(test)]
mod tests {
    use super::*;
    use argo_events::core::Retry;

    fn error(code: u16, wait: Option<u64>, body: &str) -> Error {
        Head { code, wait }.refusal(body.as_bytes())
    }

    #[test]
    fn an_answer_says_whether_and_when_to_ask_again() {
        let body = r#"{"kind":"Status","reason":"TooManyRequests","code":429,"message":"slow","details":{"retryAfterSeconds":3}}"#;
        let busy = error(429, Some(9), body);
        assert_eq!(busy.retry(), Retry::After(Duration::from_secs(3)));
        let plain = error(429, Some(2), "Too many requests, please try again later.\n");
        assert_eq!(plain.retry(), Retry::After(Duration::from_secs(2)));
        assert!(plain.message().starts_with("Too many"), "{plain}");
        assert_eq!(error(500, None, "").retry(), Retry::Backoff);
        assert_eq!(error(422, Some(1), "").retry(), Retry::Never);
        let endless = error(503, Some(u64::MAX), "");
        assert_eq!(endless.retry(), Retry::After(LONGEST_WAIT));
    }

    #[test]
    fn a_name_that_is_taken_is_no_conflict_of_versions() {
        let body = |reason| format!(r#"{{"kind":"Status","reason":"{reason}","code":409}}"#);
        assert!(is_there_already(&error(409, None, &body("AlreadyExists"))));
        assert!(!is_conflict(&error(409, None, &body("AlreadyExists"))));
        assert!(is_conflict(&error(409, None, &body("Conflict"))));
        assert!(is_expired(&error(410, None, "")) && !is_gone(&error(410, None, "")));
    }
}

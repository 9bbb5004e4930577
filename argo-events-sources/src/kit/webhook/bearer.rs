//! Asks callers for a bearer token.

use crate::http::text;
use argo_events_core::{SourceContext, http_host::Response, secret::KeySelector};
use http::{StatusCode, header::AUTHORIZATION, request::Parts};
use tracing::warn;

/// Refuses a request whose token is not the secret, which is read each time, so that it can change.
///
/// An empty secret lets nobody through.
pub(super) async fn refusal(
    secret: &KeySelector,
    head: &Parts,
    context: &SourceContext,
) -> Option<Response> {
    let secret = match context.secrets().secret(secret).await {
        Ok(secret) => secret,
        Err(error) => {
            warn!(%error, event = context.event(), "could not load the token that callers must present");
            return Some(text(
                StatusCode::INTERNAL_SERVER_ERROR,
                "Error loading auth token",
            ));
        }
    };
    let header = head
        .headers
        .get(AUTHORIZATION)
        .map(|value| value.as_bytes());
    let Some(token) = header.and_then(|value| value.strip_prefix(b"Bearer ")) else {
        return Some(text(
            StatusCode::UNAUTHORIZED,
            "Invalid Authorization Header",
        ));
    };
    let right = !secret.expose().is_empty() && secret.matches(token);
    (!right).then(|| text(StatusCode::UNAUTHORIZED, "Invalid Auth token"))
}

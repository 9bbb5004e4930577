//! Asks callers for a bearer token.

use crate::http::text;
use argo_events_core::{SourceContext, http_host::Response, secret::KeySelector};
use http::{StatusCode, header::AUTHORIZATION, request::Parts};
use tracing::warn;

/// Lets a request through whose token is the secret; the secret is read each time, so that it can change.
///
/// An empty secret lets nobody through.
pub(super) async fn check(
    secret: &KeySelector,
    head: &Parts,
    context: &SourceContext,
) -> Result<(), Response> {
    let secret = context.secrets().secret(secret).await.map_err(|error| {
        warn!(%error, event = context.event(), "could not load the token that callers must present");
        text(StatusCode::INTERNAL_SERVER_ERROR, "Error loading auth token")
    })?;
    let header = head
        .headers
        .get(AUTHORIZATION)
        .map(|value| value.as_bytes());
    let token = header.and_then(|value| value.strip_prefix(b"Bearer "));
    let Some(token) = token else {
        return Err(text(
            StatusCode::UNAUTHORIZED,
            "Invalid Authorization Header",
        ));
    };
    if secret.expose().is_empty() || !secret.matches(token) {
        return Err(text(StatusCode::UNAUTHORIZED, "Invalid Auth token"));
    }
    Ok(())
}

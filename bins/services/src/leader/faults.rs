//! What the API server's refusals mean for an election.

use argo_events::{Error, core::ErrorKind};
use kube::core::Status;
use std::time::Duration;

/// Says what a failed call on a lease means.
pub(super) fn fault(error: kube::Error, operation: &'static str, lease: &str) -> Error {
    let fault = match &error {
        kube::Error::Api(status) => refusal(status),
        _ => Error::transient(
            ErrorKind::Unavailable,
            "the Kubernetes API cannot be reached",
        ),
    };
    fault
        .during(operation)
        .with("lease", lease)
        .caused_by(error)
}

fn refusal(status: &Status) -> Error {
    match status.code {
        401 => Error::transient(
            ErrorKind::Unauthorized,
            "the Kubernetes API does not know the service account's token",
        ),
        403 => Error::permanent(
            ErrorKind::Unauthorized,
            "the service account may not use leases: allow it get, create and update on \
             leases.coordination.k8s.io in its namespace",
        ),
        // Gone between reading and writing is a change like any other.
        404 | 409 => Error::permanent(ErrorKind::Conflict, "the lease was changed meanwhile"),
        429 => busy(status),
        400..=499 => Error::permanent(
            ErrorKind::Rejected,
            format!("the Kubernetes API refuses the lease: {}", status.message),
        ),
        _ => Error::transient(
            ErrorKind::Unavailable,
            format!("the Kubernetes API failed with status {}", status.code),
        ),
    }
}

fn busy(status: &Status) -> Error {
    let busy = Error::transient(
        ErrorKind::RateLimited,
        "the Kubernetes API asks for patience",
    );
    let asked = status
        .details
        .as_ref()
        .map_or(0, |it| it.retry_after_seconds);
    if asked == 0 {
        return busy;
    }
    busy.retry_after(Duration::from_secs(asked.into()))
}

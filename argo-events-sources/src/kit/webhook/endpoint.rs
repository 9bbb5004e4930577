//! Answers the requests of one event.

use super::{Receiver, Refusal, bearer};
use crate::http::text;
use argo_events_core::{
    Draft, Error, Retry, SourceContext,
    http_host::{Admission, BodyFault, Handler, Request, Response},
};
use async_trait::async_trait;
use http::{
    HeaderMap, HeaderName, HeaderValue, StatusCode,
    header::{self, AUTHORIZATION},
    request::Parts,
};
use std::sync::Arc;
use tokio_util::task::TaskTracker;
use tracing::error;

/// What stands in events where a caller's credentials stood.
pub const MASKED: &str = "*** Masked Auth Secret ***";
/// What a caller gets whose event the bus did not take.
pub const FAILED: &str = "failed to record event";

/// After how many seconds such a caller is asked to come again.
const RETRY_AFTER: u64 = 5;

/// The headers in which a trace comes; they travel on with the event.
static TRACE_HEADERS: [HeaderName; 2] = [
    HeaderName::from_static("traceparent"),
    HeaderName::from_static("tracestate"),
];
/// The most bytes of such a header that travel on.
const TRACE_BYTES: usize = 512;

pub(super) struct Endpoint<R> {
    receiver: Arc<R>,
    context: SourceContext,
    requests: TaskTracker,
}

impl<R: Receiver> Endpoint<R> {
    pub(super) fn new(receiver: Arc<R>, context: SourceContext, requests: TaskTracker) -> Self {
        Self {
            receiver,
            context,
            requests,
        }
    }

    async fn publish(&self, drafts: Vec<Draft>, trace: Trace) -> Response {
        for mut draft in drafts {
            trace.add_to(&mut draft);
            if let Err(error) = self.context.emit_briefly(draft).await {
                error!(%error, event = self.context.event(), "refused a request, the bus did not take its event");
                return failed(&error);
            }
        }
        text(StatusCode::OK, "success")
    }

    fn refuse(&self, refusal: Refusal) -> Response {
        let refused = refusal.into_inner();
        if let Some(reason) = refused.reason {
            self.context.skip(&reason);
        }
        refused.response
    }
}

#[async_trait]
impl<R: Receiver> Handler for Endpoint<R> {
    async fn admit(&self, head: &Parts) -> Admission {
        if let Some(secret) = &self.receiver.context().auth_secret
            && let Some(response) = bearer::refusal(secret, head, &self.context).await
        {
            return Admission::Answer(response);
        }
        self.receiver.admit(head)
    }

    async fn handle(&self, mut request: Request) -> Response {
        let _under_way = self.requests.token();
        mask(request.headers_mut());
        let trace = Trace::of(request.headers());
        match self.receiver.receive(request, &self.context).await {
            Ok(drafts) => self.publish(drafts, trace).await,
            Err(refusal) => self.refuse(refusal),
        }
    }

    fn unreadable(&self, head: &Parts, fault: BodyFault) -> Response {
        self.refuse(self.receiver.unreadable(head, fault))
    }
}

/// Says that an event was not stored: to come again later, where that is of use.
fn failed(error: &Error) -> Response {
    let after = match error.retry() {
        Retry::Never => return text(StatusCode::INTERNAL_SERVER_ERROR, FAILED),
        Retry::Backoff => RETRY_AFTER,
        Retry::After(asked) => asked.as_secs().max(RETRY_AFTER),
    };
    let mut response = text(StatusCode::SERVICE_UNAVAILABLE, FAILED);
    response
        .headers_mut()
        .insert(header::RETRY_AFTER, after.into());
    response
}

/// Hides credentials, also those that nobody asked for.
fn mask(headers: &mut HeaderMap) {
    if headers
        .get(AUTHORIZATION)
        .is_some_and(|value| !value.is_empty())
    {
        headers.insert(AUTHORIZATION, HeaderValue::from_static(MASKED));
    }
}

/// The trace that a caller is part of.
struct Trace([Option<String>; 2]);

impl Trace {
    fn of(headers: &HeaderMap) -> Self {
        Self(TRACE_HEADERS.each_ref().map(|name| {
            let value = headers.get(name)?.to_str().ok()?;
            (!value.is_empty() && value.len() <= TRACE_BYTES).then(|| value.to_owned())
        }))
    }

    fn add_to(&self, draft: &mut Draft) {
        for (name, value) in TRACE_HEADERS.iter().zip(&self.0) {
            if let Some(value) = value {
                draft
                    .extensions
                    .entry(name.as_str().to_owned())
                    .or_insert_with(|| value.clone());
            }
        }
    }
}

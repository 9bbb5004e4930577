//! What a kind of webhook implements, and the source that is made of it.

use super::{WebhookContext, certificate, endpoint::Endpoint};
use argo_events_core::{
    Draft, Error, ErrorKind, EventSource, Result, SourceContext,
    http_host::{Admission, BodyFault, Request, Response, Route},
};
use async_trait::async_trait;
use http::{Method, request::Parts};
use std::sync::Arc;
use tokio_util::task::TaskTracker;

/// What a kind of webhook does with requests.
#[async_trait]
pub trait Receiver: Send + Sync + 'static {
    /// Returns the kind as manifests name it.
    fn kind(&self) -> &'static str;

    /// Returns where to listen, and whom to let in.
    fn context(&self) -> &WebhookContext;

    /// Looks at the head of a request whose bearer token was right, before the body is read.
    fn admit(&self, _head: &Parts) -> Admission {
        Admission::Read
    }

    /// Checks a request and reads what shall be published: nothing, one draft, or more.
    ///
    /// # Errors
    /// What the caller gets instead of `success`.
    async fn receive(
        &self,
        request: Request,
        context: &SourceContext,
    ) -> Result<Vec<Draft>, Refusal>;

    /// Says what the caller gets whose body could not be read.
    fn unreadable(&self, head: &Parts, fault: BodyFault) -> Refusal;

    /// Tells the provider where to send events; the route is served already.
    ///
    /// # Errors
    /// The source is started again after a pause; the route ends until then.
    async fn register(&self, _context: &SourceContext) -> Result<()> {
        Ok(())
    }

    /// Takes back what [`Self::register`] did.
    ///
    /// # Errors
    /// Reported, and otherwise of no consequence.
    async fn unregister(&self, _context: &SourceContext) -> Result<()> {
        Ok(())
    }
}

/// An answer to a request that is not published.
#[derive(Debug)]
#[must_use]
pub struct Refusal(Box<Refused>);

#[derive(Debug)]
pub(super) struct Refused {
    pub(super) response: Response,
    /// Why this can never become an event, where it counts as such.
    pub(super) reason: Option<String>,
}

impl Refusal {
    /// Answers, and counts the request as one that can never become an event.
    pub fn counted(response: Response, reason: impl Into<String>) -> Self {
        Self(Box::new(Refused {
            response,
            reason: Some(reason.into()),
        }))
    }

    /// Answers without counting.
    pub fn silent(response: Response) -> Self {
        Self(Box::new(Refused {
            response,
            reason: None,
        }))
    }

    pub(super) fn into_inner(self) -> Refused {
        *self.0
    }
}

/// A source made of a [`Receiver`].
#[derive(Debug)]
pub struct Webhook<R>(Arc<R>);

impl<R: Receiver> Webhook<R> {
    /// Makes a source.
    pub fn new(receiver: R) -> Self {
        Self(Arc::new(receiver))
    }

    async fn route(&self, context: &SourceContext, requests: &TaskTracker) -> Result<Route> {
        let settings = self.0.context();
        let owner = format!("{}/{}", self.0.kind(), context.event());
        let endpoint = Endpoint::new(Arc::clone(&self.0), context.clone(), requests.clone());
        let (port, path) = (settings.port.as_str(), settings.endpoint.as_str());
        let mut route = Route::new(owner, port, path, method(settings), Arc::new(endpoint));
        route.max_body_bytes = settings.max_body_bytes();
        route.tls = certificate::read(settings, context).await?;
        Ok(route)
    }
}

/// Returns the method to register; one that no request can have becomes `POST`.
fn method(settings: &WebhookContext) -> Method {
    Method::from_bytes(settings.method.as_bytes()).unwrap_or(Method::POST)
}

#[async_trait]
impl<R: Receiver> EventSource for Webhook<R> {
    fn kind(&self) -> &'static str {
        self.0.kind()
    }

    async fn run(&self, context: SourceContext) -> Result<()> {
        let host = context.host().ok_or_else(|| {
            let message = "there is no HTTP host in this runtime; give it one, such as WebServer";
            Error::permanent(ErrorKind::Unsupported, message)
        })?;
        let requests = TaskTracker::new();
        let route = self.route(&context, &requests).await?;
        let shown = route.tls.clone();
        let guard = host.serve(route).await?;
        self.0.register(&context).await?;
        context.ready();
        tokio::select! {
            () = context.stopped() => {}
            () = certificate::keep_fresh(shown, self.0.context(), &context, &**host) => {}
        }
        drop(guard);
        requests.close();
        requests.wait().await;
        self.0.unregister(&context).await
    }
}

//! The other end: a gRPC service that sources of this kind, ours or the reference's, listen to.

use super::{Event, EventSource, message::METHOD};
use async_trait::async_trait;
use futures::future::BoxFuture;
use futures::stream::BoxStream;
use std::{
    convert::Infallible,
    sync::Arc,
    task::{Context, Poll},
};
use tonic::{
    Request, Response, Status,
    body::Body,
    server::{Grpc, NamedService, ServerStreamingService},
};
use tonic_prost::ProstCodec;

/// What is streamed to one caller.
pub type Events = BoxStream<'static, Result<Event, Status>>;

/// Has events for callers.
#[async_trait]
pub trait Eventing: Send + Sync + 'static {
    /// Streams events for as long as the caller listens.
    ///
    /// # Errors
    /// What the caller gets instead; it comes again after a pause.
    async fn start_event_source(&self, request: Request<EventSource>) -> Result<Events, Status>;
}

/// Serves an [`Eventing`] over gRPC.
///
/// ```no_run
/// # use argo_events_sources::generic::{Event, EventSource, Eventing, EventingServer, Events};
/// struct Hello;
///
/// #[async_trait::async_trait]
/// impl Eventing for Hello {
///     async fn start_event_source(
///         &self,
///         _: tonic::Request<EventSource>,
///     ) -> Result<Events, tonic::Status> {
///         let event = Event { payload: "hello".into(), ..Event::default() };
///         Ok(Box::pin(futures::stream::iter([Ok(event)])))
///     }
/// }
///
/// # async fn example() -> Result<(), tonic::transport::Error> {
/// tonic::transport::Server::builder()
///     .add_service(EventingServer::new(Hello))
///     .serve("[::1]:8080".parse().expect("an address"))
///     .await
/// # }
/// ```
#[derive(Debug)]
pub struct EventingServer<T>(Arc<T>);

impl<T: Eventing> EventingServer<T> {
    /// Makes a service.
    pub fn new(eventing: T) -> Self {
        Self(Arc::new(eventing))
    }
}

impl<T> Clone for EventingServer<T> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<T> NamedService for EventingServer<T> {
    const NAME: &'static str = "generic.Eventing";
}

impl<T: Eventing> tower_service::Service<http::Request<Body>> for EventingServer<T> {
    type Response = http::Response<Body>;
    type Error = Infallible;
    type Future = BoxFuture<'static, Result<Self::Response, Infallible>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: http::Request<Body>) -> Self::Future {
        let method = Method(Arc::clone(&self.0));
        Box::pin(async move {
            if request.uri().path() != METHOD {
                return Ok(Status::unimplemented("there is no such method").into_http());
            }
            let mut grpc = Grpc::new(ProstCodec::<Event, EventSource>::default());
            Ok(grpc.server_streaming(method, request).await)
        })
    }
}

struct Method<T>(Arc<T>);

impl<T: Eventing> ServerStreamingService<EventSource> for Method<T> {
    type Response = Event;
    type ResponseStream = Events;
    type Future = BoxFuture<'static, Result<Response<Events>, Status>>;

    fn call(&mut self, request: Request<EventSource>) -> Self::Future {
        let eventing = Arc::clone(&self.0);
        Box::pin(async move {
            eventing
                .start_event_source(request)
                .await
                .map(Response::new)
        })
    }
}

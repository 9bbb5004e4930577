//! The same routes without a socket: in the router of the service that embeds the engine.

use super::{Builder, Hold, answer::answer, table::Table};
use argo_events_core::{
    Result,
    http_host::{HttpHost, Route, RouteGuard},
};
use async_trait::async_trait;
use axum::{Router, body::Body, extract::Request, response::Response};
use std::time::Duration;

/// Serves routes inside an axum router. Clones share the routes.
///
/// Ports and certificates of manifests mean nothing here. Requests that no other route of the service
/// answers come to us; those that we do not know either get 404.
///
/// ```
/// use argo_events_sources::http::MountedRoutes;
/// use axum::{Router, routing::get};
///
/// let routes = MountedRoutes::default();
/// let app: Router = Router::new().route("/", get(|| async { "mine" })).merge(routes.router());
/// // … hand `routes` to the runtime as its `HttpHost`, and serve `app` …
/// ```
#[derive(Clone, Debug)]
pub struct MountedRoutes {
    table: Table,
    body_timeout: Duration,
}

impl MountedRoutes {
    /// Sets how long a client may take for a request's body.
    #[must_use]
    pub fn body_timeout(mut self, timeout: Duration) -> Self {
        self.body_timeout = timeout;
        self
    }

    /// Returns a router to merge into that of the service; routes may come and go later.
    ///
    /// It is a fallback only. A service with a fallback of its own nests it under a path instead:
    /// `app.nest_service("/hooks", routes.router())`.
    pub fn router<S: Clone + Send + Sync + 'static>(&self) -> Router<S> {
        let routes = self.clone();
        Router::new().fallback(move |request: Request| {
            let routes = routes.clone();
            async move { routes.answer(request).await }
        })
    }

    /// Lets requests that nobody answers wait until the guard is dropped, while routes are replaced.
    pub fn hold(&self) -> Hold {
        self.table.changing().begin(|| {})
    }

    /// Answers one request; for services that route by themselves.
    pub async fn answer(&self, request: Request) -> Response {
        let (head, body) = request.into_parts();
        answer(&self.table, head, body, self.body_timeout)
            .await
            .map(Body::from)
    }
}

impl Default for MountedRoutes {
    fn default() -> Self {
        Self {
            table: Table::default(),
            body_timeout: Builder::BODY_TIMEOUT,
        }
    }
}

#[async_trait]
impl HttpHost for MountedRoutes {
    async fn serve(&self, route: Route) -> Result<RouteGuard> {
        let number = self.table.add(route)?;
        let table = self.table.clone();
        Ok(RouteGuard::new(move || table.remove(number)))
    }
}

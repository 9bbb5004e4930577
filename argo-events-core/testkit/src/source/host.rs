//! An HTTP host without a socket.

use argo_events_core::{
    Error, ErrorKind, Result,
    http_host::{Admission, BodyFault, HttpHost, Request, Response, Route, RouteGuard},
};
use async_trait::async_trait;
use bytes::Bytes;
use std::{
    collections::BTreeMap,
    fmt,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

/// Serves routes to calls from within the test, on paused time or not. Clones are the same host.
///
/// It asks the handler as a web server would: head first, body limit, body. It knows no ports, no
/// methods and no TLS.
#[derive(Clone, Default)]
pub struct TestHost(Arc<Mutex<State>>);

#[derive(Default)]
struct State {
    routes: BTreeMap<String, Route>,
    fails: bool,
}

impl TestHost {
    /// Refuses routes from now on, as when a port is in use; or accepts them again.
    pub fn fail(&self, fails: bool) {
        self.state().fails = fails;
    }

    /// Returns the paths that are served.
    pub fn paths(&self) -> Vec<String> {
        self.state().routes.keys().cloned().collect()
    }

    /// Calls the route at the path of a request; 404 if there is none.
    pub async fn call(&self, request: Request) -> Response {
        let found = self.state().routes.get(request.uri().path()).cloned();
        let Some(route) = found else {
            return status(http::StatusCode::NOT_FOUND);
        };
        let (head, body) = request.into_parts();
        match route.handler.admit(&head).await {
            Admission::Answer(response) => response,
            Admission::Skip => {
                route
                    .handler
                    .handle(Request::from_parts(head, Bytes::new()))
                    .await
            }
            Admission::Read if body.len() > route.max_body_bytes => {
                route.handler.unreadable(&head, BodyFault::TooLarge)
            }
            Admission::Read => route.handler.handle(Request::from_parts(head, body)).await,
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn status(status: http::StatusCode) -> Response {
    let mut response = Response::new(Bytes::new());
    *response.status_mut() = status;
    response
}

#[async_trait]
impl HttpHost for TestHost {
    async fn serve(&self, route: Route) -> Result<RouteGuard> {
        let mut state = self.state();
        if state.fails {
            let error = Error::transient(ErrorKind::Unavailable, "the port is in use, for a test");
            return Err(error.with("port", &route.port));
        }
        let path = route.endpoint.clone();
        if state.routes.contains_key(&path) {
            let error = Error::permanent(ErrorKind::Conflict, "the path is served already");
            return Err(error.with("path", path));
        }
        state.routes.insert(path.clone(), route);
        let host = self.clone();
        Ok(RouteGuard::new(move || {
            host.state().routes.remove(&path);
        }))
    }
}

impl fmt::Debug for TestHost {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("TestHost")
            .field("paths", &self.paths())
            .finish_non_exhaustive()
    }
}

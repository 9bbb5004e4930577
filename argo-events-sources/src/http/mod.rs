//! Serves the routes of sources: [`WebServer`] binds ports, [`MountedRoutes`] lives in somebody's router.
//!
//! Both answer alike: `/health` says `OK`, an unknown path is 404, an unclean one is redirected, and a
//! route's handler sees the head of a request before the body is read within the route's limit.
//! What a request means is the handler's business; see [`kit::webhook`](crate::kit::webhook).

#[cfg(feature = "http")]
mod answer;
#[cfg(feature = "http")]
mod bell;
#[cfg(feature = "http")]
mod body;
#[cfg(feature = "http")]
mod changing;
#[cfg(feature = "http")]
mod connection;
#[cfg(feature = "http")]
mod linger;
#[cfg(feature = "http")]
mod listener;
#[cfg(feature = "http")]
mod mounted;
#[cfg(feature = "http")]
mod patience;
mod pattern;
mod port;
#[cfg(feature = "http")]
mod server;
#[cfg(feature = "http")]
mod table;
#[cfg(feature = "http")]
mod target;
#[cfg(feature = "http")]
mod tls;

#[cfg(feature = "http")]
pub use changing::Hold;
#[cfg(feature = "http")]
pub use mounted::MountedRoutes;
pub use pattern::{Pattern, PatternError};
pub use port::Port;
#[cfg(feature = "http")]
pub use server::{Builder, Listening, WebServer};

use argo_events_core::http_host::Response;
use bytes::Bytes;
use http::{HeaderValue, StatusCode, header};

/// Makes an answer of plain text, as the reference writes it.
pub fn text(status: StatusCode, text: impl Into<Bytes>) -> Response {
    const PLAIN: HeaderValue = HeaderValue::from_static("text/plain; charset=utf-8");
    let mut response = Response::new(text.into());
    *response.status_mut() = status;
    response.headers_mut().insert(header::CONTENT_TYPE, PLAIN);
    response
}

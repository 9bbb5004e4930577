//! Sources and their runtime, through their public interface.

#![expect(
    clippy::unwrap_used,
    reason = "a helper that cannot go on fails its test"
)]

mod bus;
mod calendar;
mod client;
mod descriptors;
mod file;
mod generic;
mod http;
#[cfg(feature = "resource")]
mod resource;
mod runtime;
mod tls;
mod webhook;

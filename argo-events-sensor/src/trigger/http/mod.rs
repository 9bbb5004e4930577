//! Sends an HTTP request for each firing.
//!
//! What goes out is what the reference sends, byte for byte, with two headers more: the id of the
//! firing as `Idempotency-Key`, and the event's `traceparent`. Any answer is a success; what counts
//! as failure beyond that is the status policy's business.

#[cfg(feature = "http")]
pub(crate) mod client;
mod config;
#[cfg(feature = "http")]
mod plan;
#[cfg(test)]
mod tests;
#[cfg(feature = "http")]
mod trigger;

pub use config::{BasicAuth, HttpConfig, SecureHeader, TlsConfig};
#[cfg(feature = "http")]
pub use trigger::HttpTrigger;

//! Source `webhook`: publishes what is posted to it, or the query of what is got from it.
//!
//! Content other than JSON and plain forms is refused, as in the reference.
//! The route, the token and the answers are the business of [`kit::webhook`](crate::kit::webhook).

mod config;
#[cfg(feature = "webhook")]
mod form;
pub mod payload;
#[cfg(feature = "webhook")]
mod source;

pub use config::WebhookConfig;

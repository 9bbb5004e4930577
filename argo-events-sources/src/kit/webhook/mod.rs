//! The shape of sources that are called over HTTP: check the caller, read drafts, answer.
//!
//! A kind implements [`Receiver`]; [`Webhook`] makes a source of it. It brings what all of them share:
//! the route, the bearer token, the body limit, registration with the provider, the answers.

#[cfg(feature = "http")]
mod bearer;
#[cfg(feature = "http")]
mod certificate;
mod context;
#[cfg(feature = "http")]
mod endpoint;
#[cfg(feature = "http")]
mod shape;

pub use context::WebhookContext;
#[cfg(feature = "http")]
pub use endpoint::{FAILED, MASKED};
#[cfg(feature = "http")]
pub use shape::{Receiver, Refusal, Webhook};

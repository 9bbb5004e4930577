//! Event sources of argo-events, and the runtime around them.
//!
//! One kind is one folder: `config` is what manifests say, `source` the protocol, `payload` the bytes of
//! its events. A kind brings its protocol only; [`runtime`] owns the loop around it, [`kit`] what
//! several kinds share, [`http`](mod@http) the ports. Read `webhook` first, then `calendar`.
//!
//! Configurations always compile, so that manifests can be validated; clients are cargo features.

pub mod calendar;
pub mod file;
pub mod generic;
pub mod http;
pub mod kinds;
pub mod kit;
pub mod resource;
pub mod runtime;
pub mod webhook;

use argo_events_core::{Registry, registry::SourceDescriptor};

macro_rules! descriptor {
    ($feature:literal, $config:ty) => {{
        #[cfg(feature = $feature)]
        let descriptor = SourceDescriptor::of::<$config>();
        #[cfg(not(feature = $feature))]
        let descriptor = SourceDescriptor::config_only::<$config>();
        descriptor
    }};
}

/// Describes every kind that this crate knows, sorted by kind.
pub fn descriptors() -> Vec<SourceDescriptor> {
    vec![
        descriptor!("calendar", calendar::CalendarConfig),
        descriptor!("file", file::FileConfig),
        descriptor!("generic", generic::GenericConfig),
        descriptor!("resource", resource::ResourceConfig),
        descriptor!("webhook", webhook::WebhookConfig),
    ]
}

/// Adds every kind of this crate to a registry.
pub fn register(registry: Registry) -> Registry {
    descriptors().into_iter().fold(registry, Registry::with)
}

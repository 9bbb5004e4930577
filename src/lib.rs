//! Event routing as a library: sources, a durable bus, dependency resolution and triggers, in the
//! manifests of Argo Events.
//!
//! [`Engine`] runs sources, a bus and sensors in one process. Everything it is made of can be
//! replaced: kinds through the [`Registry`], the bus, single sources and single triggers through the
//! [builder](engine::Builder). The crates below are re-exported, so that this is the only dependency to add.
//!
//! ```
//! use argo_events::{Draft, ChannelSource, Engine, Event, MemoryBus};
//! use std::{num::NonZeroUsize, sync::Arc, time::Duration};
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let (orders, source) = ChannelSource::new(NonZeroUsize::MIN);
//! let (seen, mut ids) = tokio::sync::mpsc::channel(1);
//! let engine = Engine::builder()
//!     .bus(MemoryBus::default())
//!     .source("shop/paid", source)
//!     .on("shop/paid", move |event: Arc<Event>| {
//!         let seen = seen.clone();
//!         async move { Ok(seen.send(event.id().to_owned()).await.expect("somebody listens")) }
//!     })
//!     .build()?;
//! let running = engine.start().await?;
//! orders.emit(Draft::json("{}").with_id("order-77")).await?;
//! assert_eq!(ids.recv().await.as_deref(), Some("order-77"));
//! running.drain(Duration::from_secs(1)).await?;
//! # Ok(())
//! # }
//! ```

pub mod engine;
pub mod manifest;

pub use argo_events_bus as bus;
pub use argo_events_core as core;
pub use argo_events_expr as expr;
pub use argo_events_sensor as sensor;
pub use argo_events_sources as sources;

#[cfg(feature = "local")]
pub use argo_events_bus::local::LocalBus;
#[cfg(feature = "memory")]
pub use argo_events_bus::memory::MemoryBus;
pub use argo_events_core::{
    Clock, Draft, Error, ErrorKind, Event, EventBus, EventSource, Executed, Firing, Registry,
    Rendered, Result, Secret, SourceContext, SystemClock, Timestamp, TokioClock, Trigger,
    TriggerContext, api,
};
pub use engine::{BuildError, ChannelSource, Emitter, Engine, Running};
pub use manifest::Manifests;

/// The kinds that this build contains.
pub trait BuiltinKinds {
    /// Returns every kind of source, trigger and bus of this build, and those it only knows.
    ///
    /// ```
    /// use argo_events::{BuiltinKinds as _, Registry};
    ///
    /// assert!(Registry::builtin().source("webhook").is_ok());
    /// ```
    fn builtin() -> Self;
}

impl BuiltinKinds for Registry {
    fn builtin() -> Self {
        let registry = argo_events_sources::register(Self::default());
        let triggers = argo_events_sensor::trigger::descriptors();
        let registry = triggers.into_iter().fold(registry, Self::with);
        argo_events_bus::descriptors()
            .into_iter()
            .fold(registry, Self::with)
    }
}

/// Compiles the programs of the README.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
mod readme {}

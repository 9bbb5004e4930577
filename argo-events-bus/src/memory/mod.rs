//! A bus that keeps everything in memory: the implementation to read first.
//!
//! Strict where it promises and small where it may be: events live as long as the process. What a
//! group does with its events is in `group/`, and is shared with the [`local`](crate::local) bus.

mod config;

#[cfg(feature = "memory")]
mod bus;
#[cfg(all(test, feature = "memory"))]
mod model;
#[cfg(feature = "memory")]
mod recent;
#[cfg(feature = "memory")]
mod store;

pub use config::MemoryConfig;

#[cfg(feature = "memory")]
pub use {bus::MemoryBus, store::MemoryStore};

use argo_events_core::registry::BusDescriptor;

/// Describes the kind `memory`.
pub fn descriptor() -> BusDescriptor {
    #[cfg(feature = "memory")]
    return BusDescriptor::of::<MemoryConfig>();
    #[cfg(not(feature = "memory"))]
    return BusDescriptor::config_only::<MemoryConfig>();
}

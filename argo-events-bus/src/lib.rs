//! Event buses: where events are kept between the moment they are accepted and their effect.
//!
//! [`memory`] is the implementation to read first, and the one for tests and for services that may
//! forget. [`local`] survives the process. The contract of both is
//! [`EventBus`](argo_events_core::EventBus); `tests/conformance` holds them to it.

mod size;

#[cfg(any(feature = "memory", feature = "local"))]
mod group;
#[cfg(any(feature = "memory", feature = "local"))]
mod key;
#[cfg(any(feature = "memory", feature = "local"))]
mod spread;
#[cfg(any(feature = "memory", feature = "local"))]
mod window;

pub mod local;
pub mod memory;
pub mod names;

pub use local::LocalConfig;
pub use memory::MemoryConfig;
pub use size::ByteSize;

#[cfg(feature = "local")]
pub use local::LocalBus;
#[cfg(feature = "memory")]
pub use memory::MemoryBus;

use argo_events_core::registry::BusDescriptor;

/// Lists the buses of this crate; those whose feature is off can still be validated.
pub fn descriptors() -> Vec<BusDescriptor> {
    vec![local::descriptor(), memory::descriptor()]
}

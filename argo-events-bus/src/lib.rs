//! Event buses: where events are kept between the moment they are accepted and their effect.
//!
//! [`memory`] is the implementation to read first, and the one for tests and for services that may
//! forget. [`local`] survives the process; [`jetstream`] and [`kafka`] are shared with others, and with
//! pods of the reference. The contract of all is [`EventBus`](argo_events_core::EventBus);
//! `tests/conformance` holds them to it.

mod size;

#[cfg(any(feature = "memory", feature = "local"))]
mod group;
#[cfg(any(feature = "memory", feature = "local", feature = "kafka"))]
mod key;
#[cfg(any(
    feature = "memory",
    feature = "local",
    feature = "jetstream",
    feature = "kafka"
))]
mod lock;
#[cfg(any(feature = "jetstream", feature = "kafka"))]
mod quiet;
#[cfg(any(feature = "memory", feature = "local", feature = "kafka"))]
mod spread;
#[cfg(any(feature = "jetstream", feature = "kafka"))]
mod until;
#[cfg(any(feature = "memory", feature = "local"))]
mod window;

pub mod jetstream;
pub mod kafka;
pub mod local;
pub mod memory;
pub mod names;

pub use jetstream::{JetStreamConfig, ManagedJetStreamConfig};
pub use kafka::KafkaConfig;
pub use local::LocalConfig;
pub use memory::MemoryConfig;
pub use size::ByteSize;

#[cfg(feature = "jetstream")]
pub use jetstream::JetStreamBus;
#[cfg(feature = "kafka")]
pub use kafka::KafkaBus;
#[cfg(feature = "local")]
pub use local::LocalBus;
#[cfg(feature = "memory")]
pub use memory::MemoryBus;

use argo_events_core::registry::BusDescriptor;

/// Lists the buses of this crate; those whose feature is off can still be validated.
pub fn descriptors() -> Vec<BusDescriptor> {
    vec![
        jetstream::descriptor(),
        jetstream::managed_descriptor(),
        kafka::descriptor(),
        local::descriptor(),
        memory::descriptor(),
    ]
}

//! Events on Kafka: one topic of events that may be shared with pods of the reference, one topic of state.
//!
//! Events go through `publisher` (where to is `placement`'s business). A subscription is a consumer of its
//! own: `intake` reads on a thread, `desk` says what is handed out, `lane` how far the group is in a partition,
//! `reader` is the sensor's end. `state` is a store with compare-and-set over a compacted topic. Why there
//! are no transactions, and what a crash leaves behind, is in `docs/adr/0006-kafka.md`. Topics of the
//! reference's sensors (`…-trigger`, `…-action`) are neither read nor written.

mod config;

#[cfg(feature = "kafka")]
mod bus;
#[cfg(feature = "kafka")]
mod desk;
#[cfg(feature = "kafka")]
mod failure;
#[cfg(feature = "kafka")]
mod group;
#[cfg(feature = "kafka")]
mod intake;
#[cfg(feature = "kafka")]
mod lane;
#[cfg(feature = "kafka")]
mod listener;
#[cfg(feature = "kafka")]
mod membership;
#[cfg(feature = "kafka")]
mod placement;
#[cfg(feature = "kafka")]
mod publisher;
#[cfg(feature = "kafka")]
mod reader;
#[cfg(feature = "kafka")]
mod settings;
#[cfg(feature = "kafka")]
mod settled;
#[cfg(feature = "kafka")]
mod state;
#[cfg(feature = "kafka")]
mod topic;
#[cfg(feature = "kafka")]
mod wanted;
#[cfg(feature = "kafka")]
mod watch;

pub use config::KafkaConfig;

#[cfg(feature = "kafka")]
pub use bus::KafkaBus;

#[cfg(feature = "kafka")]
use crate::lock::lock;
use argo_events_core::registry::BusDescriptor;

/// Describes the kind `kafka`.
pub fn descriptor() -> BusDescriptor {
    #[cfg(feature = "kafka")]
    return BusDescriptor::of::<KafkaConfig>();
    #[cfg(not(feature = "kafka"))]
    return BusDescriptor::config_only::<KafkaConfig>();
}

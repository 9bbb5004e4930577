//! The bus on NATS JetStream, interchangeable with the reference's: same stream, subjects, events.
//!
//! A publish waits in `publisher` for its acknowledgement. `consumer` and `stream` find or make
//! what they need, also when it vanished; `retire` lets go of what nobody needs. State lies in
//! `store`, `settle` answers without a round trip, and all share one `link`. A group is read in one
//! of two ways, for both of which `feed` keeps messages coming:
//!
//! | | loose: readers share a consumer | strict: one reader, in order |
//! |---|---|---|
//! | messages wait in | `queue`, as they come | `line`, by sequence, until they are settled |
//! | deliveries are made by | `reader` | `strict` |
//! | what comes again | is the server's business | is the line's |
//! | the consumer | durable, found again | made anew behind what was handled (`consumer/strict`) |
//! | who reads | whoever asks | whom the record in `group` names |
//!
//! Positions are sequences of the stream; their partition says which stream, so that one that was
//! lost and made anew begins a partition of its own. The controller's side of a cluster is not
//! here.

mod config;
mod settings;

#[cfg(feature = "jetstream")]
mod api;
#[cfg(feature = "jetstream")]
mod bucket;
#[cfg(feature = "jetstream")]
mod bus;
#[cfg(feature = "jetstream")]
mod connect;
#[cfg(feature = "jetstream")]
mod consumer;
#[cfg(feature = "jetstream")]
mod feed;
#[cfg(feature = "jetstream")]
mod floor;
#[cfg(feature = "jetstream")]
mod graft;
#[cfg(feature = "jetstream")]
mod group;
#[cfg(feature = "jetstream")]
mod line;
#[cfg(feature = "jetstream")]
mod link;
#[cfg(feature = "jetstream")]
mod names;
#[cfg(feature = "jetstream")]
mod place;
#[cfg(feature = "jetstream")]
mod predecessor;
#[cfg(feature = "jetstream")]
mod publisher;
#[cfg(feature = "jetstream")]
mod queue;
#[cfg(feature = "jetstream")]
mod reader;
#[cfg(feature = "jetstream")]
mod retire;
#[cfg(feature = "jetstream")]
mod settle;
#[cfg(feature = "jetstream")]
mod store;
#[cfg(feature = "jetstream")]
mod stream;
#[cfg(feature = "jetstream")]
mod strict;
#[cfg(feature = "jetstream")]
mod tls;

pub use config::{JetStreamConfig, ManagedJetStreamConfig};

#[cfg(feature = "jetstream")]
pub use bus::JetStreamBus;

#[cfg(feature = "jetstream")]
use crate::lock::lock;
use argo_events_core::registry::BusDescriptor;

/// Name of the stream, and first token of its subjects.
#[cfg(feature = "jetstream")]
const STREAM: &str = "default";

/// Describes the kind `jetstreamExotic`.
pub fn descriptor() -> BusDescriptor {
    #[cfg(feature = "jetstream")]
    return BusDescriptor::of::<JetStreamConfig>();
    #[cfg(not(feature = "jetstream"))]
    return BusDescriptor::config_only::<JetStreamConfig>();
}

/// Describes the kind `jetstream`, as far as a client needs it.
pub fn managed_descriptor() -> BusDescriptor {
    BusDescriptor::config_only::<ManagedJetStreamConfig>()
}

//! A bus that survives the process: events in a log of files, state and positions in a small store.
//!
//! One thread appends events and syncs all that wait together (`committer`), another one does the
//! same for state and positions (`keeper`); neither runs on the runtime's threads. What a group
//! does with its events is in `group/`, shared with the [`memory`](crate::memory) bus, which is
//! the one to read first. Which store and why is in `docs/adr/0002-embedded-store.md`.

mod config;

#[cfg(feature = "local")]
mod archive;
#[cfg(feature = "local")]
mod bus;
#[cfg(feature = "local")]
mod committer;
#[cfg(feature = "local")]
mod database;
#[cfg(feature = "local")]
mod directory;
#[cfg(feature = "local")]
mod groups;
#[cfg(feature = "local")]
mod keeper;
#[cfg(feature = "local")]
mod log;
#[cfg(feature = "local")]
mod mailbox;
#[cfg(feature = "local")]
mod position;
#[cfg(feature = "local")]
mod store;
#[cfg(feature = "local")]
mod tables;

pub use config::LocalConfig;

#[cfg(feature = "local")]
pub use bus::{LocalBus, LocalStats};

use argo_events_core::registry::BusDescriptor;

/// Describes the kind `local`.
pub fn descriptor() -> BusDescriptor {
    #[cfg(feature = "local")]
    return BusDescriptor::of::<LocalConfig>();
    #[cfg(not(feature = "local"))]
    return BusDescriptor::config_only::<LocalConfig>();
}

//! Source `generic`: publishes what a gRPC server streams.
//!
//! The protocol is `generic.proto` beside this file. Whoever has events and speaks gRPC can be such a
//! server; [`EventingServer`] makes one of a Rust type. The stream knows no acknowledgement: an event is
//! taken from it only after the bus has the one before. The one that the bus did not take until a second
//! after the source was told to stop is lost, which is logged.

mod config;
#[cfg(feature = "generic")]
mod message;
pub mod payload;
#[cfg(feature = "generic")]
mod server;
#[cfg(feature = "generic")]
mod source;

pub use config::{GenericConfig, GenericTls};
#[cfg(feature = "generic")]
pub use message::{Event, EventSource};
#[cfg(feature = "generic")]
pub use server::{Eventing, EventingServer, Events};

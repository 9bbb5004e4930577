//! Source `resource`: publishes what happens to the objects of one kind in a Kubernetes cluster.
//!
//! Objects are listed once, then watched from the list's version on. How far the watch is, and which
//! objects are known, survives the process in the state store, so nothing is lost or told twice when
//! a connection breaks, a version expires or another replica takes over. Changing objects is the
//! business of the sensor's `k8s` trigger.

#[cfg(feature = "resource")]
mod cluster;
mod config;
#[cfg(feature = "resource")]
mod known;
#[cfg(feature = "resource")]
mod object;
pub mod payload;
mod selection;
#[cfg(feature = "resource")]
mod session;
#[cfg(feature = "resource")]
mod source;

pub use config::{ResourceConfig, ResourceFilter, Selector};

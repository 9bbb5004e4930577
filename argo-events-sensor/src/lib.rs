//! Sensors: say which events belong together and what happens then.
//!
//! An event is filtered per [`dependency`], a [`resolver`] says when a trigger fires, and the
//! [`trigger`] acts, surrounded by its [`policy`]. [`runtime`] reads the bus and drives all of it; [`explain`]
//! says what would happen, without it. Objects come from an [`artifact`] and go to a cluster. [`takeover`] reads what the reference left of a sensor.

pub mod artifact;
pub mod dependency;
pub mod explain;
pub mod kubernetes;
pub mod param;
pub mod policy;
mod program;
pub mod resolver;
pub mod runtime;
pub mod takeover;
pub mod trigger;

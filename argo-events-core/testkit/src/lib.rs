//! Conformance suites and test tools for those who implement a trait of argo-events.
//!
//! One module for each trait: [`source`], [`bus`] (with [`store`]), [`leader`], [`resolver`] and [`trigger`]. Each
//! has a harness trait to implement, a case for each promise of the contract, and implementations
//! that break one promise on purpose, which show that the cases notice. The promises themselves are
//! written at the traits, in `argo_events_core`; `examples/stranger` uses all of this from outside.
//!
//! With the feature `servers` there are real servers to test against, and ways to break them.

pub mod bus;
pub mod leader;
pub mod resolver;
#[cfg(feature = "servers")]
pub mod servers;
pub mod source;
pub mod store;
pub mod suite;
pub mod trigger;

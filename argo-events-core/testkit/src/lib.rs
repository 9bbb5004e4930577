//! Conformance suites and test tools for those who implement a trait of argo-events.
//!
//! One module for each trait: [`source`], [`bus`] (with [`store`]), [`resolver`] and [`trigger`]. Each
//! has a harness trait to implement, a case for each promise of the contract, and implementations
//! that break one promise on purpose, which show that the cases notice. The promises themselves are
//! written at the traits, in `argo_events_core`; `examples/stranger` uses all of this from outside.

pub mod bus;
pub mod resolver;
pub mod source;
pub mod store;
pub mod suite;
pub mod trigger;

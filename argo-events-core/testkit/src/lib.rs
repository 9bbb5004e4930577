//! Placeholder.

pub mod bus;
pub mod resolver;
pub mod store;

//! What kinds of sources have in common: the shapes webhook and poll, and the writer of event data.
//!
//! A kind implements a shape and brings its protocol only. The loop around a shape is written here,
//! the loop around every source in [`runtime`](crate::runtime).

mod filter;
mod insist;
mod kept;
pub mod payload;
pub mod poll;
pub mod record_id;
pub mod watch_path;
pub mod webhook;

pub use filter::ExpressionFilter;
pub use insist::insist;
#[cfg(feature = "resource")]
pub(crate) use kept::Kept;

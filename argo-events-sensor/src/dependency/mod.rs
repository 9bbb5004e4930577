//! Says which events of a dependency count.
//!
//! A [`Filter`] is compiled once and asked for every event; an event that is turned away costs no
//! allocation. [`Filter::explain`] shows what each part sees, for people. What happens to an event
//! that passed is the resolver's business.

mod cause;
mod context;
mod data;
mod explain;
mod exprs;
mod filter;
mod time;
mod transform;
mod verdict;

pub use explain::{Stage, StageOutcome};
pub use filter::Filter;
pub use verdict::{Group, Rejection, Verdict};

//! Says what a sensor would do with events, and why, without doing it.
//!
//! A [`DryRun`] filters, resolves and renders with the same parts as the runtime, one event after
//! the other. It has no bus, no clock and no effects: time is what the caller says, and nothing is
//! sent, retried or stored. How it is told to people is the business of the command.

mod decision;
mod dry_run;
mod lack;
#[cfg(test)]
mod tests;

pub use decision::{Considered, Decision, Fired, Lapse, LapseCause, Unmet};
pub use dry_run::DryRun;
pub use lack::Lack;

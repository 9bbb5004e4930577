//! Runs instructions: a stack machine that goes back to its last alternative when one ends.
//!
//! Nothing recurses here: calls, alternatives and paths all live on stacks of their own, which are
//! measured before they grow.

mod calls;
mod iterate;
mod paths;
mod stack;
mod state;
mod step;

pub(super) use state::State;
pub(super) use step::Machine;

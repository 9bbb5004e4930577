//! `cargo xtask snippets`: placeholder.

use crate::command::Outcome;

pub(crate) fn run() -> Outcome {
    Ok(())
}

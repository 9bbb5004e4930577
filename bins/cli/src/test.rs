//! `argo-events test`: placeholder.

use crate::{
    arguments::Test,
    exit::{Exit, Failure},
};

pub(crate) fn run(_arguments: &Test) -> Result<Exit, Failure> {
    Err(Failure::new(Exit::CallWrong, "not built yet"))
}

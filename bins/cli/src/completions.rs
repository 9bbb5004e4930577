//! `argo-events completions`: the shell's completion script.

use crate::{
    arguments::{Arguments, Completions},
    exit::{Exit, Failure},
};
use clap::CommandFactory as _;
use std::io::Write as _;

pub(crate) fn run(arguments: &Completions) -> Result<Exit, Failure> {
    let mut command = Arguments::command();
    let mut script = Vec::new();
    clap_complete::generate(arguments.shell, &mut command, "argo-events", &mut script);
    // A closed pipe means that the reader has seen enough.
    let _ = std::io::stdout().write_all(&script);
    Ok(Exit::Fine)
}

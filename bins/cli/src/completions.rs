//! `argo-events completions`: the shell's completion script.

use crate::{
    arguments::{Arguments, Completions},
    exit::{Exit, Failure},
};
use clap::CommandFactory as _;

pub(crate) fn run(arguments: &Completions) -> Result<Exit, Failure> {
    let mut command = Arguments::command();
    clap_complete::generate(
        arguments.shell,
        &mut command,
        "argo-events",
        &mut std::io::stdout(),
    );
    Ok(Exit::Fine)
}

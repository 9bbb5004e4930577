//! The command `argo-events`: run, validate, test and explain manifests on one machine.
//!
//! Each subcommand is a file that turns arguments into calls of the library; nothing here decides
//! what an event means.

mod arguments;
mod completions;
mod crds;
mod echo;
mod input;
mod kinds;
mod live;
mod logging;
mod paint;
mod run;
mod schema;
mod test;
mod validate;

use argo_events_process::exit;
use arguments::{Arguments, Command};
use clap::Parser as _;
use exit::Exit;
use std::process::ExitCode;

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    argo_events_process::install_tls();
    let outcome = match arguments.command {
        Command::Run(run) => run::run(run),
        Command::Validate(validate) => validate::run(&validate),
        Command::Test(test) => test::run(&test),
        Command::Kinds(kinds) => kinds::run(&kinds),
        Command::Schema(schema) => schema::run(&schema),
        Command::Crds(crds) => crds::run(&crds),
        Command::Echo(echo) => echo::run(&echo),
        Command::Completions(completions) => completions::run(&completions),
    };
    outcome.unwrap_or_else(Exit::report).into()
}

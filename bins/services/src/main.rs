//! The pods of argo-events: one binary with the reference's subcommands, configured by the environment
//! that its controller gives them.
//!
//! A subcommand reads what it is told ([`environment`]), and [`pod`] runs it until it is told to stop.
//! What an event means is decided in the library. `README.md` beside this crate lists the variables.

mod bus;
mod candidate;
mod environment;
#[cfg(feature = "kubernetes")]
mod flags;
#[cfg(feature = "kubernetes")]
mod leader;
#[cfg(feature = "kubernetes")]
mod manager;
mod object;
mod pod;
mod secrets;
mod work;

use argo_events_process::{Exit, Failure, install_tls, logging};
use environment::Environment;
use std::{io::Write as _, process::ExitCode};
use work::Role;

const USAGE: &str = "\
usage: argo-events-services <subcommand>

  eventsource-service   runs the EventSource in EVENTSOURCE_OBJECT
  sensor-service        runs the Sensor in SENSOR_OBJECT
  controller            makes pods of the objects of a cluster
  webhook-service       refuses wrong objects when they are applied

Everything else comes from the environment, see the README of bins/services; the last two have flags
too: `controller --help`.";

const VERSION: &str = concat!("argo-events-services ", env!("CARGO_PKG_VERSION"));

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let outcome = match arguments[..] {
        ["eventsource-service"] => run(Role::EventSource),
        ["sensor-service"] => run(Role::Sensor),
        ["version" | "--version" | "-V"] => say(VERSION),
        ["help" | "--help" | "-h"] => say(USAGE),
        #[cfg(feature = "kubernetes")]
        ["controller", ref arguments @ ..] => manager::controller(arguments),
        #[cfg(feature = "kubernetes")]
        ["webhook-service", ref arguments @ ..] => manager::webhook(arguments),
        #[cfg(not(feature = "kubernetes"))]
        [other @ ("controller" | "webhook-service"), ..] => {
            let message = format!("`{other}` needs a build with the feature `kubernetes`");
            Err(Failure::new(Exit::CallWrong, message))
        }
        [] => Err(Failure::new(
            Exit::CallWrong,
            format!("no subcommand\n\n{USAGE}"),
        )),
        [first, ..] => {
            let message = format!("`{first}` cannot be understood here\n\n{USAGE}");
            Err(Failure::new(Exit::CallWrong, message))
        }
    };
    outcome.unwrap_or_else(Exit::report).into()
}

/// Says what was asked for.
fn say(text: &str) -> Result<Exit, Failure> {
    // Whoever asked may have gone away.
    let _ = writeln!(std::io::stdout(), "{text}");
    Ok(Exit::Fine)
}

/// Runs a pod. What is wrong with its environment is logged, as everything else that it says.
fn run(role: Role) -> Result<Exit, Failure> {
    let _lines = logging::for_programs(logging::WITHOUT_TRACES);
    install_tls();
    match pod::Settings::read(&Environment::of_process(), role) {
        Ok(settings) => pod::run(settings),
        Err(faults) => {
            for fault in faults {
                tracing::error!("{fault}");
            }
            Ok(Exit::InputWrong)
        }
    }
}

//! Holds the buses of this crate to the contract, on files and with kills where that is the point.

mod broken;
mod harness;

use argo_events_testkit::bus;
use harness::{Local, Memory};
use std::process::ExitCode;

fn main() -> ExitCode {
    let mut trials = bus::trials("memory", || Memory);
    trials.extend(bus::trials("local", Local::new));
    trials.extend(broken::trials());
    bus::run(trials)
}

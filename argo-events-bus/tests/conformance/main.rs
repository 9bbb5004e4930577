//! Holds the buses of this crate to the contract, on files and with kills where that is the point.

mod broken;
mod chaos;
mod crash;
mod full;
mod harness;
#[cfg(feature = "jetstream")]
mod jetstream;
#[cfg(feature = "kafka")]
mod kafka;
mod local;

use argo_events_testkit::bus;
use harness::{Local, Memory};
use std::process::ExitCode;

fn main() -> ExitCode {
    if let Some(ended) = crash::victim().or_else(full::filler) {
        return ended;
    }
    let mut trials = bus::trials("memory", || Memory);
    trials.extend(bus::trials("local", Local::new));
    trials.extend(broken::trials());
    trials.extend(chaos::trials());
    trials.extend(local::trials());
    trials.extend([crash::trial(), full::trial()]);
    #[cfg(feature = "jetstream")]
    trials.extend(jetstream::trials());
    #[cfg(feature = "kafka")]
    trials.extend(kafka::trials());
    bus::run(trials)
}

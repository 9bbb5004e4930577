//! Pods as child processes, told everything by their environment as in a cluster.

#![expect(
    clippy::unwrap_used,
    reason = "a panic is how a trial fails; clippy sees tests only under their own attribute"
)]

mod contract;
mod delivery;
mod election;
mod harness;
mod outage;
mod packed;
#[path = "../../../cli/tests/cli/target.rs"]
#[expect(dead_code, reason = "the tests of the command need more of it")]
mod target;

use argo_events_testkit::servers::{Server, needing};
use libtest_mimic::{Arguments, Trial};

fn main() {
    let arguments = Arguments::from_args();
    let served = [delivery::trials(), outage::trials(), election::trials()];
    let served = served.into_iter().flatten();
    let served = served.map(|it| needing(&[Server::Nats], it));
    let trials = contract::trials()
        .into_iter()
        .chain(packed::trials())
        .chain(served)
        .collect();
    libtest_mimic::run(&arguments, trials).exit();
}

/// Makes a trial of a function that panics where a promise is broken.
fn trial(name: &str, test: fn()) -> Trial {
    Trial::test(name, move || {
        test();
        Ok(())
    })
}

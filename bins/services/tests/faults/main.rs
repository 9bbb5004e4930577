//! Fault runs: events go from webhooks over the bus to HTTP triggers, while source, sensor and bus are
//! killed, stopped and cut off by chance; then what came is compared with what lies on the bus.
//!
//! `run` is the order of events, `stage` has the pods and what can go wrong with them, `load` posts,
//! `sink` is called by the triggers, `stored` reads the bus and `check` compares. The short run is for
//! every day; `cargo xtask faults` starts the long one. `ARGO_EVENTS_SEED` repeats a plan of faults.

mod check;
mod client;
mod load;
mod pods;
mod posts;
mod run;
mod sink;
mod stage;
mod stored;

use argo_events_testkit::servers::{Server, needing};
use libtest_mimic::{Arguments, Trial};
use run::Extent;

/// What a run is like, unless variables say otherwise.
const SHORT: Extent = Extent {
    events: 5_000,
    faults: 8,
    seed: 3,
};
const LONG: Extent = Extent {
    events: 100_000,
    faults: 60,
    seed: 6,
};

fn main() {
    let arguments = Arguments::from_args();
    let trials = vec![
        trial("nothing_is_lost_in_a_short_run", SHORT),
        trial("nothing_is_lost_in_a_long_run", LONG.or_of_variables()).with_ignored_flag(true),
    ];
    let trials = trials.into_iter();
    let trials = trials.map(|it| needing(&[Server::Nats], it)).collect();
    libtest_mimic::run(&arguments, trials).exit();
}

fn trial(name: &str, extent: Extent) -> Trial {
    Trial::test(name, move || run::play(extent).map_err(Into::into))
}

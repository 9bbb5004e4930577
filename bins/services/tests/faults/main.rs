//! Fault runs: events go from webhooks over the bus to HTTP triggers, while source, sensor and bus are
//! killed, stopped and cut off by chance; then what came is compared with what lies on the bus.
//!
//! `run` is the order of events, `bus` is the server: NATS or a Kafka broker. `stage` has the pods and what
//! can go wrong with them, `load` posts, `sink` is called by the triggers, `stored` reads the bus and `check`
//! compares. The short run is for every day; `cargo xtask faults` starts the long one, over Kafka with
//! `--bus kafka`. `ARGO_EVENTS_SEED` repeats a plan of faults.

mod bus;
mod check;
mod client;
mod load;
mod pods;
mod posts;
mod run;
mod sink;
mod stage;
mod stored;

use argo_events_testkit::servers::needing;
use bus::Kind;
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
    let mut arguments = Arguments::from_args();
    // One run at a time: how soon events flow is measured.
    arguments.test_threads.get_or_insert(1);
    let long = LONG.or_of_variables();
    let trials = vec![
        trial("nothing_is_lost_in_a_short_run", Kind::JetStream, SHORT),
        trial("nothing_is_lost_in_a_long_run", Kind::JetStream, long).with_ignored_flag(true),
        #[cfg(feature = "kafka")]
        trial(
            "nothing_is_lost_in_a_short_run_over_kafka",
            Kind::Kafka,
            SHORT,
        ),
        #[cfg(feature = "kafka")]
        trial(
            "nothing_is_lost_in_a_long_run_over_kafka",
            Kind::Kafka,
            long,
        )
        .with_ignored_flag(true),
    ];
    libtest_mimic::run(&arguments, trials).exit();
}

fn trial(name: &str, kind: Kind, extent: Extent) -> Trial {
    let play = move || run::play(kind, extent).map_err(Into::into);
    needing(&[kind.server()], Trial::test(name, play))
}

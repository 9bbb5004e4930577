//! The controller on a real API server: what it makes of objects, and what becomes of it.
//!
//! One control plane for all trials but those that break or load it, and those of the admission webhook,
//! which would be asked about the others' objects; and a namespace for each. The controller is a process
//! of its own, this program started again, so that it can be killed and measured. Where its election
//! counts, or figures do, it is `argo-events-services`: [`program`] says which build of it.

#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a panic is how a trial fails, and figures are printed; clippy sees tests only under their own attribute"
)]

mod admission;
mod crowd;
mod definitions;
mod elections;
mod firings;
mod life;
mod process;
mod program;
mod space;
mod stage;

use admission::Court;
use argo_events_testkit::servers::{Server, needing};
use libtest_mimic::{Arguments, Trial};
use program::program_trial;
use stage::Stage;
use std::{
    process::ExitCode,
    sync::{Arc, OnceLock},
};

fn main() -> ExitCode {
    if let Some(order) = process::order() {
        process::serve(&order);
        return ExitCode::SUCCESS;
    }
    let arguments = Arguments::from_args();
    let shared = Arc::new(OnceLock::new());
    let mut trials = Vec::new();
    let together = [definitions::PROMISES, life::PROMISES].concat();
    for (name, test) in together.into_iter().chain(firings::promises()) {
        let shared = Arc::clone(&shared);
        let test = move || test(shared.get_or_init(Stage::start));
        trials.push(needing(&[Server::Kube], trial(name, test)));
    }
    for (name, test) in elections::PROMISES {
        let shared = Arc::clone(&shared);
        trials.push(program_trial(name, move || {
            test(shared.get_or_init(Stage::start))
        }));
    }
    let court = Arc::new(OnceLock::new());
    for (name, test) in admission::PROMISES {
        let court = Arc::clone(&court);
        let test = move || test(court.get_or_init(Court::start));
        trials.push(needing(&[Server::Kube], trial(name, test)));
    }
    for (name, test) in [life::ALONE, crowd::PROMISES].concat() {
        let test = move || test(&Stage::start());
        trials.push(needing(&[Server::Kube], trial(name, test)));
    }
    for (name, test) in crowd::OF_THE_PROGRAM {
        trials.push(program_trial(name, move || test(&Stage::start())));
    }
    trials.push(definitions::of_the_reference(&shared));
    // Its last handles go with the trials, so that the control plane ends before this process does.
    drop((shared, court));
    libtest_mimic::run(&arguments, trials).exit_code()
}

/// What holds, and the test that shows it.
type Promise = (&'static str, fn(&Stage));

fn trial(name: &str, test: impl FnOnce() + Send + 'static) -> Trial {
    Trial::test(name, move || {
        test();
        Ok(())
    })
}

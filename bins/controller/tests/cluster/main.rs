//! The controller on a real API server: what it makes of objects, and what becomes of it.
//!
//! One control plane for all trials but those that break or load it, and a namespace for each. The
//! controller is a process of its own, this program started again, so that it can be killed and
//! measured.

#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a panic is how a trial fails, and figures are printed; clippy sees tests only under their own attribute"
)]

mod crowd;
mod definitions;
mod life;
mod node;
mod process;
mod space;
mod stage;

use argo_events_testkit::servers::{Server, needing};
use libtest_mimic::{Arguments, Trial};
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
    let all = [definitions::PROMISES, life::PROMISES].concat();
    let all = all.into_iter().map(|(name, test)| {
        let shared = Arc::clone(&shared);
        trial(name, move || test(shared.get_or_init(Stage::start)))
    });
    let alone = [life::ALONE, crowd::PROMISES].concat();
    let alone = alone
        .into_iter()
        .map(|(name, test)| trial(name, move || test(&Stage::start())));
    let trials = all
        .chain(alone)
        .map(|trial| needing(&[Server::Kube], trial));
    let mut trials: Vec<_> = trials.collect();
    trials.push(definitions::of_the_reference(&shared));
    trials.push(node::trial_on_node());
    // Its last handles go with the trials, so that the control plane ends before this process does.
    drop(shared);
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

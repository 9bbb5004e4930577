//! The suites of sources, triggers and electors, tried on models: one that is whole passes every case, one
//! that breaks a promise fails a case of that promise. With the feature `servers` also real servers.

mod leader;
mod queue;
mod register;
#[cfg(feature = "servers")]
mod servers;
mod shards;
mod shelf;

use argo_events_testkit::{
    source,
    suite::{Case, World},
    trigger,
};
use libtest_mimic::{Failed, Trial};
use queue::Queue;
use register::Register;
use std::{fmt::Debug, process::ExitCode};

fn main() -> ExitCode {
    let mut trials = source::trials("queue", Queue::default);
    trials.extend(source::trials("queue, wrapped", || Queue::broken(None)));
    trials.extend(trigger::trials("register", Register::default));
    trials.extend(trigger::trials("register, wrapped", || {
        Register::broken(None)
    }));
    trials.extend(leader::trials());
    trials.extend(shards::trials());
    for (breach, promise) in source::Breach::ALL {
        let make = || source::World::new(Queue::broken(Some(*breach)));
        trials.push(noticed(promise, breach, source::cases(), make));
    }
    for (breach, promise) in trigger::Breach::ALL {
        let make = || trigger::World::new(Register::broken(Some(*breach)));
        trials.push(noticed(promise, breach, trigger::cases(), make));
    }
    #[cfg(feature = "servers")]
    trials.extend(servers::trials());
    source::run(trials)
}

/// Makes a trial that passes when a case of the promise fails.
fn noticed<W: World>(
    promise: &'static str,
    breach: &'static impl Debug,
    cases: Vec<Case<W>>,
    make: impl Fn() -> W + Send + 'static,
) -> Trial {
    let name = format!("{promise} is noticed to be broken by one that {breach:?}");
    let test = move || {
        let cases: Vec<_> = cases
            .into_iter()
            .filter(|case| case.id == promise)
            .collect();
        if cases.iter().any(|case| case.run(make()).is_err()) {
            return Ok(());
        }
        Err(Failed::from(format!("none of {cases:?} failed")))
    };
    Trial::test(name, test).with_kind("broken")
}

//! Sensors of the reference, taken over: each of its recorded stores on a real server.
//!
//! A scenario is the store that the reference's sensor left, the sensor that comes after, events, and what
//! the reference itself fired then. Ours must fire the same; where the reference loses something,
//! `differences.rs` says what ours fires instead, and why. `ARGO_EVENTS_TAKEOVER` names another folder of
//! scenarios to run instead of `recorded`.

#![expect(
    clippy::unwrap_used,
    reason = "a helper that cannot go on fails its test"
)]

mod archive;
mod differences;
mod play;
mod scenario;
mod sink;

use argo_events_sensor::runtime::Consumers;
use argo_events_testkit::servers::{self, Server};
use libtest_mimic::{Arguments, Failed, Trial};
use scenario::{Firings, Scenario};
use std::{fmt::Write as _, path::PathBuf, process::ExitCode, sync::Arc};

/// Names a folder of scenarios.
const FOLDER: &str = "ARGO_EVENTS_TAKEOVER";
/// Scenarios that are also read through the reference's consumers: where no trigger has something
/// pending with more than one of them, since then nothing says what comes first.
const THROUGH: [&str; 20] = [
    "01-single-pending",
    "01b-single-pending-alo",
    "02-or",
    "03-and-half",
    "03b-and-half-pending",
    "04-and3-replaced",
    "05-and-or-half",
    "07-names",
    "11a-reset-not-due",
    "11b-reset-missed",
    "12a-sigkill-at-most-once",
    "12b-sigkill-at-least-once",
    "12c-sigterm-at-least-once",
    "15-durable-never-used",
    "15b-durable-empty",
    "17a-killed-while-firing-and",
    "17b-killed-with-prefetched",
    "21-durable-deleted",
    "23-corrupt-stored-event",
    "23b-corrupt-deps",
];
/// Trials at a time; most of them wait for something.
const AT_A_TIME: usize = 8;

fn main() -> ExitCode {
    let mut arguments = Arguments::from_args();
    arguments.test_threads.get_or_insert(AT_A_TIME);
    let trials = folders().into_iter().flat_map(trials).collect();
    libtest_mimic::run(&arguments, trials).exit_code()
}

fn folders() -> Vec<PathBuf> {
    let recorded = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/takeover/recorded");
    let folder = std::env::var_os(FOLDER).map_or_else(|| recorded.into(), PathBuf::from);
    let entries = std::fs::read_dir(folder).unwrap();
    let mut folders: Vec<_> = entries.map(|entry| entry.unwrap().path()).collect();
    folders.retain(|folder| folder.is_dir());
    folders.sort();
    folders
}

/// A scenario in lanes of our own and, where that is settled, through the reference's consumers.
fn trials(folder: PathBuf) -> Vec<Trial> {
    let scenario = Arc::new(Scenario::read(folder));
    let is_through = THROUGH.contains(&scenario.name.as_str());
    let through = is_through.then_some(("through", Consumers::Reference));
    let layouts = [("lanes", Consumers::Lanes)].into_iter().chain(through);
    let trials = layouts.map(|(layout, consumers)| trial(layout, consumers, scenario.clone()));
    trials.collect()
}

fn trial(layout: &str, consumers: Consumers, scenario: Arc<Scenario>) -> Trial {
    let is_early = scenario.is_before_its_time();
    let name = format!("{layout}/{}", scenario.name);
    let trial = Trial::test(name, move || run(&scenario, consumers));
    servers::needing(&[Server::Nats], trial.with_ignored_flag(is_early))
}

fn run(scenario: &Scenario, consumers: Consumers) -> Result<(), Failed> {
    let difference = differences::of(&scenario.name);
    let wanted = match difference {
        Some(difference) => difference.firings(),
        None => scenario.fired(),
    };
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    let played = runtime.block_on(play::play(scenario, consumers, &wanted));
    let fired = played.map_err(|failure| failure.to_string())?;
    let mut report = String::new();
    for (at, (wanted, fired)) in wanted.iter().zip(&fired).enumerate() {
        if wanted != fired {
            let _ = write!(report, "\n  step {at}:{}", unlike(wanted, fired));
        }
    }
    match (report.is_empty(), difference) {
        (true, _) => Ok(()),
        (false, Some(difference)) => Err(format!("{report}\n  {}", difference.reason).into()),
        (false, None) => Err(report.into()),
    }
}

fn unlike(wanted: &Firings, fired: &Firings) -> String {
    let mut report = String::new();
    for (firing, times) in wanted {
        let got = fired.get(firing).unwrap_or(&0);
        if got != times {
            let _ = write!(report, "\n    {firing}: {got} instead of {times}");
        }
    }
    for (firing, got) in fired
        .iter()
        .filter(|(firing, _)| !wanted.contains_key(*firing))
    {
        let _ = write!(report, "\n    {firing}: {got} instead of none");
    }
    report
}

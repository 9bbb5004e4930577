//! `cargo xtask bench`: runs the benchmarks of every package and prints each beside its baseline.
//!
//! A benchmark group has two functions, `ours` and `baseline`, with the same parameters; criterion's
//! own result files are read. Absolute times depend on the machine, so only ratios mean anything.

mod report;

use crate::{
    command::{self, Outcome, cargo, target},
    watch,
};
use report::Report;
use serde_json::Value;
use std::{fs, io, path::PathBuf, process::Stdio, time::Duration};

/// Short runs: a ratio needs no more, and all benchmarks together shall take minutes.
const SETTINGS: &[&str] = &[
    "--warm-up-time",
    "0.5",
    "--measurement-time",
    "2",
    "--nresamples",
    "10000",
    "--noplot",
];
/// How long one program may take, building included, before it counts as hanging.
const LIMIT: Duration = Duration::from_secs(40 * 60);

/// A program of benchmarks.
struct Bench {
    package: String,
    name: String,
}

pub(crate) fn run(arguments: &[String]) -> Outcome {
    let (as_json, filter) = parse(arguments)?;
    let results = target().join("benchmarks");
    if results.exists() {
        fs::remove_dir_all(&results).map_err(|error| format!("{}: {error}", results.display()))?;
    }
    for bench in benches()? {
        watch::within(LIMIT, || measure(&bench, filter, &results))
            .map_err(|error| format!("{} of {}: {error}", bench.name, bench.package))?;
    }
    let report = Report::read(&results)?;
    command::say(&if as_json {
        report.as_array()
    } else {
        report.as_table()
    });
    // A filter may well have chosen one side only.
    if filter.is_none() {
        for fault in report.faults() {
            eprintln!("warning: {fault}");
        }
    }
    Ok(())
}

fn parse(arguments: &[String]) -> Result<(bool, Option<&String>), String> {
    let (mut as_json, mut filter) = (false, None);
    let mut words = arguments.iter();
    while let Some(word) = words.next() {
        match word.as_str() {
            "--output" if words.next().is_some_and(|format| format == "json") => as_json = true,
            "--output" => return Err("--output takes json".to_owned()),
            option if option.starts_with('-') => {
                return Err(format!(
                    "unknown option {option}: use --output json [FILTER]"
                ));
            }
            _ => filter = Some(word),
        }
    }
    Ok((as_json, filter))
}

/// Lists the benchmarks of all packages, as cargo knows them.
fn benches() -> Result<Vec<Bench>, String> {
    let arguments = ["metadata", "--no-deps", "--format-version", "1"];
    let text = command::output(&mut cargo(&arguments))?;
    let metadata: Value = serde_json::from_str(&text).map_err(|error| error.to_string())?;
    let packages = metadata["packages"].as_array().into_iter().flatten();
    let found = packages.flat_map(|package| {
        let targets = package["targets"].as_array().into_iter().flatten();
        let benches = targets.filter(|target| target["kind"][0] == "bench");
        benches.filter_map(|target| {
            Some(Bench {
                package: package["name"].as_str()?.to_owned(),
                name: target["name"].as_str()?.to_owned(),
            })
        })
    });
    Ok(found.collect())
}

fn measure(bench: &Bench, filter: Option<&String>, results: &PathBuf) -> Outcome {
    let mut command = cargo(&["bench", "--quiet", "--all-features"]);
    command
        .args(["--package", &bench.package, "--bench", &bench.name, "--"])
        .args(SETTINGS)
        .args(filter)
        .env("CRITERION_HOME", results)
        // Progress goes to standard error, so that standard output holds the table alone.
        .stdout(Stdio::from(io::stderr()));
    command::run(&mut command)
}

//! `cargo xtask fuzz`: runs fuzz targets for a while, each on its corpus and what grows out of it.
//!
//! Works with the stable compiler: coverage comes from flags, the loop from libFuzzer. What is found
//! stays in `fuzz` below the target folder; an input that breaks a target belongs into the corpus once mended.

use crate::command::{self, Outcome, cargo, root, target};
use std::{fs, path::PathBuf};

/// The packages with targets: their folder, and below it `targets/` and `corpus/`.
const PACKAGES: &[&str] = &["argo-events-core/expr/fuzz", "tests/fuzz"];

/// Makes the compiler count which edges an input takes and which values it compares.
const FLAGS: &str = "-Cpasses=sancov-module -Cllvm-args=-sanitizer-coverage-level=4 \
    -Cllvm-args=-sanitizer-coverage-inline-8bit-counters -Cllvm-args=-sanitizer-coverage-pc-table \
    -Cllvm-args=-sanitizer-coverage-trace-compares -Ccodegen-units=1 --cfg fuzzing";

/// What a call asks for.
struct Wanted {
    seconds: u32,
    names: Vec<String>,
}

pub(crate) fn run(arguments: &[String]) -> Outcome {
    let wanted = Wanted::read(arguments)?;
    let chosen = choose(&known()?, &wanted.names)?;
    let machine = machine()?;
    for (package, targets) in chosen {
        build(package, &machine)?;
        for target in targets {
            fuzz(package, &target, &machine, wanted.seconds)?;
        }
    }
    Ok(())
}

impl Wanted {
    fn read(arguments: &[String]) -> Result<Self, String> {
        let mut wanted = Self {
            seconds: 60,
            names: Vec::new(),
        };
        let mut words = arguments.iter();
        while let Some(word) = words.next() {
            match word.as_str() {
                "--seconds" => {
                    let given = words.next().and_then(|number| number.parse().ok());
                    wanted.seconds =
                        given.ok_or("--seconds wants a whole number, as in --seconds 600")?;
                }
                option if option.starts_with('-') => {
                    return Err(format!(
                        "unknown option {option}: use --seconds N [TARGET…]"
                    ));
                }
                name => wanted.names.push(name.to_owned()),
            }
        }
        Ok(wanted)
    }
}

/// A package, and targets of it.
type Targets = (&'static str, Vec<String>);

/// Lists all targets of all packages.
fn known() -> Result<Vec<Targets>, String> {
    let packages = PACKAGES.iter();
    packages
        .map(|package| Ok((*package, targets(package)?)))
        .collect()
}

fn targets(package: &str) -> Result<Vec<String>, String> {
    let home = root().join(package).join("targets");
    let entries = fs::read_dir(&home).map_err(|error| format!("{}: {error}", home.display()))?;
    let mut found: Vec<String> = entries
        .filter_map(|entry| Some(entry.ok()?.path().file_stem()?.to_str()?.to_owned()))
        .collect();
    found.sort();
    Ok(found)
}

/// Keeps the targets that are asked for: all when none is named.
fn choose(known: &[Targets], names: &[String]) -> Result<Vec<Targets>, String> {
    let all: Vec<&String> = known.iter().flat_map(|(_, targets)| targets).collect();
    if let Some(name) = names.iter().find(|name| !all.contains(name)) {
        let all: Vec<_> = all.iter().map(|name| name.as_str()).collect();
        return Err(format!(
            "there is no target {name:?}; known: {}",
            all.join(", ")
        ));
    }
    let mut chosen = known.to_vec();
    for (_, targets) in &mut chosen {
        targets.retain(|name| names.is_empty() || names.contains(name));
    }
    chosen.retain(|(_, targets)| !targets.is_empty());
    Ok(chosen)
}

/// Asks the compiler for the triple of this machine: naming it spares build scripts the flags.
fn machine() -> Result<String, String> {
    let told = command::output(std::process::Command::new("rustc").arg("-vV"))?;
    let host = told.lines().find_map(|line| line.strip_prefix("host: "));
    host.map(str::to_owned)
        .ok_or_else(|| "rustc does not tell its host".into())
}

fn build(package: &str, machine: &str) -> Outcome {
    let manifest = format!("{package}/Cargo.toml");
    let mut command = cargo(&[
        "build",
        "--release",
        "--bins",
        "--target",
        machine,
        "--manifest-path",
        &manifest,
    ]);
    command::run(
        command
            .env("RUSTFLAGS", FLAGS)
            .env("CARGO_TARGET_DIR", home()),
    )
}

fn fuzz(package: &str, target: &str, machine: &str, seconds: u32) -> Outcome {
    let grown = home().join("corpus").join(target);
    let broken = home().join("broken").join(target);
    for folder in [&grown, &broken] {
        fs::create_dir_all(folder).map_err(|error| format!("{}: {error}", folder.display()))?;
    }
    let program = home().join(machine).join("release").join(target);
    let mut command = std::process::Command::new(program);
    command
        .args([
            format!("-max_total_time={seconds}"),
            format!("-artifact_prefix={}/", broken.display()),
        ])
        .args([
            "-timeout=60",
            "-rss_limit_mb=1024",
            "-max_len=8192",
            "-print_final_stats=1",
            "-verbosity=0",
        ])
        .arg(grown)
        .arg(root().join(package).join("corpus").join(target));
    command::run(&mut command)
}

fn home() -> PathBuf {
    target().join("fuzz")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(text: &str) -> Vec<String> {
        text.split_whitespace().map(str::to_owned).collect()
    }

    #[test]
    fn a_name_that_no_target_has_is_told_before_anything_runs() {
        let known = [("one", words("jq lua")), ("two", words("codec"))];
        let error = choose(&known, &words("jq luaa")).unwrap_err();
        assert_eq!(error, "there is no target \"luaa\"; known: jq, lua, codec");
        assert_eq!(choose(&known, &[]), Ok(known.to_vec()));
        let chosen = choose(&known, &words("lua"));
        assert_eq!(chosen, Ok(vec![("one", words("lua"))]));
    }

    #[test]
    fn an_option_that_nobody_knows_is_an_error() {
        let wanted = Wanted::read(&words("--seconds 5 jq")).map(|it| (it.seconds, it.names));
        assert_eq!(wanted, Ok((5, words("jq"))));
        for wrong in ["--second 5", "-n jq", "--seconds soon"] {
            assert!(Wanted::read(&words(wrong)).is_err(), "{wrong}");
        }
    }
}

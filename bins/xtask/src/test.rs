//! `cargo xtask test`: everything that must hold, in the order in which it is cheapest to find out.

use crate::{
    command::{self, Outcome, cargo, root, target},
    folder::Folder,
    watch,
};
use std::{
    path::Path,
    process::Command,
    time::{Duration, Instant},
};

type Step = (&'static str, fn() -> Outcome);

/// How long a step may take, building included, before it counts as hanging.
const LIMIT: Duration = Duration::from_secs(90 * 60);

const STEPS: &[Step] = &[
    ("servers", crate::servers::prepare),
    ("fmt", || {
        command::run(&mut cargo(&["fmt", "--all", "--check"]))
    }),
    ("layout", crate::layout::run),
    ("clippy", clippy),
    ("doc", doc),
    ("licences", licences),
    ("unit", unit),
    ("conformance", || crate::conformance::run(&[])),
    ("examples", examples),
    ("stranger", stranger),
    ("budget", || crate::budget::run(&[])),
    ("image", crate::image::where_an_engine_runs),
    ("snippets", crate::snippets::run),
];

pub(crate) fn run(names: &[String]) -> Outcome {
    run_all(names)?;
    command::say("all steps passed");
    Ok(())
}

fn run_all(names: &[String]) -> Outcome {
    if let Some(name) = names
        .iter()
        .find(|name| STEPS.iter().all(|(known, _)| known != name))
    {
        let known: Vec<_> = STEPS.iter().map(|(name, _)| *name).collect();
        return Err(format!(
            "there is no step {name:?}; known: {}",
            known.join(", ")
        ));
    }
    let chosen = STEPS
        .iter()
        .filter(|(name, _)| names.is_empty() || names.iter().any(|n| n == name));
    let mut failures = Vec::new();
    for (name, step) in chosen {
        #[expect(
            clippy::disallowed_methods,
            reason = "shows the person who waits how long it took"
        )]
        let began = Instant::now();
        let outcome = watch::within(LIMIT, step);
        eprintln!("— {name}: {} s", began.elapsed().as_secs());
        if let Err(message) = outcome {
            failures.push(format!("{name}: {message}"));
        }
    }
    // What a step has begun, and none awaited, would be cut short by the end of this process.
    crate::servers::prepared();
    if failures.is_empty() {
        Ok(())
    } else {
        Err(failures.join("\n       "))
    }
}

fn clippy() -> Outcome {
    let arguments = [
        "clippy",
        "--workspace",
        "--all-targets",
        "--all-features",
        "--quiet",
    ];
    command::run(cargo(&arguments).args(["--", "-D", "warnings"]))
}

fn doc() -> Outcome {
    let mut command = cargo(&[
        "doc",
        "--workspace",
        "--all-features",
        "--no-deps",
        "--quiet",
    ]);
    command::run(command.env("RUSTDOCFLAGS", "-D warnings"))
}

fn licences() -> Outcome {
    let mut command = Command::new(crate::tools::cargo_deny()?);
    command
        .current_dir(root())
        .args(["--log-level", "error", "check"]);
    command::run(command.args(["bans", "licenses", "sources"]))
}

fn unit() -> Outcome {
    let all = ["test", "--workspace", "--all-features", "--quiet"];
    command::run(cargo(&all).arg("--no-run"))?;
    crate::servers::prepared();
    command::run(&mut cargo(&all))?;
    let folder = Folder::new("unit")?;
    if let Err(reason) = mounts(&folder.0) {
        eprintln!("not run: full_disk, which wants a file system of its own: {reason}");
        return Ok(());
    }
    // Of the whole workspace, so that features are the same and nothing is built again.
    command::run(cargo(&all).args(["--test", "cli", "full_disk", "--", "--ignored"]))
}

/// Tells why this machine lets nobody mount a file system of one's own, if it does not.
fn mounts(folder: &Path) -> Outcome {
    const MOUNT: &str = "mount -t tmpfs tmpfs \"$1\"";
    let mut command = Command::new("unshare");
    command.args(["-rm", "sh", "-c", MOUNT, "sh"]).arg(folder);
    let output = command
        .output()
        .map_err(|error| format!("unshare: {error}"))?;
    let said = String::from_utf8_lossy(&output.stderr);
    match (output.status.success(), said.trim()) {
        (true, _) => Ok(()),
        (false, "") => Err(format!("unshare -rm, mount: {}", output.status)),
        (false, said) => Err(said.to_owned()),
    }
}

fn examples() -> Outcome {
    for name in ["embedded", "typed", "own_source", "mounted", "paused_time"] {
        command::run(&mut cargo(&["run", "--quiet", "--example", name]))?;
    }
    Ok(())
}

fn stranger() -> Outcome {
    let mut command = cargo(&[
        "test",
        "--quiet",
        "--manifest-path",
        "examples/stranger/Cargo.toml",
    ]);
    command::run(command.env("CARGO_TARGET_DIR", target().join("stranger")))
}

//! Tools that the tests need and that are no dependency: installed below `target/tools` if missing.

use crate::command::{cargo, root, run};
use std::path::PathBuf;

const CARGO_DENY: &str = "0.20.2";

/// Returns `cargo-deny`, installed if it is not there yet.
pub(crate) fn cargo_deny() -> Result<PathBuf, String> {
    let directory = root().join("target/tools");
    let program = directory.join("bin/cargo-deny");
    if !program.exists() {
        let directory = directory.to_string_lossy().into_owned();
        let build = root().join("target/tools/build");
        let mut command = cargo(&["install", "--quiet", "--locked", "cargo-deny"]);
        command.args([
            "--version",
            CARGO_DENY,
            "--no-default-features",
            "--root",
            &directory,
        ]);
        // Its own profile: the checks take a second, building it with full optimisation takes minutes.
        command.args(["--debug"]).env("CARGO_TARGET_DIR", build);
        run(&mut command)?;
    }
    Ok(program)
}

//! `cargo xtask conformance`: hands its arguments on to the runner of vectors.

use crate::command::{self, Outcome};

const RUNNER: &[&str] = &[
    "run",
    "--quiet",
    "--package",
    "argo-events-conformance",
    "--",
];

pub(crate) fn run(arguments: &[String]) -> Outcome {
    command::run(command::cargo(RUNNER).args(arguments))
}

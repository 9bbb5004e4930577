//! `argo-events validate`: every fault of every document, with its place.

use crate::{
    arguments::{Output, Validate},
    exit::{Exit, Failure},
    input,
    paint::counted,
};
use argo_events::{
    BuiltinKinds as _, Manifests, Registry,
    manifest::{Checks, Diagnostics},
};
use std::io::Write as _;

pub(crate) fn run(arguments: &Validate) -> Result<Exit, Failure> {
    let mut manifests = input::read(&arguments.paths)?;
    let checks = Checks::of_a_part().strict(arguments.strict);
    let diagnostics = manifests.check(&Registry::builtin(), &checks);
    let text = match arguments.output {
        Output::Json => serde_json::to_string(&diagnostics)
            .map_err(|error| Failure::new(Exit::InputWrong, error))?,
        Output::Text => summary(&manifests, &diagnostics),
    };
    // A closed pipe means that the reader has seen enough.
    let _ = writeln!(std::io::stdout(), "{text}");
    Ok(if diagnostics.has_errors() {
        Exit::InputWrong
    } else {
        Exit::Fine
    })
}

fn summary(manifests: &Manifests, diagnostics: &Diagnostics) -> String {
    let count = |count: usize, what| counted(count as u64, what);
    let files = count(manifests.files().len(), "file");
    if diagnostics.is_empty() {
        return format!("{files}, no faults");
    }
    let errors = count(diagnostics.errors(), "error");
    let warnings = count(diagnostics.warnings(), "warning");
    format!("{diagnostics}\n{files}, {errors}, {warnings}")
}

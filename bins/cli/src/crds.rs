//! `argo-events crds`: the custom resource definitions, and how much of another schema they know.

use crate::{
    arguments::{Crds, DefinitionFormat},
    exit::{Exit, Failure},
};
use argo_events::{
    BuiltinKinds as _, Registry,
    manifest::crd::{self, Coverage},
};
use serde_json::{Value, json};
use std::{fmt, fmt::Write as _, fs, io::Write as _, path::Path};

/// First line of a file, for whoever opens it to change something.
const HEADER: &str = "# Printed by `argo-events crds`; changes are lost.\n";

pub(crate) fn run(arguments: &Crds) -> Result<Exit, Failure> {
    let registry = Registry::builtin();
    let definitions = match arguments.kind {
        Some(kind) => crd::definition_of(&registry, kind.name())
            .into_iter()
            .collect(),
        None => crd::definitions(&registry),
    };
    let (text, exit) = match &arguments.coverage {
        Some(schema) => coverage(&definitions, schema)?,
        None => (print(definitions, arguments.output), Exit::Fine),
    };
    // A closed pipe means that the reader has seen enough.
    let _ = std::io::stdout().write_all(text.as_bytes());
    Ok(exit)
}

fn print(mut definitions: Vec<Value>, format: DefinitionFormat) -> String {
    match format {
        DefinitionFormat::Yaml => {
            let texts: Vec<_> = definitions
                .iter()
                .map(|it| format!("{HEADER}{}", crd::yaml(it)))
                .collect();
            texts.join("---\n")
        }
        DefinitionFormat::Json => {
            let whole = match definitions.len() {
                1 => definitions.remove(0),
                _ => json!({"apiVersion": "v1", "kind": "List", "items": definitions}),
            };
            format!("{whole:#}\n")
        }
    }
}

/// Compares definitions with a JSON schema; the input is wrong if a property is missing.
fn coverage(definitions: &[Value], path: &Path) -> Result<(String, Exit), Failure> {
    let schema = read(path)?;
    let (mut text, mut exit) = (String::new(), Exit::Fine);
    for definition in definitions {
        let kind = definition["spec"]["names"]["kind"]
            .as_str()
            .unwrap_or_default();
        let found = Coverage::of(definition, &schema)
            .ok_or_else(|| wrong(path, format_args!("there is no definition of {kind} in it")))?;
        if !found.missing.is_empty() {
            exit = Exit::InputWrong;
        }
        tell(kind, &found, &mut text);
    }
    Ok((text, exit))
}

fn tell(kind: &str, found: &Coverage, text: &mut String) {
    let Coverage {
        listed,
        kept,
        missing,
        ..
    } = found;
    let (missing_count, kept_count) = (missing.len(), found.kept());
    let all = listed + kept_count + missing_count;
    let lines = std::iter::once(format!(
        "{kind}: {all} properties, {listed} listed, {kept_count} kept without looking into them, \
         {missing_count} missing"
    ));
    let lines = lines.chain(
        kept.iter()
            .map(|(path, count)| format!("  kept {count:>5}  {path}")),
    );
    let lines = lines.chain(missing.iter().map(|path| format!("  missing     {path}")));
    for line in lines {
        writeln!(text, "{line}").expect("a String takes everything");
    }
}

fn read(path: &Path) -> Result<Value, Failure> {
    let text = fs::read_to_string(path).map_err(|error| wrong(path, error))?;
    serde_json::from_str(&text).map_err(|error| wrong(path, error))
}

fn wrong(path: &Path, message: impl fmt::Display) -> Failure {
    Failure::new(
        Exit::InputWrong,
        format_args!("{}: {message}", path.display()),
    )
}

//! `cargo xtask layout`: every kind is a folder with the same file names, and is registered.
//!
//! Names the line that was forgotten.

use crate::command::{Outcome, root};
use std::{collections::BTreeSet, fs, path::Path};

/// Where kinds live, the file beside `mod.rs` and `config.rs` that does the work, and the crate's manifest.
const FAMILIES: &[(&str, &str, &str)] = &[
    (
        "argo-events-sources/src",
        "source.rs",
        "argo-events-sources",
    ),
    (
        "argo-events-sensor/src/trigger",
        "trigger.rs",
        "argo-events-sensor",
    ),
];

/// Most lines of a source file before it wants to be two.
const MOST_LINES: usize = 500;

pub(crate) fn run() -> Outcome {
    let mut faults = Vec::new();
    for (folder, work, package) in FAMILIES {
        kinds(folder, work, package, &mut faults)?;
    }
    lengths(&root(), &mut faults)?;
    if faults.is_empty() {
        Ok(())
    } else {
        Err(faults.join("\n       "))
    }
}

fn kinds(folder: &str, work: &str, package: &str, faults: &mut Vec<String>) -> Outcome {
    let read = |path: String| {
        fs::read_to_string(root().join(&path)).map_err(|error| format!("{path}: {error}"))
    };
    let manifest = read(format!("{package}/Cargo.toml"))?;
    let parent = ["lib.rs", "mod.rs"]
        .iter()
        .find_map(|name| read(format!("{folder}/{name}")).ok());
    let parent = parent.ok_or(format!("{folder} has neither lib.rs nor mod.rs"))?;
    for kind in kind_folders(folder)? {
        for file in ["mod.rs", "config.rs", work, "example.yaml"] {
            if !root().join(folder).join(&kind).join(file).exists() {
                faults.push(format!("{folder}/{kind}/{file} is missing"));
            }
        }
        if !parent.contains(&format!("mod {kind};")) {
            faults.push(format!("{folder} does not say `pub mod {kind};`"));
        }
        if !parent.contains(&format!("{kind}::descriptor()")) {
            faults.push(format!("{folder} does not list `{kind}::descriptor()`"));
        }
        if !manifest
            .lines()
            .any(|line| line.starts_with(&format!("{kind} = [")))
        {
            faults.push(format!(
                "{package}/Cargo.toml has no feature `{kind} = […]`"
            ));
        }
    }
    Ok(())
}

/// A folder is a kind when it holds a configuration.
fn kind_folders(folder: &str) -> Result<BTreeSet<String>, String> {
    let entries =
        fs::read_dir(root().join(folder)).map_err(|error| format!("{folder}: {error}"))?;
    Ok(entries
        .filter_map(|entry| Some(entry.ok()?.path()))
        .filter(|path| path.join("config.rs").exists())
        .filter_map(|path| Some(path.file_name()?.to_str()?.to_owned()))
        .collect())
}

fn lengths(directory: &Path, faults: &mut Vec<String>) -> Outcome {
    let entries =
        fs::read_dir(directory).map_err(|error| format!("{}: {error}", directory.display()))?;
    for path in entries.filter_map(|entry| Some(entry.ok()?.path())) {
        let name = path
            .file_name()
            .and_then(|name| name.to_str())
            .unwrap_or_default();
        if path.is_dir() && !name.starts_with('.') && !name.starts_with("target") {
            lengths(&path, faults)?;
        } else if name.ends_with(".rs") {
            let lines = fs::read_to_string(&path).map_or(0, |text| text.lines().count());
            if lines > MOST_LINES {
                faults.push(format!(
                    "{} has {lines} lines: make it two files",
                    path.display()
                ));
            }
        }
    }
    Ok(())
}

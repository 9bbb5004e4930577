//! Replays the corpus of every fuzz target: what once broke a language stays mended.
//!
//! `cargo xtask fuzz` runs the same targets on inputs it makes up, see `fuzz/`.

mod functions;

use std::{fs, path::PathBuf};

/// Lists what lies in a folder of the fuzzing package.
fn entries(folder: &str) -> Vec<PathBuf> {
    let home = PathBuf::from(env!("CARGO_MANIFEST_DIR"))
        .join("fuzz")
        .join(folder);
    let entries = fs::read_dir(&home).unwrap_or_else(|error| panic!("{}: {error}", home.display()));
    entries
        .map(|entry| entry.expect("the folder can be listed").path())
        .collect()
}

/// Lists the targets that a folder has something for, in order.
fn targets(folder: &str) -> Vec<String> {
    let entries = entries(folder).into_iter();
    let names = entries.filter_map(|path| Some(path.file_stem()?.to_str()?.to_owned()));
    let mut names: Vec<_> = names.collect();
    names.sort();
    names
}

#[test]
fn every_target_has_a_program_and_a_corpus_and_nothing_else_has() {
    let mut known: Vec<_> = functions::TARGETS.iter().map(|(name, _)| *name).collect();
    known.sort_unstable();
    assert_eq!(targets("targets"), known);
    assert_eq!(targets("corpus"), known);
}

#[test]
fn every_input_of_the_corpus_ends_without_a_panic() {
    for (name, run) in functions::TARGETS {
        let inputs = entries(&format!("corpus/{name}"));
        assert!(!inputs.is_empty(), "the target {name} has no corpus");
        for input in inputs {
            eprintln!("{}", input.display());
            run(&fs::read(input).unwrap());
        }
    }
}

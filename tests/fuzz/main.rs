//! Replays the corpus of every fuzz target: what once broke a reader stays mended.
//!
//! `cargo xtask fuzz` runs the same targets on inputs it makes up.

mod functions;

use std::{fs, path::PathBuf};

fn corpus(target: &str) -> Vec<PathBuf> {
    let home = PathBuf::from(env!("CARGO_MANIFEST_DIR"))
        .join("tests/fuzz/corpus")
        .join(target);
    let entries = fs::read_dir(&home).unwrap_or_else(|error| panic!("{}: {error}", home.display()));
    entries
        .map(|entry| entry.expect("the corpus can be listed").path())
        .collect()
}

#[test]
fn every_input_of_the_corpus_ends_without_a_panic() {
    for (name, run) in functions::TARGETS {
        let inputs = corpus(name);
        assert!(!inputs.is_empty(), "the target {name} has no corpus");
        for input in inputs {
            eprintln!("{}", input.display());
            run(&fs::read(input).unwrap());
        }
    }
}

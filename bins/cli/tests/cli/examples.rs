//! Every folder of `examples/manifests` is without fault, and does what it says.

use super::harness::{call, path};
use std::{fs, path::PathBuf};

pub(crate) fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../examples/manifests")
}

fn folders() -> Vec<PathBuf> {
    let entries = fs::read_dir(root()).unwrap();
    entries
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.is_dir())
        .collect()
}

#[test]
fn every_example_is_without_fault() {
    for folder in folders() {
        let ended = call(&["validate", path(&folder), "--strict"]);
        let text = format!("{}{}", ended.out, ended.err);
        assert!(
            ended.code == Some(0) && ended.out.contains("no faults"),
            "{text}"
        );
    }
    let together = call(&["validate", path(&root())]);
    assert_eq!(together.code, Some(0), "{}", together.out);
}

#[test]
fn every_example_does_what_its_expectations_say() {
    let folders = folders();
    assert!(folders.len() >= 5);
    for folder in folders {
        let expectations = folder.join("expectations.yaml");
        let ended = call(&["test", path(&folder), "--expect", path(&expectations)]);
        assert_eq!(ended.code, Some(0), "{}{}", ended.out, ended.err);
        assert!(ended.out.ends_with(", failed 0\n"), "{}", ended.out);
    }
}

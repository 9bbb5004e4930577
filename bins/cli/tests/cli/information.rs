//! What the command says about itself.

use super::harness::call;

#[test]
fn kinds_are_listed_with_feature_and_state() {
    let ended = call(&["kinds"]);
    assert_eq!(ended.code, Some(0));
    for (family, kind) in [("source", "webhook"), ("trigger", "http"), ("bus", "local")] {
        let line = ended
            .out
            .lines()
            .find(|line| line.starts_with(family) && line.contains(kind));
        assert!(
            line.is_some_and(|line| line.ends_with("available")),
            "{kind}:\n{}",
            ended.out
        );
    }
    assert!(ended.out.contains("not in this build"), "{}", ended.out);
}

#[test]
fn kinds_are_listed_for_programs() {
    let ended = call(&["kinds", "--output", "json"]);
    let rows: serde_json::Value = serde_json::from_str(&ended.out).unwrap();
    let webhook = rows
        .as_array()
        .unwrap()
        .iter()
        .find(|row| row["kind"] == "webhook")
        .unwrap();
    assert_eq!(webhook["state"], "available");
}

#[test]
fn a_kind_is_shown_with_an_example_and_a_wrong_one_with_those_there_are() {
    let ended = call(&["kinds", "calendar"]);
    assert!(ended.out.contains("schedule:"), "{}", ended.out);
    let ended = call(&["kinds", "calender"]);
    assert_eq!(ended.code, Some(2));
    assert!(ended.err.contains("calendar"), "{}", ended.err);
}

#[test]
fn every_shell_gets_its_completions() {
    for shell in ["bash", "zsh", "fish", "powershell", "elvish"] {
        let ended = call(&["completions", shell]);
        assert!(
            ended.code == Some(0) && ended.out.contains("validate"),
            "{shell}"
        );
    }
}

#[test]
fn every_subcommand_explains_itself() {
    for name in [
        "run",
        "validate",
        "test",
        "kinds",
        "schema",
        "crds",
        "echo",
        "completions",
    ] {
        let ended = call(&[name, "--help"]);
        assert!(
            ended.code == Some(0) && ended.out.contains("Usage: argo-events "),
            "{name}"
        );
    }
    let ended = call(&["--help"]);
    assert!(
        ended
            .out
            .contains("Exit codes: 0 fine, 1 the input is wrong"),
        "{}",
        ended.out
    );
}

#[test]
fn a_wrong_call_ends_with_2() {
    for arguments in [&["run"][..], &["frobnicate"], &["test", "."]] {
        assert_eq!(call(arguments).code, Some(2), "{arguments:?}");
    }
}

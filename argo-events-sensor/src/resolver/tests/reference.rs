//! What conditions and resets mean in the reference, row by row of the compatibility ledger.

use super::Ours;
use argo_events_core::{Firing, Timestamp};
use argo_events_testkit::resolver::{Script, Setup};

fn script(condition: &'static str, dependencies: &[&str]) -> Script<'static> {
    Script::new(&Ours, Setup::new(condition, dependencies))
}

/// Spells what fired: names and ids.
fn spell(firings: &[Firing]) -> Vec<String> {
    let events = |firing: &Firing| {
        let spelled = firing
            .events()
            .map(|(name, event)| format!("{name}={}", event.id()));
        spelled.collect::<Vec<_>>().join(" ")
    };
    firings.iter().map(events).collect()
}

#[test]
fn cnd_01_the_default_needs_every_dependency() {
    let mut script = script("", &["a", "b", "c"]);
    assert!(script.event(2, "1", 0).is_empty());
    assert!(script.event(0, "2", 0).is_empty());
    assert_eq!(spell(&script.event(1, "3", 0)), ["a=2 b=3 c=1"]);
}

#[test]
fn cnd_06_without_an_and_each_event_fires_alone() {
    let mut script = script("a || b", &["a", "b"]);
    assert_eq!(spell(&script.event(0, "1", 0)), ["a=1"]);
    assert_eq!(spell(&script.event(1, "2", 0)), ["b=2"]);
    assert_eq!(spell(&script.event(1, "3", 0)), ["b=3"]);
    assert_eq!(script.resolver().pending(), 0);
}

#[test]
fn cnd_07_saved_and_current_events_are_asked_after_each_event() {
    let mut script = script("(a || b) && (c || d)", &["a", "b", "c", "d"]);
    assert!(script.event(0, "1", 0).is_empty());
    assert!(script.event(1, "2", 0).is_empty());
    assert_eq!(script.event(3, "3", 0).len(), 1);
}

#[test]
fn cnd_08_a_firing_holds_everything_saved_and_the_current_event() {
    let mut script = script("(a && b) || c", &["a", "b", "c"]);
    script.event(0, "1", 0);
    assert_eq!(spell(&script.event(2, "2", 0)), ["a=1 c=2"]);
}

#[test]
fn cnd_09_a_firing_forgets_every_dependency_of_its_trigger() {
    let mut script = script("(a && b) || c", &["a", "b", "c"]);
    script.event(0, "1", 0);
    script.event(2, "2", 0);
    assert!(script.event(1, "3", 0).is_empty());
    assert_eq!(spell(&script.event(0, "4", 0)), ["a=4 b=3"]);
}

#[test]
fn cnd_10_a_newer_event_replaces_the_saved_one_of_its_dependency() {
    let mut script = script("a && b", &["a", "b"]);
    for id in ["1", "2", "3"] {
        script.event(0, id, 0);
    }
    assert_eq!(spell(&script.event(1, "4", 0)), ["a=3 b=4"]);
}

#[test]
fn cnd_15_every_event_of_an_and_is_handed_out() {
    let mut script = script("a && b && c", &["a", "b", "c"]);
    script.event(1, "1", 0);
    script.event(2, "2", 0);
    assert_eq!(script.event(0, "3", 0)[0].held().len(), 3);
}

#[test]
fn rst_01_a_reset_forgets_what_is_half_met() {
    let mut script = script("a && b", &["a", "b"]);
    script.event(0, "1", 59);
    script.resolver().reset(Timestamp::from_millis(60_000));
    assert!(script.event(1, "2", 61).is_empty());
    assert_eq!(spell(&script.event(0, "3", 62)), ["a=3 b=2"]);
}

#[test]
fn rst_04_a_tick_missed_while_down_drops_what_was_saved_before_it() {
    let mut script = script("a && b", &["a", "b"]);
    script.event(0, "1", 59);
    script.checkpoint();
    script.restart();
    script.resolver().reset(Timestamp::from_millis(60_000));
    assert_eq!(script.resolver().pending(), 0);
}

//! What fires, what it holds, and what is forgotten then.

use super::{fired, rebuilt};
use crate::resolver::Script;
use argo_events_core::{
    FiringId,
    resolver::{Observed, Rejection},
};
use std::collections::HashSet;

pub(super) fn holds_every_event(script: &mut Script<'_>) {
    fired(&script.event(1, "1", 0), &[]);
    fired(&script.event(0, "2", 1), &["a=2 b=1"]);
}

pub(super) fn holds_as_many_as_needed(script: &mut Script<'_>) {
    for id in ["1", "2", "3", "4"] {
        fired(&script.event(0, id, 0), &[]);
    }
    fired(&script.event(1, "5", 0), &["a=2 a=3 a=4 b=5"]);
    for id in ["6", "7"] {
        fired(&script.event(0, id, 0), &[]);
    }
    fired(&script.event(1, "8", 0), &[]);
    fired(&script.event(0, "9", 0), &["a=6 a=7 a=9 b=8"]);
}

pub(super) fn latest_replaces(script: &mut Script<'_>) {
    script.event(0, "1", 0);
    script.event(0, "2", 1);
    fired(&script.event(1, "3", 2), &["a=2 b=3"]);
}

pub(super) fn first_is_kept(script: &mut Script<'_>) {
    script.event(0, "1", 0);
    script.event(0, "2", 1);
    fired(&script.event(1, "3", 2), &["a=1 b=3"]);
}

pub(super) fn all_are_kept(script: &mut Script<'_>) {
    script.event(0, "1", 0);
    script.event(0, "2", 1);
    fired(&script.event(1, "3", 2), &["a=1 a=2 b=3"]);
}

pub(super) fn firing_forgets(script: &mut Script<'_>) {
    script.event(0, "1", 0);
    fired(&script.event(2, "2", 1), &["a=1 c=2"]);
    assert_eq!(
        script.resolver().pending(),
        0,
        "events that wait after a firing"
    );
    fired(&script.event(1, "3", 2), &[]);
    fired(&script.event(0, "4", 3), &["a=4 b=3"]);
}

pub(super) fn other_keys_stay(script: &mut Script<'_>) {
    script.keyed(0, "1", "\"x\"", 0);
    script.keyed(0, "2", "\"y\"", 0);
    fired(&script.keyed(1, "3", "\"x\"", 0), &["a=1 b=3"]);
    assert_eq!(
        script.resolver().pending(),
        1,
        "events that wait under another key"
    );
    fired(&script.keyed(1, "4", "\"y\"", 0), &["a=2 b=4"]);
}

pub(super) fn keys_are_texts(script: &mut Script<'_>) {
    script.keyed(0, "1", "7", 0);
    script.keyed(0, "2", "true", 0);
    fired(&script.keyed(1, "3", "\"7\"", 0), &["a=1 b=3"]);
    fired(&script.keyed(1, "4", "\"true\"", 0), &["a=2 b=4"]);
}

pub(super) fn nothing_fires_twice(script: &mut Script<'_>) {
    let mut seen = HashSet::new();
    for number in 0..200_u16 {
        let dependency = number * 7 % 11 % 3;
        for firing in script.event(dependency, &number.to_string(), number.into()) {
            for (_, event) in firing.events() {
                assert!(
                    seen.insert(event.id().to_owned()),
                    "event {} fired twice",
                    event.id()
                );
            }
        }
    }
    assert!(!seen.is_empty(), "nothing fired at all");
}

pub(super) fn id_is_stable(script: &mut Script<'_>) {
    let mut other = script.another();
    let first = pair(script, 0);
    other.event(0, "unrelated", 1);
    other.checkpoint();
    assert_eq!(
        first,
        pair(&mut other, 1_000),
        "same events at another time"
    );
    let firing = script.resolver().open().remove(0);
    assert_eq!(
        rebuilt(&firing).id(),
        first,
        "same events in a firing built anew"
    );
}

fn pair(script: &mut Script<'_>, seconds: i64) -> FiringId {
    script.event(0, "1", seconds);
    script.event(1, "2", seconds).remove(0).id()
}

pub(super) fn key_is_required(script: &mut Script<'_>) {
    for (body, reason) in [
        ("{}", Rejection::KeyMissing),
        (r#"{"key":null}"#, Rejection::KeyMissing),
        (r#"{"key":{"id":1}}"#, Rejection::KeyNotScalar),
        (r#"{"key":[1]}"#, Rejection::KeyNotScalar),
    ] {
        let (observed, _) = script.observe(0, "1", body, 0);
        assert_eq!(observed, Observed::Rejected(reason), "{body}");
    }
    assert_eq!(
        script.resolver().pending(),
        0,
        "events without a key that wait"
    );
    assert!(!script.checkpoint(), "a rejected event was written");
}

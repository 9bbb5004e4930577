//! What time, resets and limits do.

use super::fired;
use crate::resolver::{Script, script::at};
use argo_events_core::resolver::{Observed, Rejection};

pub(super) fn window_is_dropped(script: &mut Script<'_>) {
    script.event(0, "1", 100);
    let deadline = script.resolver().next_deadline();
    assert!(
        deadline.is_some_and(|deadline| deadline <= at(110)),
        "deadline {deadline:?}"
    );
    fired(&script.advance(109), &[]);
    assert_eq!(
        script.resolver().pending(),
        1,
        "waiting before the window ends"
    );
    fired(&script.advance(110), &[]);
    assert_eq!(
        script.resolver().pending(),
        0,
        "waiting after the window ended"
    );
    fired(&script.event(1, "2", 110), &[]);
}

pub(super) fn window_fires(script: &mut Script<'_>) {
    script.event(0, "1", 100);
    script.keyed(1, "2", "\"other\"", 105);
    fired(&script.advance(110), &["a=1"]);
    fired(&script.advance(110), &[]);
    fired(&script.advance(200), &["b=2"]);
    assert_eq!(
        script.resolver().next_deadline(),
        None,
        "a deadline with nothing waiting"
    );
}

pub(super) fn late_event_begins_anew(script: &mut Script<'_>) {
    script.event(0, "1", 100);
    fired(&script.event(1, "2", 110), &[]);
    fired(&script.event(0, "3", 119), &["a=3 b=2"]);
}

pub(super) fn reset_forgets(script: &mut Script<'_>) {
    script.event(0, "1", 0);
    script.event(1, "2", 0);
    script.event(0, "3", 5);
    script.resolver().reset(at(5));
    assert_eq!(
        script.resolver().pending(),
        1,
        "what arrived at the reset stays"
    );
    script.resolver().reset(at(6));
    assert_eq!(
        script.resolver().pending(),
        0,
        "what arrived before the reset goes"
    );
    assert_eq!(script.open(), ["a=1 b=2"], "open after a reset");
    script.checkpoint();
    script.restart();
    fired(&script.event(1, "4", 7), &[]);
}

pub(super) fn before_reset(script: &mut Script<'_>) {
    script.event(0, "1", 9);
    script.resolver().reset(at(8));
    let (observed, firings) = script.observe(1, "2", "{}", 7);
    assert_eq!(observed, Observed::Rejected(Rejection::BeforeReset));
    fired(&firings, &[]);
    fired(&script.event(2, "3", 7), &["c=3"]);
    fired(&script.event(1, "4", 9), &["a=1 b=4"]);
}

pub(super) fn one_event_is_kept(script: &mut Script<'_>) {
    for number in 0..1_000 {
        script.event(0, &number.to_string(), number);
    }
    assert_eq!(script.resolver().pending(), 1, "events that wait");
}

pub(super) fn oldest_gives_way(script: &mut Script<'_>) {
    for number in 0..10 {
        script.keyed(0, &format!("a{number}"), &number.to_string(), number);
    }
    assert_eq!(script.resolver().pending(), 3, "keys that wait");
    assert_eq!(script.resolver().losses().evicted, 7, "keys that gave way");
    fired(&script.keyed(1, "x", "6", 20), &[]);
    fired(&script.keyed(1, "y", "9", 20), &["a=a9 b=y"]);
}

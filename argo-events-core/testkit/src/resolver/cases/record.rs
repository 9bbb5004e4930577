//! What lasts over a restart: records, snapshots, firings that are open.

use super::{fired, rebuilt};
use crate::resolver::{Script, script::ids};
use argo_events_core::Firing;

pub(super) fn open_until_committed(script: &mut Script<'_>) {
    script.event(0, "1", 0);
    script.event(1, "2", 0);
    assert_eq!(script.open(), ["a=1 b=2"], "open before a checkpoint");
    script.checkpoint();
    script.restart();
    assert_eq!(script.open(), ["a=1 b=2"], "open after a restart");
    let open = script.resolver().open();
    script.commit(&open);
    assert!(script.open().is_empty(), "open after the commit");
    script.checkpoint();
    script.restart();
    assert!(script.open().is_empty(), "open after commit and restart");
}

pub(super) fn committed_in_any_order(script: &mut Script<'_>) {
    let mut firings = Vec::new();
    for number in 0..100 {
        script.event(0, &format!("a{number}"), number);
        firings.extend(script.event(1, &format!("b{number}"), number));
    }
    script.checkpoint();
    script.commit(&firings[50..]);
    let copies: Vec<_> = firings[..49].iter().map(rebuilt).collect();
    script.commit(&copies);
    assert_eq!(
        script.open(),
        ["a=a49 b=b49"],
        "the one that was not committed"
    );
    script.checkpoint();
    script.restart();
    assert_eq!(script.open(), ["a=a49 b=b49"], "the same after a restart");
    script.commit(&firings);
    assert!(
        script.open().is_empty(),
        "a commit of what is not open does no harm"
    );
}

/// Runs a story on one resolver, and on another one that is restarted after every step.
pub(super) fn restored_behaves_alike(script: &mut Script<'_>) {
    let mut steady = script.another();
    let mut open: Vec<Firing> = Vec::new();
    for step in 0..240_i64 {
        let (dependency, id) = ((step * 5 % 13 % 3) as u16, step.to_string());
        let key = format!("{}", step * 3 % 7);
        let expected = steady.keyed(dependency, &id, &key, step);
        let mut firings = script.keyed(dependency, &id, &key, step);
        assert_eq!(
            ids(&firings),
            ids(&expected),
            "step {step} fires otherwise after restarts"
        );
        if step % 9 == 0 {
            let expected = ids(&steady.advance(step));
            assert_eq!(
                ids(&script.advance(step)),
                expected,
                "time {step} fires otherwise"
            );
        }
        open.append(&mut firings);
        if step % 4 == 0 && !open.is_empty() {
            let done = [open.remove(0)];
            script.commit(&done);
            steady.commit(&done);
        }
        restart(script, step);
        alike(script, &mut steady, step);
    }
}

fn restart(script: &mut Script<'_>, step: i64) {
    script.checkpoint();
    if step % 50 == 49 {
        script.snapshot();
    }
    script.restart();
}

fn alike(script: &mut Script<'_>, steady: &mut Script<'_>, step: i64) {
    assert_eq!(script.open(), steady.open(), "open after step {step}");
    let (restored, steady) = (script.resolver(), steady.resolver());
    assert_eq!(
        restored.pending(),
        steady.pending(),
        "waiting after step {step}"
    );
    assert_eq!(
        restored.next_deadline(),
        steady.next_deadline(),
        "deadline after step {step}"
    );
}

pub(super) fn snapshot_replaces(script: &mut Script<'_>) {
    script.event(0, "1", 0);
    script.event(2, "2", 0);
    script.checkpoint();
    script.event(1, "3", 0);
    script.snapshot();
    script.restart();
    assert_eq!(script.open(), ["a=1 c=2"], "open after a snapshot");
    fired(&script.event(0, "4", 0), &["a=4 b=3"]);
    assert!(script.checkpoint(), "a firing after a snapshot is written");
    script.restart();
    assert_eq!(
        script.open(),
        ["a=1 c=2", "a=4 b=3"],
        "open after snapshot and checkpoint"
    );
}

pub(super) fn nothing_changed(script: &mut Script<'_>) {
    assert!(!script.checkpoint(), "a new resolver wrote something");
    script.event(0, "1", 0);
    assert!(script.checkpoint(), "an event that waits was not written");
    assert!(!script.checkpoint(), "it was written twice");
    let firings = script.event(1, "2", 0);
    script.commit(&firings);
    assert!(
        script.checkpoint(),
        "that the event is gone was not written"
    );
    script.event(0, "3", 0);
    let firings = script.event(1, "4", 0);
    script.commit(&firings);
    assert!(
        !script.checkpoint(),
        "what came and went between two checkpoints was written"
    );
    script.restart();
    assert!(!script.checkpoint(), "a restored resolver wrote something");
}

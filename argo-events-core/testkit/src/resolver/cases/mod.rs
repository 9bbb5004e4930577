//! The promises, each with the story that shows whether it is kept.

mod firing;
mod record;
mod time;

use super::{
    Case, Setup,
    script::{Script, ids},
};
use argo_events_core::{
    Firing,
    api::{GoDuration, Join, JoinKeep, JoinKey, JoinOnExpire},
};

/// Shortens the list: promise, what is promised, what is needed, and the story.
const fn case(
    id: &'static str,
    name: &'static str,
    setup: fn() -> Setup,
    run: fn(&mut Script<'_>),
) -> Case {
    Case {
        id,
        name,
        setup,
        run,
    }
}

#[rustfmt::skip]
pub(super) const ALL: &[Case] = &[
    case("RES-01", "a firing holds every event that made the condition true", both, firing::holds_every_event),
    case("RES-01", "a dependency that needs several events hands them out", three_of_a, firing::holds_as_many_as_needed),
    case("RES-02", "the latest event of a dependency replaces an earlier one", both, firing::latest_replaces),
    case("RES-02", "a join that keeps the first events keeps the first", first, firing::first_is_kept),
    case("RES-02", "a join that keeps all events hands all out", all, firing::all_are_kept),
    case("RES-03", "a firing forgets what it hands out and what it does not need", either, firing::firing_forgets),
    case("RES-03", "a firing forgets its own key only", keyed, firing::other_keys_stay),
    case("RES-03", "a number and its text are the same key", keyed, firing::keys_are_texts),
    case("RES-04", "an event is part of one firing at most", either, firing::nothing_fires_twice),
    case("RES-05", "a firing stays open until it is committed", both, record::open_until_committed),
    case("RES-05", "firings are committed in any order", both, record::committed_in_any_order),
    case("RES-06", "a restored resolver behaves as the one that wrote", either, record::restored_behaves_alike),
    case("RES-06", "a restored join behaves as the one that wrote", windowed_all, record::restored_behaves_alike),
    case("RES-06", "a snapshot replaces all earlier records", either, record::snapshot_replaces),
    case("RES-07", "a window that ends is dropped, neither early nor late", windowed, time::window_is_dropped),
    case("RES-07", "a window that ends fires what is there if asked to", firing_at_the_end, time::window_fires),
    case("RES-07", "an event after the end of its window begins anew", windowed, time::late_event_begins_anew),
    case("RES-08", "a reset forgets what waits and leaves open firings alone", both, time::reset_forgets),
    case("RES-08", "an event from before the reset meets nobody", either, time::before_reset),
    case("RES-09", "the id of a firing depends on names and event ids alone", both, firing::id_is_stable),
    case("RES-10", "of a dependency that waits one event is kept", both, time::one_event_is_kept),
    case("RES-10", "at the most keys that may wait the oldest gives way", few_keys, time::oldest_gives_way),
    case("RES-11", "a checkpoint gives nothing when nothing changed", both, record::nothing_changed),
    case("RES-12", "an event without a key changes nothing and says why", keyed, firing::key_is_required),
];

fn both() -> Setup {
    Setup::new("a && b", &["a", "b"])
}

fn either() -> Setup {
    Setup::new("(a && b) || c", &["a", "b", "c"])
}

fn three_of_a() -> Setup {
    both().at_least(3)
}

fn by_key() -> Join {
    Join {
        key: Some(JoinKey::All("key".to_owned())),
        ..Join::default()
    }
}

fn ten_seconds() -> Join {
    Join {
        within: Some(GoDuration(10_000_000_000)),
        ..by_key()
    }
}

fn keyed() -> Setup {
    both().join(by_key())
}

fn first() -> Setup {
    both().join(Join {
        keep: JoinKeep::First,
        ..by_key()
    })
}

fn all() -> Setup {
    both().join(Join {
        keep: JoinKeep::All,
        ..by_key()
    })
}

fn windowed() -> Setup {
    both().join(ten_seconds())
}

fn windowed_all() -> Setup {
    let (keep, on_expire) = (JoinKeep::All, JoinOnExpire::Fire);
    either().join(Join {
        keep,
        on_expire,
        ..ten_seconds()
    })
}

fn firing_at_the_end() -> Setup {
    both().join(Join {
        on_expire: JoinOnExpire::Fire,
        ..ten_seconds()
    })
}

fn few_keys() -> Setup {
    both().join(Join {
        max_keys: Some(3),
        ..by_key()
    })
}

/// Asserts what fired, spelled as [`ids`] does.
#[track_caller]
fn fired(firings: &[Firing], expected: &[&str]) {
    assert_eq!(ids(firings), expected, "what fired");
}

/// Returns the same firing as somebody builds it who has read it from elsewhere.
fn rebuilt(firing: &Firing) -> Firing {
    Firing::new(firing.shape().clone(), firing.held().to_vec())
}

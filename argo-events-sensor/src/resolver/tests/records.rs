//! Records that nobody wrote: an error at most, never a panic, and no harm afterwards.

use super::{Ours, event, plan};
use crate::resolver::Resolvers;
use argo_events_core::{
    Arrival, DependencyResolver, Timestamp,
    api::{Join, JoinKeep},
};
use argo_events_testkit::resolver::{ResolverHarness as _, Setup};
use bytes::Bytes;
use proptest::prelude::*;
use std::time::Duration;

fn setups() -> [Setup; 2] {
    let plain = Setup::new("a && b", &["a", "b"]);
    let join = Join {
        keep: JoinKeep::All,
        ..Join::default()
    };
    [plain.clone(), plain.at_least(2).join(join)]
}

/// Writes a record in which everything occurs: a firing, a closed one, a reset, an event that waits.
fn record(resolver: &mut dyn DependencyResolver) -> Vec<u8> {
    let mut firings = Vec::new();
    for (dependency, id) in [
        (0, "1"),
        (0, "2"),
        (1, "3"),
        (0, "4"),
        (0, "5"),
        (1, "6"),
        (0, "7"),
    ] {
        let at = Timestamp::from_millis(50);
        resolver.observe(
            Arrival {
                dependency,
                event: &event(id),
                at,
            },
            &mut firings,
        );
        if id == "3" {
            resolver.checkpoint(&mut Vec::new());
            resolver.commit(&firings[0]);
        }
    }
    resolver.reset(Timestamp::from_millis(20));
    let mut record = Vec::new();
    assert!(resolver.checkpoint(&mut record));
    record
}

/// Uses a resolver after it read something strange.
fn use_it(resolver: &mut dyn DependencyResolver) {
    let mut firings = resolver.open();
    for (dependency, id) in [(0, "x"), (1, "y"), (0, "z")] {
        let at = Timestamp::from_millis(60);
        resolver.observe(
            Arrival {
                dependency,
                event: &event(id),
                at,
            },
            &mut firings,
        );
    }
    resolver.advance(
        Timestamp::from_millis(60) + Duration::from_secs(1),
        &mut firings,
    );
    firings.iter().for_each(|firing| resolver.commit(firing));
    resolver.forget(0);
    resolver.checkpoint(&mut Vec::new());
    resolver.snapshot(&mut Vec::new());
}

fn try_to_restore(setup: &Setup, record: Vec<u8>) {
    let mut resolver = Ours.resolver(setup).unwrap();
    if resolver.restore(&record.clone().into()).is_ok() {
        use_it(&mut *resolver);
    }
    let mut lane = Resolvers::new([plan(setup)]);
    if lane.restore([Bytes::from(record)]).is_ok() {
        let mut firings = lane.open();
        lane.advance(Timestamp::MAX, &mut firings);
        lane.snapshot(&mut Vec::new());
    }
}

proptest! {
    #[test]
    fn any_bytes_are_an_error_or_a_record(bytes: Vec<u8>, everything: bool) {
        for setup in setups() {
            try_to_restore(&setup, bytes.clone());
            let headed = [&[1, u8::from(everything)], &bytes[..]].concat();
            try_to_restore(&setup, headed);
        }
    }

    #[test]
    fn a_damaged_record_does_no_harm(which: prop::sample::Index, byte: u8, insert: bool) {
        for setup in setups() {
            let mut damaged = record(&mut *Ours.resolver(&setup).unwrap());
            let at = which.index(damaged.len());
            if insert { damaged.insert(at, byte) } else { damaged[at] = byte }
            try_to_restore(&setup, damaged);
        }
    }
}

#[test]
fn a_record_that_was_cut_or_continued_is_an_error() {
    for setup in setups() {
        let whole = record(&mut *Ours.resolver(&setup).unwrap());
        for length in 0..whole.len() {
            let cut = Bytes::copy_from_slice(&whole[..length]);
            let error = Ours.resolver(&setup).unwrap().restore(&cut).unwrap_err();
            assert!(
                error.to_string().starts_with("not a checkpoint record"),
                "{error}"
            );
        }
        let longer = [&whole[..], &[0]].concat().into();
        assert!(Ours.resolver(&setup).unwrap().restore(&longer).is_err());
    }
}

#[test]
fn a_record_of_an_unknown_version_is_an_error() {
    let error = Resolvers::new([])
        .restore([Bytes::from_static(&[9])])
        .unwrap_err();
    assert_eq!(
        error.message(),
        "not a checkpoint record: version 9 is unknown"
    );
}

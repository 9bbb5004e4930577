//! One function per target; each also holds what must be true of any answer.

use argo_events::core::event::codec;
use argo_events::{
    BuiltinKinds as _,
    core::Registry,
    manifest::{Checks, Manifests},
};

/// A target: what it is called, and how it runs an input.
type Target = (&'static str, fn(&[u8]));

/// All targets.
#[cfg_attr(
    not(test),
    expect(dead_code, reason = "a fuzzing binary runs one target only")
)]
pub(crate) const TARGETS: &[Target] = &[("codec", codec), ("manifest", manifest)];

/// Reads an event off the bus; what was read is written and read again unchanged.
pub(crate) fn codec(input: &[u8]) {
    let Ok(event) = codec::decode(&input.to_vec().into()) else {
        return;
    };
    // As in the reference, `Data` is an extension, which comes out as the body.
    if event.extension("data").is_some() {
        return;
    }
    let written = codec::encode(&event);
    let again = codec::decode(&written.clone().into()).expect("what was written can be read");
    assert_eq!(codec::encode(&again), written);
}

/// Reads manifests and looks for mistakes, twice the same ones.
pub(crate) fn manifest(input: &[u8]) {
    let Ok(text) = str::from_utf8(input) else {
        return;
    };
    let registry = Registry::builtin();
    let found = || {
        let diagnostics =
            Manifests::from_text("fuzzed.yaml", text).check(&registry, &Checks::default());
        diagnostics.to_string()
    };
    assert_eq!(found(), found());
}

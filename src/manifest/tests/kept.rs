//! Schemas that a registry keeps.

use super::*;
use argo_events_core::{
    FieldPath, Problems,
    registry::{Placement, SourceConfig, SourceDescriptor},
};
use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::{Deserialize, Serialize};
use std::{
    borrow::Cow,
    sync::atomic::{AtomicUsize, Ordering},
};

/// A kind that counts how often its schema is made.
#[derive(Serialize, Deserialize)]
struct Ticks {}

static MADE: AtomicUsize = AtomicUsize::new(0);

impl JsonSchema for Ticks {
    fn schema_name() -> Cow<'static, str> {
        "Ticks".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        MADE.fetch_add(1, Ordering::Relaxed);
        schemars::json_schema!({ "type": "object" })
    }
}

impl SourceConfig for Ticks {
    const KIND: &'static str = "ticks";
    const PLACEMENT: Placement = Placement::Single;

    fn validate(&self, _: &FieldPath, _: &mut Problems) {}
}

const SOURCE: &str = "apiVersion: argoproj.io/v1alpha1
kind: EventSource
metadata: { name: clock }
spec: { ticks: { second: {} } }
";

fn errors(registry: &Registry) -> bool {
    let (_, found) = Manifests::checked([("clock", SOURCE)], registry, &Checks::of_a_part());
    found.has_errors()
}

#[test]
fn schemas_are_kept_until_a_kind_is_added() {
    let registry = Registry::default().keeping();
    let with_ticks = registry
        .clone()
        .with(SourceDescriptor::config_only::<Ticks>());
    let once = || (0..3).any(|_| errors(&with_ticks));
    assert!(!once(), "what was added counts");
    assert_eq!(
        MADE.load(Ordering::Relaxed),
        1,
        "made for the first of three"
    );
    let again = with_ticks.with(SourceDescriptor::config_only::<Ticks>());
    assert!(!errors(&again));
    assert_eq!(
        MADE.load(Ordering::Relaxed),
        2,
        "made for the other entries"
    );
}

#[test]
fn reading_and_checking_at_once_finds_the_same() {
    let text =
        sensor("    - template: { name: close, conditions: paid && shiped, log: {}, x: 1 }\n");
    let secret = "apiVersion: v1\nkind: Secret\nmetadata: { name: s }\nstringData: { k: v }\n";
    let (registry, checks) = (Registry::builtin(), Checks::default());
    let (at_once, found) =
        Manifests::checked([("a", text.as_str()), ("b", secret)], &registry, &checks);
    let mut one_by_one = Manifests::from_text("a", text);
    one_by_one.extend(Manifests::from_text("b", secret));
    assert_eq!(found, one_by_one.check(&registry, &checks));
    assert_eq!(at_once.files(), one_by_one.files());
    assert_eq!(at_once.sensors.len(), one_by_one.sensors.len());
    let keys = |manifests: &Manifests| manifests.secrets.secret_keys().count();
    assert_eq!((keys(&at_once), keys(&one_by_one)), (1, 1));
}

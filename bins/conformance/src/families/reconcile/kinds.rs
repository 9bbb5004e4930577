//! Stands in for kinds of sources that are not built: controllers care for none of them, and must
//! treat them all alike.

use argo_events::{BuiltinKinds as _, Registry, sources::kinds};
use argo_events_core::{
    FieldPath, Problems,
    registry::{Placement, SourceConfig, SourceDescriptor},
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::sync::LazyLock;

/// Every kind of the reference; those that are not built take any configuration.
pub(super) static ALL: LazyLock<Registry> = LazyLock::new(|| {
    let built = Registry::builtin();
    let missing = kinds::ALL
        .iter()
        .filter(|kind| built.source(kind.key).is_err());
    let missing: Vec<&kinds::Kind> = missing.collect();
    missing.into_iter().fold(built, |registry, kind| {
        let mut descriptor = SourceDescriptor::config_only::<Anything>();
        descriptor.kind = kind.key;
        descriptor.placement = kind.placement;
        registry.with(descriptor)
    })
});

/// A configuration that is right whatever it says.
#[derive(Serialize, Deserialize, JsonSchema)]
struct Anything(Value);

impl SourceConfig for Anything {
    const KIND: &'static str = "anything";
    const PLACEMENT: Placement = Placement::Single;

    fn validate(&self, _: &FieldPath, _: &mut Problems) {}
}

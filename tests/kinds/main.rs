//! The example of every kind is one that works: it is free of problems and can be built.

use argo_events::{
    BuiltinKinds as _, Registry, SystemClock,
    core::{
        registry::{BusBuild, TriggerBuild},
        secret::MemorySecrets,
    },
    manifest::{Checks, Manifests},
};
use serde_json::json;
use std::sync::Arc;

/// Puts an example in its place in a manifest, checks that and returns what was read.
fn checked(registry: &Registry, kind: &str, head: &str, indent: usize, example: &str) -> Manifests {
    let margin = " ".repeat(indent);
    let lines = example.lines().map(|line| format!("{margin}{line}\n"));
    let text = format!(
        "apiVersion: argoproj.io/v1alpha1\n{head}{}",
        lines.collect::<String>()
    );
    let mut manifests = Manifests::from_text(format!("{kind}.yaml"), text.as_str());
    let diagnostics = manifests.check(registry, &Checks::of_a_part().strict(true));
    assert!(diagnostics.is_empty(), "{kind}\n{text}\n{diagnostics}");
    manifests
}

#[test]
fn the_example_of_every_source_is_valid_and_can_be_built() {
    let registry = Registry::builtin();
    let available = registry.sources().iter().filter(|kind| kind.is_available());
    for source in available {
        let kind = source.kind;
        assert!(!source.example.is_empty(), "{kind} has no example");
        let head = format!(
            "kind: EventSource\nmetadata: {{ name: example }}\nspec:\n  {kind}:\n    example:\n"
        );
        let manifests = checked(&registry, kind, &head, 6, source.example);
        let spec = &manifests.event_sources[0].spec;
        let (found, _, config) = spec.events().next().expect("the example is there");
        assert_eq!(found, kind);
        let built = source.build(config).expect("the example can be built");
        assert_eq!(built.kind(), kind);
    }
}

#[test]
fn the_example_of_every_trigger_is_valid_and_can_be_built() {
    let registry = Registry::builtin();
    let available = registry
        .triggers()
        .iter()
        .filter(|kind| kind.is_available());
    for trigger in available {
        let kind = trigger.kind;
        assert!(!trigger.example.is_empty(), "{kind} has no example");
        let head = "kind: Sensor\nmetadata: { name: example }\nspec:\n  dependencies:\n    \
            - { name: paid, eventSourceName: shop, eventName: paid }\n  triggers:\n    \
            - template:\n        name: example\n";
        let manifests = checked(&registry, kind, head, 8, trigger.example);
        let template = manifests.sensors[0].spec.triggers[0].template.as_ref();
        let template = template.expect("the template is there");
        let config = template
            .kinds
            .get(kind)
            .expect("the example names its kind");
        let secrets = Arc::new(MemorySecrets::default());
        let build = TriggerBuild::new("example", "example", secrets, Arc::new(SystemClock));
        let built = trigger
            .build(config, &build)
            .expect("the example can be built");
        assert_eq!(built.kind(), kind);
    }
}

#[tokio::test]
async fn every_embedded_bus_opens_with_its_defaults() {
    let registry = Registry::builtin();
    for kind in ["memory", "local"] {
        let bus = registry.bus(kind).expect("it is built in");
        let head = "kind: EventBus\nmetadata: { name: default }\nspec:\n";
        checked(&registry, kind, head, 2, &format!("{kind}: {{}}"));
        let directory = tempfile::tempdir().unwrap();
        let secrets = Arc::new(MemorySecrets::default());
        let build = BusBuild::new("default", directory.path(), secrets, Arc::new(SystemClock));
        let opened = bus.build(&json!({}), build).await.expect("it opens");
        assert_eq!(opened.kind(), kind);
        opened.close().await.expect("it closes");
    }
}

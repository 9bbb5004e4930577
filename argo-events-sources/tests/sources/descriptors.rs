//! What the registry is told about each kind.

use argo_events_core::{FieldPath, Problems};
use argo_events_sources::{descriptors, kinds};
use serde_json::Value;

#[test]
fn every_example_is_valid_and_can_be_built() {
    for descriptor in descriptors() {
        let example: Value = serde_saphyr::from_str(descriptor.example).unwrap();
        let mut problems = Problems::default();
        descriptor.validate(&example, &FieldPath::root(), &mut problems);
        assert!(problems.is_empty(), "{}: {problems:?}", descriptor.kind);
        descriptor.build(&example).unwrap();
    }
}

#[test]
fn every_kind_is_described_as_the_reference_has_it() {
    for descriptor in descriptors() {
        let kind = kinds::find(descriptor.kind).unwrap();
        assert_eq!(kind.event_type, descriptor.event_type);
        assert_eq!(kind.placement, descriptor.placement);
    }
}

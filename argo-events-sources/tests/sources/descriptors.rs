//! What the registry is told about each kind.

use argo_events_sources::{descriptors, kinds};

#[test]
fn every_kind_is_described_as_the_reference_has_it() {
    for descriptor in descriptors() {
        let kind = kinds::find(descriptor.kind).unwrap();
        assert_eq!(kind.event_type, descriptor.event_type);
        assert_eq!(kind.placement, descriptor.placement);
        assert!(!descriptor.example.is_empty(), "{}", descriptor.kind);
    }
}

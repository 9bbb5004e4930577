//! The sample of vectors that the repository keeps, as an ordinary test.

use argo_events_conformance::report;
use std::path::Path;

#[test]
fn every_sampled_vector_gives_what_is_required() {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("vectors");
    let mut printed = Vec::new();
    let totals = report::run(&directory, None, None, &mut printed).unwrap();
    assert_eq!(
        totals.failed + totals.unknown,
        0,
        "{}",
        String::from_utf8_lossy(&printed)
    );
    assert!(totals.passed > 2000, "only {} vectors ran", totals.passed);
}

//! The promises of the trait.

use super::Ours;
use argo_events_testkit::resolver::{cases, check};

#[test]
fn every_promise_is_kept() {
    let report = check(&Ours);
    assert_eq!(report.lines().count(), cases().len());
    assert!(
        report.lines().all(|line| line.ends_with("... ok")),
        "{report}"
    );
}

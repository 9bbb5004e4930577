//! The promises of the trait: kept by ours, and noticed when they are broken.

use super::Ours;
use argo_events_testkit::resolver::{Breach, BrokenResolver, cases, check};
use std::panic::{AssertUnwindSafe, catch_unwind};

#[test]
fn every_promise_is_kept() {
    let report = check(&Ours);
    assert_eq!(report.lines().count(), cases().len());
    assert!(
        report.lines().all(|line| line.ends_with("... ok")),
        "{report}"
    );
}

#[test]
fn every_breach_fails_a_case_of_its_promise() {
    for (breach, promise) in Breach::ALL {
        let harness = BrokenResolver::new(Ours, *breach);
        let mut stories = cases().iter().filter(|case| case.id == *promise);
        let noticed =
            stories.any(|case| catch_unwind(AssertUnwindSafe(|| case.run(&harness))).is_err());
        assert!(
            noticed,
            "{promise} does not notice a resolver that {breach:?}"
        );
    }
    let broken: Vec<_> = Breach::ALL.iter().map(|(_, promise)| *promise).collect();
    assert!(
        cases().iter().all(|case| broken.contains(&case.id)),
        "a promise that nothing breaks"
    );
}

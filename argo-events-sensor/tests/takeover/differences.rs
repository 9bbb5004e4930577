//! Where ours fires something else than the reference, and why.

use crate::scenario::Firings;

/// What ours does in a scenario.
#[derive(Clone, Copy)]
pub(crate) struct Difference {
    name: &'static str,
    /// Why that is right.
    pub(crate) reason: &'static str,
    does: Does,
}

#[derive(Clone, Copy)]
enum Does {
    /// Fires these in each step.
    Fire(&'static [&'static [&'static str]]),
}

impl Difference {
    /// Returns what fires in each step.
    pub(crate) fn firings(&self) -> Vec<Firings> {
        let count = |step: &&[&str]| {
            let mut firings = Firings::new();
            for action in *step {
                *firings.entry((*action).to_owned()).or_default() += 1;
            }
            firings
        };
        let Does::Fire(steps) = self.does;
        steps.iter().map(count).collect()
    }
}

/// Returns how ours differs in a scenario.
pub(crate) fn of(scenario: &str) -> Option<Difference> {
    let found = ALL.iter().find(|difference| difference.name == scenario);
    found.copied()
}

const ALL: &[Difference] = &[
    Difference {
        name: "07c-dash-underscore-alias",
        reason: "the reference takes both names for the last one; ours leaves out triggers that may mean either",
        does: Does::Fire(&[
            &[],
            &["t-default k-x=a1 k_x=b1"],
            &[],
            &["t-default k-x=a2 k_x=b2"],
        ]),
    },
    Difference {
        name: "07d-alias-other-order",
        reason: "the reference takes both names for the last one; ours leaves out triggers that may mean either",
        does: Does::Fire(&[
            &[],
            &["t-default k-x=a1 k_x=b1"],
            &[],
            &["t-default k-x=a2 k_x=b2"],
        ]),
    },
    Difference {
        name: "08-conditions-changed",
        reason: "a changed condition keeps what it still waits for, and its consumers; only `a || b` keeps no a1",
        does: Does::Fire(&[
            &["t-same a=a1 b=b1", "t-spaces a=a1 b=b1", "t-to-or b=b1"],
            &[
                "t-was-default a=a1 b=b1 c=c1",
                "t-and-more a=a1 b=b1 c=c1",
                "t-to-default a=a1 b=b1 c=c1",
            ],
            &["t-to-or b=b2"],
            &[
                "t-new a=a2",
                "t-to-or a=a2",
                "t-same a=a2 b=b2",
                "t-spaces a=a2 b=b2",
            ],
            &[
                "t-was-default a=a2 b=b2 c=c2",
                "t-and-more a=a2 b=b2 c=c2",
                "t-to-default a=a2 b=b2 c=c2",
            ],
        ]),
    },
    Difference {
        name: "09a-dependency-filter-added",
        reason: "the filter that was added lets a1 and a2 pass, and a's consumers still read the same",
        does: Does::Fire(&[
            &[
                "t-or a=a2",
                "t-or b=b1",
                "t-b b=b1",
                "t-and a=a2 b=b1",
                "t-default a=a2 b=b1",
            ],
            &["t-or a=a3"],
            &[],
            &[
                "t-b b=b2",
                "t-or b=b2",
                "t-and a=a3 b=b2",
                "t-default a=a3 b=b2",
            ],
        ]),
    },
    Difference {
        name: "10b-explicit-dep-removed-added",
        reason: "t-abc keeps a1 and b1, which it still waits for; c is gone",
        does: Does::Fire(&[
            &["t-ab a=a1 b=b1"],
            &["t-d d=d1", "t-abc a=a1 b=b1 d=d1"],
            &[],
            &["t-ab a=a2 b=b2"],
        ]),
    },
    Difference {
        name: "11c-reset-missed-backlog",
        reason: "a1 is older than the reset, whoever held it then",
        does: Does::Fire(&[&[], &[]]),
    },
    Difference {
        name: "19-or-state-left",
        reason: "the pending a2 is kept; u's a1 was left by conditions before the last ones",
        does: Does::Fire(&[
            &[],
            &["t a=a2 b=b2", "u a=a2 b=b2"],
            &[],
            &["t a=a3 b=b3", "u a=a3 b=b3"],
        ]),
    },
    Difference {
        name: "22-foreign-hash",
        reason: "a hash that another writer computed says nothing about the dependency",
        does: Does::Fire(&[
            &["u a=a2", "u b=b1", "t a=a2 b=b1"],
            &["u b=b2"],
            &["u a=a3", "t a=a3 b=b2"],
        ]),
    },
    Difference {
        name: "23-corrupt-stored-event",
        reason: "what cannot be read is left out, and a newer event takes its place",
        does: Does::Fire(&[&[], &[], &[], &["t a=a2 b=b2"], &[], &["t a=a3 b=b3"]]),
    },
    Difference {
        name: "23b-corrupt-deps",
        reason: "without the table of hashes, dependencies are taken as they are now",
        does: Does::Fire(&[&["t a=a1 b=b1"], &[], &["t a=a2 b=b2"]]),
    },
    Difference {
        name: "24-stale-durable",
        reason: "a consumer that reads another subject has left nothing, and is in nobody's way",
        does: Does::Fire(&[&[], &[], &["u b=b1", "t a=n1 b=b1"], &[]]),
    },
];

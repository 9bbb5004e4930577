//! What each part of a filter sees in an event, for people.

use super::Group;

/// One step of a filter.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Stage {
    /// The group it belongs to.
    pub group: Group,
    /// Which of the group's entries it is, where the group is a list.
    pub entry: Option<usize>,
    /// What is looked at: a path, the name of an attribute, an expression.
    pub subject: String,
    /// How it is compared.
    pub comparator: String,
    /// What it is compared with; one of them suffices.
    pub expected: Vec<String>,
    /// What the event has there, as it is written; `None` if there is nothing.
    pub seen: Option<String>,
    /// What was made of it: the output of a template, the result of an expression.
    pub value: Option<String>,
    /// What came of it.
    pub outcome: StageOutcome,
}

/// What came of a step.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StageOutcome {
    /// The event fits.
    Yes,
    /// The event does not fit.
    No,
    /// It cannot be told; says why.
    Error(String),
    /// The step does not count.
    Skipped,
}

impl Stage {
    pub(super) fn of(group: Group) -> Self {
        Self {
            group,
            entry: None,
            subject: String::new(),
            comparator: String::new(),
            expected: Vec::new(),
            seen: None,
            value: None,
            outcome: StageOutcome::Skipped,
        }
    }
}

impl StageOutcome {
    pub(super) fn of(holds: bool) -> Self {
        if holds { Self::Yes } else { Self::No }
    }
}

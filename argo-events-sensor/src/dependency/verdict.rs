//! What a filter says of an event.

use std::{fmt, sync::Arc};

/// What a filter says of an event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// The event counts.
    Passed,
    /// The event does not count; [`Filter::explain`](super::Filter::explain) tells more.
    Rejected(Rejection),
    /// The event does not count, because something about it could not be told.
    Failed(Arc<str>),
}

/// What turned an event away.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Rejection {
    /// The first group that did not hold; `None` if none of several alternatives held.
    pub group: Option<Group>,
}

/// A group of filters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Group {
    /// Expressions over values in the body.
    Exprs,
    /// Values in the body.
    Data,
    /// Attributes.
    Context,
    /// The time of the event.
    Time,
    /// A script.
    Script,
}

impl Group {
    /// The order in which groups are asked.
    pub(super) const ALL: [Self; 5] = [
        Self::Exprs,
        Self::Data,
        Self::Context,
        Self::Time,
        Self::Script,
    ];

    /// Returns the name of the group in manifests.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Exprs => "exprs",
            Self::Data => "data",
            Self::Context => "context",
            Self::Time => "time",
            Self::Script => "script",
        }
    }

    /// Returns the word that errors of the group begin with.
    pub(super) const fn error_word(self) -> &'static str {
        match self {
            Self::Exprs => "expr",
            other => other.as_str(),
        }
    }
}

impl fmt::Display for Group {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.as_str())
    }
}

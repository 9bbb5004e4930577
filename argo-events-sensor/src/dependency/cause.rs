//! Why it could not be told whether an event fits, and how several reasons are written.

use super::Group;
use std::sync::Arc;

/// How parts combine.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Operator {
    #[default]
    And,
    Or,
}

impl Operator {
    /// Reads an operator; only `or` is one, everything else means `and`.
    pub(super) fn read(text: &str) -> Self {
        if text == "or" { Self::Or } else { Self::And }
    }
}

/// Why it could not be told whether an event fits; made when the filter is compiled where possible.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Cause {
    bare: Arc<str>,
    alone: Arc<str>,
}

impl Cause {
    pub(super) fn of(group: Group, reason: &str) -> Self {
        let alone = format!("{} filter error ({reason})", group.error_word());
        Self {
            bare: reason.into(),
            alone: alone.into(),
        }
    }

    /// Makes a reason that stands for itself, as those of scripts do.
    pub(super) fn plain(reason: &str) -> Self {
        Self {
            bare: reason.into(),
            alone: reason.into(),
        }
    }

    /// Makes a reason that is worded in another way as part of others.
    pub(super) fn worded(group: Group, alone: &str, bare: &str) -> Self {
        Self {
            bare: bare.into(),
            ..Self::of(group, alone)
        }
    }

    /// Returns the reason as part of others.
    pub(super) fn bare(&self) -> &str {
        &self.bare
    }

    /// Returns the reason as the only one.
    pub(super) fn alone(&self) -> Arc<str> {
        Arc::clone(&self.alone)
    }
}

/// Reasons of several entries of which one would have sufficed.
#[derive(Debug, Default)]
pub(super) struct Joined(Vec<Cause>);

impl Joined {
    pub(super) fn push(&mut self, cause: Cause) {
        self.0.push(cause);
    }

    /// Ends a list in which no entry held.
    pub(super) fn finish(self, group: Group) -> Result<bool, Cause> {
        if self.0.is_empty() {
            return Ok(false);
        }
        let reasons: Vec<_> = self.0.iter().map(Cause::bare).collect();
        let bare = reasons.join(" / ");
        let alone = format!("{} filter errors [{bare}]", group.error_word());
        Err(Cause {
            bare: bare.into(),
            alone: alone.into(),
        })
    }
}

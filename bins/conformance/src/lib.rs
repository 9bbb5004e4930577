//! Runs golden vectors, recorded from the reference and its libraries, against this project.
//!
//! A vector is one line of JSON. Each family has a file under [`families`] that turns a vector into
//! an [`Outcome`]; [`exceptions`] holds what differs from the reference on purpose.

pub mod exceptions;
pub mod families;
pub mod report;
pub mod vectors;

use serde_json::Value;

/// What came of one vector.
#[derive(Clone, Debug, PartialEq)]
pub enum Outcome {
    /// Ours gave what the reference gave.
    Passed,
    /// Ours gave something else.
    Failed {
        /// What the vector records.
        wanted: String,
        /// What this project gave.
        got: String,
    },
    /// Ours differs on purpose by the named rule of [`exceptions`], and gave what that rule requires.
    Differs(&'static str),
    /// The vector needs a part that is not built yet; says which.
    Waits(&'static str),
}

impl Outcome {
    /// Compares by equality and keeps both sides for the report.
    pub fn compare<T: PartialEq + std::fmt::Debug>(wanted: T, got: T) -> Self {
        if wanted == got {
            Self::Passed
        } else {
            Self::failed(format!("{wanted:?}"), format!("{got:?}"))
        }
    }

    /// Makes a failure from what was wanted and what came.
    pub fn failed(wanted: impl Into<String>, got: impl Into<String>) -> Self {
        Self::Failed {
            wanted: wanted.into(),
            got: got.into(),
        }
    }
}

/// Runs one vector.
pub type Check = fn(&Value) -> Outcome;

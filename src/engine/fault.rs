//! What is wrong with what an engine was to be built of: every fault at once, each with its place.

use crate::manifest::{Diagnostics, Located};
use argo_events_core::{Problem, Problems, Severity};
use std::fmt;

/// One fault, with the object in which it is.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Fault {
    /// The object, such as `Sensor/orders`; empty for the builder's own.
    pub object: String,
    /// What is wrong, and where in the object.
    pub problem: Problem,
}

impl fmt::Display for Fault {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.object.as_str() {
            "" => formatter.write_str(&self.problem.message),
            object => write!(formatter, "{object} {}", self.problem),
        }
    }
}

/// Why an engine could not be built.
#[derive(Clone, Debug, Default)]
pub struct BuildError {
    diagnostics: Diagnostics,
    faults: Vec<Fault>,
}

impl BuildError {
    /// Returns what is wrong with manifests, warnings included.
    pub fn diagnostics(&self) -> &Diagnostics {
        &self.diagnostics
    }

    /// Returns what is wrong with what the program gave, warnings included.
    pub fn faults(&self) -> &[Fault] {
        &self.faults
    }
}

impl fmt::Display for BuildError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}", self.diagnostics)?;
        for (index, fault) in self.faults.iter().enumerate() {
            if index > 0 || !self.diagnostics.is_empty() {
                formatter.write_str("\n")?;
            }
            write!(formatter, "{fault}")?;
        }
        Ok(())
    }
}

impl std::error::Error for BuildError {}

/// Collects faults while an engine is built.
#[derive(Debug, Default)]
pub(super) struct Faults(BuildError);

impl Faults {
    pub(super) fn diagnostics(&mut self, diagnostics: Diagnostics) {
        self.0.diagnostics = diagnostics;
    }

    pub(super) fn located<T>(&mut self, object: &Located<T>, problems: &Problems) {
        for problem in problems {
            self.0.diagnostics.push(object.diagnostic(problem));
        }
    }

    pub(super) fn extend(&mut self, object: &str, problems: impl IntoIterator<Item = Problem>) {
        let object = || object.to_owned();
        self.0
            .faults
            .extend(problems.into_iter().map(|problem| Fault {
                object: object(),
                problem,
            }));
    }

    pub(super) fn has_errors(&self) -> bool {
        let is_error = |fault: &Fault| fault.problem.severity == Severity::Error;
        self.0.diagnostics.has_errors() || self.0.faults.iter().any(is_error)
    }

    /// Ends in an error if there is one among the faults; else returns the warnings.
    pub(super) fn finish(self) -> Result<BuildError, BuildError> {
        if self.has_errors() {
            return Err(self.0);
        }
        for diagnostic in self.0.diagnostics.iter() {
            tracing::warn!(%diagnostic, "a manifest has a doubtful place");
        }
        for fault in &self.0.faults {
            tracing::warn!(%fault, "an object has a doubtful place");
        }
        Ok(self.0)
    }
}

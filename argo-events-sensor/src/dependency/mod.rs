//! Says which events of a dependency count. Placeholder: `Filter::compile` and `Filter::check`.

use argo_events_core::{Event, FieldPath, Problems, api};

/// What a filter says of an event.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Verdict {
    /// The event counts.
    Passed,
    /// The event does not count; says why.
    Rejected(String),
    /// The filter could not judge.
    Failed(String),
}

/// A dependency's filters, compiled.
#[derive(Debug)]
pub struct Filter;

impl Filter {
    /// Compiles the filters of a dependency.
    ///
    /// # Errors
    /// Every problem found.
    pub fn compile(_dependency: &api::Dependency, _path: &FieldPath) -> Result<Self, Problems> {
        Ok(Self)
    }

    /// Judges an event.
    pub fn check(&self, _event: &Event) -> Verdict {
        Verdict::Passed
    }
}

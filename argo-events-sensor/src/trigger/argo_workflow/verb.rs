//! What can be done with workflows.

#[cfg(feature = "argo-workflow")]
use argo_events_core::{Error, ErrorKind, Result};

/// An operation on workflows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Verb {
    Submit,
    SubmitFrom,
    Resubmit,
    Resume,
    Retry,
    Suspend,
    Terminate,
    Stop,
}

impl Verb {
    /// Every operation; the first one is meant where there is none.
    pub(super) const NAMES: [(&'static str, Self); 8] = [
        ("submit", Self::Submit),
        ("submit-from", Self::SubmitFrom),
        ("resubmit", Self::Resubmit),
        ("resume", Self::Resume),
        ("retry", Self::Retry),
        ("suspend", Self::Suspend),
        ("terminate", Self::Terminate),
        ("stop", Self::Stop),
    ];

    /// Reads an operation as manifests name it.
    #[cfg(feature = "argo-workflow")]
    pub(super) fn read(name: &str) -> Result<Self> {
        if name.is_empty() {
            return Ok(Self::Submit);
        }
        let found = Self::NAMES.iter().find(|(known, _)| *known == name);
        found.map(|(_, verb)| *verb).ok_or_else(|| {
            let known = Self::NAMES.map(|(known, _)| known).join(", ");
            let message = format!("operation {name:?} is unknown; use one of {known}");
            Error::permanent(ErrorKind::ConfigInvalid, message)
        })
    }

    /// Returns the operation as manifests name it.
    #[cfg(feature = "argo-workflow")]
    pub(super) fn name(self) -> &'static str {
        let found = Self::NAMES.iter().find(|(_, verb)| *verb == self);
        found.map_or("", |(name, _)| name)
    }
}

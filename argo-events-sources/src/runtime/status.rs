//! How the source of one event is doing.

use std::fmt;

/// How the source of one event is doing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Status {
    /// It was started and does not take input yet.
    #[default]
    Starting,
    /// Another replica runs it.
    Waiting,
    /// It takes input.
    Running,
    /// It ended, and is started again after a pause.
    Failing {
        /// Why it ended.
        reason: String,
    },
    /// Its configuration is wrong; it is not started.
    Invalid {
        /// What is wrong.
        reason: String,
    },
    /// It was told to stop, and did.
    Stopped,
}

impl Status {
    /// Tells whether the event is taken care of: here, or by another replica.
    pub fn is_ready(&self) -> bool {
        matches!(self, Self::Running | Self::Waiting)
    }

    /// Tells whether there will be no other status.
    pub fn is_final(&self) -> bool {
        matches!(self, Self::Invalid { .. } | Self::Stopped)
    }
}

impl fmt::Display for Status {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Starting => formatter.write_str("starting"),
            Self::Waiting => formatter.write_str("waiting for its turn"),
            Self::Running => formatter.write_str("running"),
            Self::Failing { reason } => write!(formatter, "failing: {reason}"),
            Self::Invalid { reason } => write!(formatter, "invalid: {reason}"),
            Self::Stopped => formatter.write_str("stopped"),
        }
    }
}

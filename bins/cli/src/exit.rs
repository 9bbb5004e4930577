//! How the command ends: the exit codes that scripts rely on.

use std::{fmt, process::ExitCode};

/// The end of a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Exit {
    /// Everything is fine.
    Fine = 0,
    /// What was given is wrong, or an expectation was not met.
    InputWrong = 1,
    /// The call itself is wrong.
    CallWrong = 2,
    /// Something that is needed cannot be reached.
    Unreachable = 3,
    /// Interrupted.
    Interrupted = 130,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit as u8)
    }
}

/// An end with a message for the person who called.
#[derive(Debug)]
pub(crate) struct Failure {
    exit: Exit,
    message: String,
}

impl Failure {
    pub(crate) fn new(exit: Exit, message: impl fmt::Display) -> Self {
        Self {
            exit,
            message: format!("error: {message}"),
        }
    }

    /// Makes an end whose message is a list that says of each line what it is.
    pub(crate) fn listing(exit: Exit, message: impl fmt::Display) -> Self {
        Self {
            exit,
            message: message.to_string(),
        }
    }
}

impl Exit {
    /// Prints what went wrong and returns the exit code for it.
    pub(crate) fn report(failure: Failure) -> Self {
        eprintln!("{}", failure.message);
        failure.exit
    }
}

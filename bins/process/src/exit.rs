//! How a process ends: the exit codes that scripts and orchestrators rely on.

use std::{fmt, process::ExitCode};

/// The end of a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exit {
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
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    exit: Exit,
    message: String,
}

impl Failure {
    /// Makes an end with one message.
    pub fn new(exit: Exit, message: impl fmt::Display) -> Self {
        Self {
            exit,
            message: format!("error: {message}"),
        }
    }

    /// Makes an end whose message is a list that says of each line what it is.
    pub fn listing(exit: Exit, message: impl fmt::Display) -> Self {
        Self {
            exit,
            message: message.to_string(),
        }
    }

    /// Returns the exit code.
    pub fn exit(&self) -> Exit {
        self.exit
    }

    /// Returns what is printed.
    pub fn message(&self) -> &str {
        &self.message
    }
}

impl Exit {
    /// Prints what went wrong and returns the exit code for it.
    pub fn report(failure: Failure) -> Self {
        eprintln!("{}", failure.message);
        failure.exit
    }
}

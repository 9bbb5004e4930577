//! A compiled program and its runs.

use super::{
    CompileError, Failure, Limit, Limits, Meter, RunError, Value,
    compile::{self, Op},
    machine::{Machine, State},
    native::{Host, Patterns},
    value::{GoError, Numbers, Object, decode, push_go},
};
use crate::gojson;
use std::{
    fmt,
    sync::{Arc, Mutex, PoisonError, atomic::AtomicBool},
};

/// How many states a program keeps for its next runs.
const KEPT_STATES: usize = 8;

/// A compiled program; cheap to clone, and many threads may run one at once.
#[derive(Clone)]
pub struct Program(Arc<Inner>);

struct Inner {
    text: String,
    code: Vec<Op>,
    patterns: Patterns,
    states: Mutex<Vec<State>>,
}

/// How a run goes: what it may use, who may stop it, and what time it is.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct Settings<'s> {
    /// What it may use.
    pub limits: Limits,
    /// Stops the run once it is set.
    pub stop: Option<&'s AtomicBool>,
    /// What `now` gives, in seconds since 1970; by default the machine's time.
    pub now: Option<f64>,
}

impl<'s> Settings<'s> {
    /// Allows a run to use other amounts.
    #[must_use]
    pub fn limits(mut self, limits: Limits) -> Self {
        self.limits = limits;
        self
    }

    /// Lets the run be stopped from outside.
    #[must_use]
    pub fn stop(mut self, stop: &'s AtomicBool) -> Self {
        self.stop = Some(stop);
        self
    }

    /// Says what time it is, in seconds since 1970.
    #[must_use]
    pub fn now(mut self, seconds: f64) -> Self {
        self.now = Some(seconds);
        self
    }
}

impl Program {
    /// Compiles a program.
    ///
    /// # Errors
    /// When the text cannot be read, or names what does not exist.
    pub fn compile(text: &str) -> Result<Self, CompileError> {
        Ok(Self(Arc::new(Inner {
            text: text.to_owned(),
            code: compile::compile(text)?,
            patterns: Patterns::default(),
            states: Mutex::default(),
        })))
    }

    /// Gives the program's text.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.0.text
    }

    /// Runs the program on a value, with the default limits; outputs are computed as they are asked
    /// for.
    #[must_use]
    pub fn run(&self, input: Value) -> Outputs<'_> {
        self.run_with(input, &Settings::default())
    }

    /// Runs the program on a value.
    #[must_use]
    pub fn run_with<'p>(&'p self, input: Value, settings: &Settings<'p>) -> Outputs<'p> {
        let host = Host {
            meter: Meter::new(&settings.limits, settings.stop),
            patterns: &self.0.patterns,
            now: settings.now,
        };
        let state = self
            .0
            .states
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .pop();
        let state = state.unwrap_or_default();
        let depth = settings.limits.depth;
        Outputs {
            program: self,
            machine: Machine::new(&self.0.code, host, state, input, depth),
            left: settings.limits.outputs,
            is_done: false,
        }
    }

    /// Gives the first output on a value, if there is one.
    ///
    /// # Errors
    /// When the program fails before.
    pub fn first(&self, input: Value, settings: &Settings<'_>) -> Result<Option<Value>, RunError> {
        self.run_with(input, settings).next().transpose()
    }

    /// Turns a JSON object into another one: the first output, written as Go writes JSON.
    ///
    /// A `null` is fed in as an object without members, and stays `null` where it is given out.
    ///
    /// # Errors
    /// When the document is no object, when the program fails, and when its first output is no
    /// object, is missing, or cannot be written.
    pub fn reshape(
        &self,
        document: &[u8],
        settings: &Settings<'_>,
    ) -> Result<Vec<u8>, ReshapeError> {
        let input = match decode(document, Numbers::Doubles).map_err(ReshapeError::Input)? {
            Value::Null => Value::Object(Object::absent()),
            value @ Value::Object(_) => value,
            value => {
                let found = match value {
                    Value::Bool(_) => "bool",
                    ref other => other.type_name(),
                };
                return Err(ReshapeError::Input(gojson::Error::NotAnObject(found)));
            }
        };
        let output = self.first(input, settings).map_err(ReshapeError::Run)?;
        let output = output.ok_or(ReshapeError::NoOutput)?;
        if !matches!(output, Value::Object(_)) {
            return Err(ReshapeError::NotAnObject(output.type_name()));
        }
        let mut written = Vec::new();
        push_go(&mut written, &output, settings.limits.output_bytes).map_err(
            |error| match error {
                GoError::Value(error) => ReshapeError::Output(error),
                GoError::Full => ReshapeError::Run(RunError::Limit(Limit::OutputBytes)),
            },
        )?;
        Ok(written)
    }

    fn keep(&self, state: State) {
        if !state.is_small() {
            return;
        }
        let mut states = self.0.states.lock().unwrap_or_else(PoisonError::into_inner);
        if states.len() < KEPT_STATES {
            states.push(state);
        }
    }
}

impl fmt::Debug for Program {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_tuple("Program")
            .field(&self.0.text)
            .finish()
    }
}

/// The outputs of a run; after an error there are no more.
#[derive(Debug)]
pub struct Outputs<'p> {
    program: &'p Program,
    machine: Machine<'p>,
    left: usize,
    is_done: bool,
}

impl Iterator for Outputs<'_> {
    type Item = Result<Value, RunError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.is_done {
            return None;
        }
        let next = match self.machine.next() {
            Some(Ok(_)) if self.left == 0 => Some(Err(Failure::Limit(Limit::Outputs))),
            next => next,
        };
        self.left = self.left.saturating_sub(1);
        self.is_done = !matches!(next, Some(Ok(_)));
        next.map(|output| output.map_err(RunError::from))
    }
}

impl Drop for Outputs<'_> {
    fn drop(&mut self) {
        let mut state = self.machine.take_state();
        state.clear();
        self.program.keep(state);
    }
}

/// Says why a document was not reshaped.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum ReshapeError {
    /// The document is not JSON, or no object.
    Input(gojson::Error),
    /// The program failed.
    Run(RunError),
    /// The program gave no output.
    NoOutput,
    /// The first output is of another type, which is named.
    NotAnObject(&'static str),
    /// The first output has no JSON form.
    Output(gojson::Error),
}

impl fmt::Display for ReshapeError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Input(error) | Self::Output(error) => error.fmt(formatter),
            Self::Run(error) => error.fmt(formatter),
            Self::NoOutput => formatter.write_str("program gave no output"),
            Self::NotAnObject(found) => {
                write!(
                    formatter,
                    "program must give an object first, but gave: {found}"
                )
            }
        }
    }
}

impl std::error::Error for ReshapeError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Input(error) | Self::Output(error) => Some(error),
            Self::Run(error) => Some(error),
            Self::NoOutput | Self::NotAnObject(_) => None,
        }
    }
}

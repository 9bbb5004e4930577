//! A compiled expression, and what can go wrong with it and a payload.

use super::{
    Error, Host, Limits, check::check, compile, environment::Environment, machine,
    optimize::optimize, parse::parse,
};
use crate::{
    gojson,
    govalue::{NoHost, Text, Value},
};
use std::{error, fmt, rc::Rc, sync::Arc};

/// A compiled expression.
#[derive(Clone, Debug)]
pub struct Program {
    source: Arc<str>,
    code: Arc<compile::Code>,
    limits: Limits,
}

impl Program {
    /// Compiles an expression.
    ///
    /// # Errors
    /// When it is no expression, or one that cannot work whatever the payload.
    pub fn new(source: &str) -> Result<Self, Error> {
        Self::with_limits(source, Limits::default())
    }

    /// Compiles an expression within other limits.
    ///
    /// # Errors
    /// When it is no expression, one that cannot work whatever the payload, or beyond the limits.
    pub fn with_limits(source: &str, limits: Limits) -> Result<Self, Error> {
        if source.len() > limits.length {
            let most = limits.length;
            return Err(Error::limit(format!(
                "the expression is longer than {most} bytes"
            )));
        }
        let mut parsed = parse(source, &limits)?;
        let bind = |error: Error| error.bind(source);
        check(&mut parsed.tree, parsed.root).map_err(bind)?;
        optimize(&mut parsed.tree, parsed.root).map_err(bind)?;
        let code = compile::compile(&parsed.tree, parsed.root).map_err(bind)?;
        Ok(Self {
            source: source.into(),
            code: Arc::new(code),
            limits,
        })
    }

    /// Returns the expression's text.
    #[must_use]
    pub fn source(&self) -> &str {
        &self.source
    }

    /// Tells whether the expression holds for a payload.
    ///
    /// # Errors
    /// When the payload is no JSON object, or the expression has no answer for it, or another
    /// one than true or false.
    pub fn holds(&self, payload: impl Into<Text>) -> Result<bool, Refusal> {
        self.holds_on(payload, Rc::new(NoHost))
    }

    /// Tells whether the expression holds for a payload, on a host that may know the time.
    ///
    /// # Errors
    /// As [`holds`](Self::holds).
    pub fn holds_on(&self, payload: impl Into<Text>, host: Rc<dyn Host>) -> Result<bool, Refusal> {
        match self.evaluate_on(payload, host)? {
            Value::Bool(holds) => Ok(holds),
            other => Err(Refusal::NotBool(machine::shown("%s", &other))),
        }
    }

    /// Evaluates the expression for a payload.
    ///
    /// # Errors
    /// When the payload is no JSON object, or the expression has no answer for it.
    pub fn evaluate(&self, payload: impl Into<Text>) -> Result<Value, Refusal> {
        self.evaluate_on(payload, Rc::new(NoHost))
    }

    /// Evaluates the expression for a payload, on a host that may know the time.
    ///
    /// # Errors
    /// As [`evaluate`](Self::evaluate).
    pub fn evaluate_on(
        &self,
        payload: impl Into<Text>,
        host: Rc<dyn Host>,
    ) -> Result<Value, Refusal> {
        let environment = Environment::new(payload.into()).map_err(Refusal::Payload)?;
        machine::run(&self.code, &environment, host, &self.limits).map_err(|error| {
            Refusal::Evaluation {
                source: self.source.clone(),
                error: error.bind(&self.source),
            }
        })
    }
}

/// Says why an expression has no answer for a payload, in the reference's words.
#[derive(Clone, Debug, PartialEq)]
pub enum Refusal {
    /// The payload is no JSON object.
    Payload(gojson::Error),
    /// The expression cannot be evaluated for this payload.
    Evaluation {
        /// The expression.
        source: Arc<str>,
        /// What is wrong, and where in the expression.
        error: Error,
    },
    /// The expression gave something else than true or false; this is how it prints.
    NotBool(String),
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Payload(error) => write!(f, "failed to unmarshal data, {error}"),
            Self::Evaluation { source, error } => {
                write!(f, "unable to evaluate expression '{source}': {error}")
            }
            Self::NotBool(value) => write!(f, "unable to cast expression result '{value}' to bool"),
        }
    }
}

impl error::Error for Refusal {
    fn source(&self) -> Option<&(dyn error::Error + 'static)> {
        match self {
            Self::Payload(error) => Some(error),
            Self::Evaluation { error, .. } => Some(error),
            Self::NotBool(_) => None,
        }
    }
}

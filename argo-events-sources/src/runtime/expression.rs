//! `filter.expression` as the reference evaluates it: compiled once, asked for every event.
//!
//! The language itself is [`argo_events_expr::expr`]'s business, what becomes of an event that is
//! not kept the publisher's.

use super::{EventFilter, FilterCompiler};
use argo_events_core::{Clock, Error, ErrorKind, FieldPath, Problem, Result};
use argo_events_expr::{
    expr::{self, Program},
    gotime::Time,
    govalue::Host,
};
use bytes::Bytes;
use std::{rc::Rc, sync::Arc};

/// Compiles the expressions of the reference's language.
///
/// ```
/// use argo_events_core::SystemClock;
/// use argo_events_sources::runtime::{Expressions, FilterCompiler};
/// use std::sync::Arc;
/// let filter = Expressions::new(Arc::new(SystemClock)).compile("body.id == 4")?;
/// assert!(filter.keeps(&r#"{"body": {"id": 4}}"#.into())?);
/// # Ok::<(), argo_events_core::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct Expressions {
    clock: Arc<dyn Clock>,
}

impl Expressions {
    /// Makes a compiler whose expressions take the time from a clock.
    #[must_use]
    pub fn new(clock: Arc<dyn Clock>) -> Self {
        Self { clock }
    }
}

impl FilterCompiler for Expressions {
    fn compile(&self, expression: &str) -> Result<Arc<dyn EventFilter>> {
        let program = Program::new(expression).map_err(|error| {
            let message = format!("filter.expression: {}", explained(&error));
            Error::permanent(ErrorKind::ConfigInvalid, message)
        })?;
        let clock = Arc::clone(&self.clock);
        Ok(Arc::new(Expression { program, clock }))
    }
}

/// Says what is wrong with an expression, in one line.
fn explained(error: &expr::Error) -> String {
    let place = match (error.line(), error.column()) {
        (0, _) => String::new(),
        (line, column) => format!("line {line}, column {column}: "),
    };
    match error.hint() {
        Some(hint) => format!("{place}{}; {hint}", error.message()),
        None => format!("{place}{}", error.message()),
    }
}

/// Finds what is wrong with an expression at a path.
pub(super) fn problem(expression: &str, path: FieldPath) -> Option<Problem> {
    let error = Program::new(expression).err()?;
    let problem = Problem::error(path, error.message());
    let problem = problem.maybe_help(error.hint().map(str::to_owned));
    Some(match error.span() {
        Some(span) => problem.span(span.start, span.end),
        None => problem,
    })
}

/// An expression that decides which events are published.
struct Expression {
    program: Program,
    clock: Arc<dyn Clock>,
}

impl EventFilter for Expression {
    fn keeps(&self, data: &Bytes) -> Result<bool> {
        let host = Rc::new(Present(Arc::clone(&self.clock)));
        let kept = self.program.holds_on(data.clone(), host);
        kept.map_err(|refusal| Error::permanent(ErrorKind::PayloadInvalid, refusal.to_string()))
    }
}

/// What expressions may ask for: the time.
#[derive(Debug)]
struct Present(Arc<dyn Clock>);

impl Host for Present {
    fn now(&self) -> Option<Time> {
        Some(Time::unix(0, self.0.now().as_nanos()))
    }
}

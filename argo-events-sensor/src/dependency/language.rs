//! Programs in the languages of manifests, whatever the language.
//!
//! The seam between what runs a program (filters, parameters) and what compiles it. A language that
//! this build does not contain is a mistake in the manifest, found when it is compiled: a program is
//! never left out in silence.

use argo_events_core::{FieldPath, Problem, Problems};
use argo_events_expr::gojson::Value;
use std::{fmt, sync::Arc};

/// A language of manifests.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Language {
    /// Go templates with sprig.
    Template,
    /// Expressions of filters.
    Expression,
    /// Lua scripts.
    Lua,
    /// jq programs.
    Jq,
}

/// Runs a program on an input.
type Run = dyn Fn(&Value) -> Result<Value, String> + Send + Sync;

/// A compiled program.
#[derive(Clone)]
pub(crate) struct Program(Arc<Run>);

impl Language {
    /// Compiles a text found at `path`; what cannot be compiled is reported and errs when it is run.
    pub(crate) fn compile_or_report(
        self,
        text: &str,
        path: &FieldPath,
        problems: &mut Problems,
    ) -> Program {
        self.compile(text, path).unwrap_or_else(|problem| {
            let reason = problem.message.clone();
            problems.push(problem);
            Program(Arc::new(move |_| Err(reason.clone())))
        })
    }

    /// Compiles a text found at `path`.
    pub(crate) fn compile(self, _text: &str, path: &FieldPath) -> Result<Program, Problem> {
        let (what, instead) = match self {
            Self::Template => ("templates are", "use a key"),
            Self::Expression => ("expressions are", "compare values with `data`"),
            Self::Lua => ("Lua scripts are", "compare values with `data`"),
            Self::Jq => ("jq programs are", "leave the body as it is"),
        };
        Err(Problem::error(
            path.clone(),
            format!("{what} not supported by this build yet"),
        )
        .help(instead))
    }
}

impl Program {
    /// Makes a program of a function.
    #[cfg(test)]
    pub(crate) fn of(
        run: impl Fn(&Value) -> Result<Value, String> + Send + Sync + 'static,
    ) -> Self {
        Self(Arc::new(run))
    }

    /// Runs the program.
    pub(crate) fn run(&self, input: &Value) -> Result<Value, String> {
        (self.0)(input)
    }
}

impl fmt::Debug for Program {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Program")
    }
}

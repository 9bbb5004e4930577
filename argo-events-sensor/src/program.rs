//! Texts of manifests in the languages of `argo-events-expr`, compiled once.
//!
//! The seam between problems of manifests and mistakes of languages: a mistake becomes a problem
//! with its place inside the text, and what was not compiled errs whenever it is asked.

use argo_events_core::{Clock as _, FieldPath, Problem, Problems, SystemClock};
use argo_events_expr::language::{Input, Language, Limits, Mistake, Output, Program, World};
use std::{
    sync::Arc,
    time::{Duration, SystemTime},
};

/// A text of a manifest, compiled, or why it could not be.
#[derive(Clone, Debug)]
pub(crate) struct Compiled(Result<Program, Arc<str>>);

impl Compiled {
    /// Compiles a text found at `path`; what cannot be compiled is reported and errs when it is run.
    pub(crate) fn or_report(
        language: Language,
        text: &str,
        path: &FieldPath,
        problems: &mut Problems,
    ) -> Self {
        let compiled = language.compile(text, &Limits::default());
        Self(compiled.map_err(|mistake| {
            problems.push(problem(path.clone(), &mistake));
            mistake.message().into()
        }))
    }

    /// Runs the program.
    pub(crate) fn run<'a>(&'a self, input: Input<'a>) -> Result<Output<'a>, String> {
        match &self.0 {
            Ok(program) => program
                .run_in(input, &Here)
                .map_err(|error| error.to_string()),
            Err(reason) => Err(reason.as_ref().to_owned()),
        }
    }

    /// Makes another JSON document of a JSON document.
    pub(crate) fn reshape(&self, document: &[u8]) -> Result<Vec<u8>, String> {
        match &self.0 {
            Ok(program) => {
                let reshaped = program.reshape_in(document, &Here);
                reshaped.map_err(|error| error.to_string())
            }
            Err(reason) => Err(reason.as_ref().to_owned()),
        }
    }

    /// Lists the names that values are bound to.
    pub(crate) fn variables(&self) -> &[String] {
        self.0.as_ref().map_or(&[], Program::variables)
    }
}

/// How it is said that a template gave nothing.
pub(crate) const GAVE_NOTHING: &str = "evaluated to empty string or no value";

/// Tells whether a template gave nothing: no text, or what it writes for a name that is not there.
pub(crate) fn is_nothing(text: &[u8]) -> bool {
    text.is_empty() || text == b"<no value>"
}

/// What programs may ask of the world: the time and random numbers, for functions such as `now` and
/// `uuidv4` of templates. Environment, files and network stay out of their reach.
#[derive(Clone, Copy, Debug)]
struct Here;

impl World for Here {
    fn now(&self) -> Option<SystemTime> {
        let since = u64::try_from(SystemClock.now().as_nanos()).ok()?;
        Some(SystemTime::UNIX_EPOCH + Duration::from_nanos(since))
    }

    fn random(&self) -> Option<u64> {
        let mut bytes = [0; 8];
        getrandom::fill(&mut bytes).ok()?;
        Some(u64::from_ne_bytes(bytes))
    }
}

/// Makes a problem of a mistake in the text at `path`.
pub(crate) fn problem(path: FieldPath, mistake: &Mistake) -> Problem {
    let range = mistake.range();
    let problem = Problem::error(path, mistake.message()).span(range.start, range.end);
    problem.maybe_help(mistake.help().map(str::to_owned))
}

//! Patterns of RE2.

use super::{
    Input, Language, Limits, Mistake, Output, Program, RunError, World, program::Compiled,
};
use crate::re2::{Error, Regex};

pub(super) fn compile(text: &str, _limits: &Limits) -> Result<Program, Mistake> {
    let pattern = Regex::new(text).map_err(|error| Mistake::in_pattern(text, &error))?;
    Ok(Program::of(Language::Pattern, pattern))
}

impl Mistake {
    /// Says what is wrong with a pattern.
    #[must_use]
    pub fn in_pattern(text: &str, error: &Error) -> Self {
        Self::new(error.to_string())
            .at(text, error.offset(), error.fragment().len())
            .expecting("a regular expression of RE2")
    }
}

impl Compiled for Regex {
    fn run<'a>(
        &'a self,
        input: Input<'a>,
        _world: &'static dyn World,
    ) -> Result<Output<'a>, RunError> {
        match input {
            Input::Text(text) => Ok(Output::Bool(self.is_match(text))),
            _ => Err(RunError::unfit("a text")),
        }
    }
}

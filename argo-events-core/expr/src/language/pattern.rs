//! Patterns of RE2.

use super::{Input, Language, Limits, Mistake, Output, Program, RunError, program::Compiled};
use crate::re2::Regex;

pub(super) fn compile(text: &str, _limits: &Limits) -> Result<Program, Mistake> {
    let pattern = Regex::new(text).map_err(|error| {
        Mistake::new(error.to_string())
            .at(text, error.offset(), error.fragment().len())
            .expecting("a regular expression of RE2")
    })?;
    Ok(Program::of(Language::Pattern, pattern))
}

impl Compiled for Regex {
    fn run<'a>(&'a self, input: Input<'a>) -> Result<Output<'a>, RunError> {
        match input {
            Input::Text(text) => Ok(Output::Bool(self.is_match(text))),
            _ => Err(RunError::unfit("a text")),
        }
    }
}

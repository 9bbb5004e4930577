//! Lua scripts, which judge a document or make another one of it.

use super::{
    Input, Language, Limits, Mistake, Output, Program, RunError, World, program::Compiled,
};
use crate::lua::Script;

pub(super) fn compile(text: &str, limits: &Limits) -> Result<Program, Mistake> {
    let script = Script::compile_with(text, limits.lua.clone());
    let script = script.map_err(|error| Mistake::new(&error.message).at(text, error.offset, 0))?;
    Ok(Program::of(Language::Lua, script))
}

impl Compiled for Script {
    fn run<'a>(
        &'a self,
        input: Input<'a>,
        _world: &'static dyn World,
    ) -> Result<Output<'a>, RunError> {
        let verdict = self.filter(document(input)?);
        verdict
            .map(Output::Bool)
            .map_err(|error| RunError::new(error.to_string()))
    }

    fn reshape(&self, document: &[u8], _world: &'static dyn World) -> Result<Vec<u8>, RunError> {
        let reshaped = self.transform(document);
        reshaped.map_err(|error| RunError::new(error.to_string()))
    }
}

fn document(input: Input<'_>) -> Result<&[u8], RunError> {
    match input {
        Input::Json(document) => Ok(document),
        _ => Err(RunError::unfit("a JSON document")),
    }
}

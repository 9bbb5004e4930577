//! Lua scripts, which judge a document or make another one of it.

use super::{
    Input, Language, Limits, Mistake, Output, Program, RunError, World, program::Compiled,
};
use crate::lua::{Script, Settings};

pub(super) fn compile(text: &str, limits: &Limits) -> Result<Program, Mistake> {
    let script = Script::compile_with(text, limits.lua.clone());
    let script = script.map_err(|error| Mistake::new(&error.message).at(text, error.offset, 0))?;
    Ok(Program::of(Language::Lua, script))
}

impl Compiled for Script {
    fn run<'a>(
        &'a self,
        input: Input<'a>,
        world: &'static dyn World,
    ) -> Result<Output<'a>, RunError> {
        let verdict = self.filter_with(document(input)?, &settings(world));
        verdict
            .map(Output::Bool)
            .map_err(|error| RunError::new(error.to_string()))
    }

    fn reshape(&self, document: &[u8], world: &'static dyn World) -> Result<Vec<u8>, RunError> {
        let reshaped = self.transform_with(document, &settings(world));
        reshaped.map_err(|error| RunError::new(error.to_string()))
    }
}

fn settings(world: &dyn World) -> Settings {
    let mut settings = Settings::default();
    (settings.now, settings.seed) = (world.now(), world.random());
    settings
}

fn document(input: Input<'_>) -> Result<&[u8], RunError> {
    match input {
        Input::Json(document) => Ok(document),
        _ => Err(RunError::unfit("a JSON document")),
    }
}

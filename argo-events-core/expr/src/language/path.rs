//! Paths into JSON.

use super::{
    Input, Language, Limits, Mistake, Output, Program, RunError, World, program::Compiled,
};
use crate::gjson::{Path, PathError};

pub(super) fn compile(text: &str, _limits: &Limits) -> Result<Program, Mistake> {
    let path = Path::parse(text).map_err(|error| match error {
        PathError::TooLong { length } => Mistake::new(error.to_string())
            .at(text, length, 0)
            .expecting("a shorter path"),
        PathError::TooDeep => Mistake::new(error.to_string()).expecting("a path with fewer parts"),
    })?;
    Ok(Program::of(Language::Path, path))
}

impl Compiled for Path {
    fn run<'a>(
        &'a self,
        input: Input<'a>,
        _world: &'static dyn World,
    ) -> Result<Output<'a>, RunError> {
        let Input::Json(document) = input else {
            return Err(RunError::unfit("a JSON document"));
        };
        let found = self.try_get(document);
        found
            .map(Output::Found)
            .map_err(|error| RunError::new(error.to_string()))
    }
}

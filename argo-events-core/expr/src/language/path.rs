//! Paths into JSON.

use super::{
    Input, Language, Limits, Mistake, Output, Program, RunError, World, program::Compiled,
};
use crate::gjson::{Path, PathError};

pub(super) fn compile(text: &str, _limits: &Limits) -> Result<Program, Mistake> {
    let path = Path::parse(text).map_err(|error| Mistake::in_path(text, &error))?;
    Ok(Program::of(Language::Path, path))
}

impl Mistake {
    /// Says what is wrong with a path.
    #[must_use]
    pub fn in_path(text: &str, error: &PathError) -> Self {
        let mistake = Self::new(error.to_string());
        match error {
            PathError::TooLong { length } => {
                mistake.at(text, *length, 0).expecting("a shorter path")
            }
            PathError::TooDeep => mistake.expecting("a path with fewer parts"),
        }
    }
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

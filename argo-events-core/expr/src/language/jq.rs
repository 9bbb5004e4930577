//! jq programs, which make another object of an object.

use super::{
    Input, Language, Limits, Mistake, Output, RunError, World,
    program::{Compiled, Program},
};
use crate::jq::{self, Settings};
use std::{borrow::Cow, time::SystemTime};

/// A program with its limits.
struct Limited {
    program: jq::Program,
    limits: jq::Limits,
}

pub(super) fn compile(text: &str, limits: &Limits) -> Result<Program, Mistake> {
    let program = jq::Program::compile(text).map_err(|error| {
        let mistake = Mistake::new(&error.message).at_line(text, error.line, error.column);
        match &error.hint {
            Some(hint) => mistake.hinting(hint),
            None => mistake,
        }
    })?;
    let limits = limits.jq.clone();
    Ok(Program::of(Language::Jq, Limited { program, limits }))
}

impl Compiled for Limited {
    fn run<'a>(
        &'a self,
        input: Input<'a>,
        world: &'static dyn World,
    ) -> Result<Output<'a>, RunError> {
        match input {
            Input::Json(document) => self
                .reshape(document, world)
                .map(|made| Output::Json(Cow::Owned(made))),
            _ => Err(RunError::unfit("a JSON document")),
        }
    }

    fn reshape(&self, document: &[u8], world: &'static dyn World) -> Result<Vec<u8>, RunError> {
        let mut settings = Settings::default().limits(self.limits.clone());
        if let Some(now) = world.now() {
            let since = now
                .duration_since(SystemTime::UNIX_EPOCH)
                .unwrap_or_default();
            settings = settings.now(since.as_secs_f64());
        }
        let reshaped = self.program.reshape(document, &settings);
        reshaped.map_err(|error| RunError::new(error.to_string()))
    }
}

//! Go templates with the functions of sprig.

use super::{
    Input, Language, Limits, Mistake, Output, Program, RunError, World, around::Around,
    program::Compiled,
};
use crate::{
    gotemplate::{CompileError, Template},
    govalue::{Run, Text, Value},
    sprig,
};
use std::{borrow::Cow, rc::Rc};

/// The name that messages call every template by, as in the reference.
const NAME: &str = "param";

/// The name under which a template sees its input.
const INPUT: &str = "Input";

pub(super) fn compile(text: &str, limits: &Limits) -> Result<Program, Mistake> {
    let compiled = Template::compile_within(NAME, text, &sprig::functions(), limits.template);
    let template = compiled.map_err(|error| mistake(text, &error))?;
    let limits = limits.template;
    Ok(Program::of(
        Language::Template,
        Sprigged { template, limits },
    ))
}

fn mistake(text: &str, error: &CompileError) -> Mistake {
    let mistake = Mistake::new(error.message()).at(text, error.place().offset, 0);
    match error.hint() {
        Some(hint) => mistake.hinting(hint),
        None => mistake,
    }
}

/// A template that knows the functions of sprig.
struct Sprigged {
    template: Template,
    limits: crate::gotemplate::Limits,
}

impl Compiled for Sprigged {
    fn run<'a>(
        &'a self,
        input: Input<'a>,
        world: &'static dyn World,
    ) -> Result<Output<'a>, RunError> {
        let input = match input {
            Input::Json(document) => Value::from_json(document),
            Input::Text(text) => Value::from(Text::from(text)),
            Input::Fields(_) => return Err(RunError::unfit("a document or a text")),
        };
        let limits = crate::govalue::Limits {
            steps: self.limits.steps,
            memory: self.limits.memory,
        };
        let mut run = Run::on(Rc::new(Around(world)), limits);
        let rendered = self
            .template
            .render_in(&mut run, Value::map([(INPUT, input)]));
        rendered
            .map(|text| Output::Text(Cow::Owned(text)))
            .map_err(|error| RunError::new(error.message()))
    }
}

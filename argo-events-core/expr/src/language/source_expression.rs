//! Expressions of event sources.

use super::{
    Input, Language, Limits, Mistake, Output, RunError, World,
    around::Around,
    program::{Compiled, Program},
};
use crate::expr;
use std::rc::Rc;

pub(super) fn compile(text: &str, limits: &Limits) -> Result<Program, Mistake> {
    let program = expr::Program::with_limits(text, limits.source_expression);
    let program = program.map_err(|error| {
        let place = error.span().unwrap_or_default();
        let mistake = Mistake::new(error.message()).at(text, place.start, place.len());
        match error.hint() {
            Some(hint) => mistake.hinting(hint),
            None => mistake,
        }
    })?;
    Ok(Program::of(Language::SourceExpression, program))
}

impl Compiled for expr::Program {
    fn run<'a>(
        &'a self,
        input: Input<'a>,
        world: &'static dyn World,
    ) -> Result<Output<'a>, RunError> {
        let Input::Json(document) = input else {
            return Err(RunError::unfit("a JSON document"));
        };
        let holds = self.holds_on(document, Rc::new(Around(world)));
        holds
            .map(Output::Bool)
            .map_err(|refusal| RunError::new(refusal.to_string()))
    }
}

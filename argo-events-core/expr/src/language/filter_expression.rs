//! Expressions of filters.

use super::{
    Input, Language, Limits, Mistake, Output, Program, RunError, World, program::Compiled,
};
use crate::{
    gjson::Found,
    gojson,
    govaluate::{EvaluateError, Expression, Value},
};
use std::borrow::Cow;

/// How many variables are bound without memory of their own.
const FEW: usize = 4;

pub(super) fn compile(text: &str, limits: &Limits) -> Result<Program, Mistake> {
    let expression = Expression::parse_with(text, limits.filter_expression).map_err(|error| {
        let mistake = Mistake::new(error.to_string()).at(text, error.offset(), error.length());
        match error.expectation() {
            Some(expected) => mistake.expecting(expected),
            None => mistake,
        }
    })?;
    Ok(Program::of(Language::FilterExpression, expression))
}

impl Compiled for Expression {
    fn run<'a>(
        &'a self,
        input: Input<'a>,
        _world: &'static dyn World,
    ) -> Result<Output<'a>, RunError> {
        match input {
            Input::Fields(fields) => evaluate(self, fields),
            Input::Json(document) => {
                let document = Found::parse(document);
                let member = |name: &String| member(&document, name);
                let fields: Vec<_> = Self::variables(self).iter().map(member).collect();
                evaluate(self, &fields)
            }
            Input::Text(_) => Err(RunError::unfit("values for its names")),
        }
    }

    fn variables(&self) -> &[String] {
        self.variables()
    }
}

/// Finds the member of a document that a name means.
fn member(document: &Found<'_>, name: &str) -> Found<'static> {
    let mut entries = document.entries();
    let named = entries.find(|entry| entry.name().is_some_and(|own| *own == *name.as_bytes()));
    named.map_or_else(Found::default, |entry| entry.value().into_owned())
}

fn evaluate(expression: &Expression, fields: &[Found<'_>]) -> Result<Output<'static>, RunError> {
    let mut few = [const { None }; FEW];
    let mut many = Vec::new();
    let values = match few.get_mut(..fields.len()) {
        Some(values) => values,
        None => {
            many.resize(fields.len(), None);
            &mut many[..]
        }
    };
    for (value, field) in values.iter_mut().zip(fields) {
        *value = field.exists().then(|| Value::of(field)).transpose()?;
    }
    Ok(output(expression.evaluate(values)?))
}

fn output(value: Value<'_>) -> Output<'static> {
    match value {
        Value::Null => Output::Null,
        Value::Bool(value) => Output::Bool(value),
        Value::Number(number) => Output::Number(number),
        Value::Text(text) | Value::Pattern(text) => Output::Text(Cow::Owned(text.into_owned())),
        other => match gojson::encode(&(&other).into()) {
            Ok(document) => Output::Json(document.into()),
            // Only numbers that JSON cannot hold are left, and a list of them is no filter's verdict.
            Err(_) => Output::Null,
        },
    }
}

impl From<EvaluateError> for RunError {
    fn from(error: EvaluateError) -> Self {
        Self::new(error.to_string())
    }
}

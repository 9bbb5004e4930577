//! Filters by expressions over values in the body.

use super::{
    Group,
    cause::{Cause, Joined, Operator},
    explain::{Stage, StageOutcome},
};
use crate::program::{self, Compiled};
use argo_events_core::{FieldPath, Problems, api::ExprFilter};
use argo_events_expr::{
    gjson::{Found, Path},
    language::{Input, Language, Mistake, Output},
};

/// Entries of `exprs` with their operator.
#[derive(Clone, Debug)]
pub(super) struct Exprs {
    entries: Box<[Entry]>,
    operator: Operator,
    invalid: Cause,
}

#[derive(Clone, Debug)]
struct Entry {
    text: String,
    program: Compiled,
    fields: Box<[Field]>,
}

/// A value of the body with a name.
#[derive(Clone, Debug)]
struct Field {
    name: String,
    path: Path,
    /// Which of the program's variables it is; `None` if the program does not ask for it.
    variable: Option<usize>,
    missing: Cause,
}

/// What came of an entry.
enum Verdict {
    /// The entry has no fields, which means that it does not count.
    Skipped,
    Gave(Output<'static>),
}

impl Verdict {
    fn is(&self, wanted: bool) -> bool {
        matches!(self, Self::Gave(output) if output.is_true() == wanted)
    }
}

/// How many variables are bound without memory of their own.
const FEW: usize = 4;

impl Exprs {
    pub(super) fn compile(
        entries: &[ExprFilter],
        operator: &str,
        path: &FieldPath,
        problems: &mut Problems,
    ) -> Self {
        let compiled = entries
            .iter()
            .enumerate()
            .map(|(index, entry)| Entry::compile(entry, &path.index(index), problems));
        Self {
            entries: compiled.collect(),
            operator: Operator::read(operator),
            invalid: Cause::of(Group::Exprs, "event data not valid JSON"),
        }
    }

    /// Tells whether a body fits; `valid` tells whether it is JSON.
    pub(super) fn check(&self, body: &[u8], valid: impl FnOnce() -> bool) -> Result<bool, Cause> {
        if !valid() {
            return Err(self.invalid.clone());
        }
        match self.operator {
            Operator::And => {
                for entry in &self.entries {
                    if entry.check(body)?.is(false) {
                        return Ok(false);
                    }
                }
                Ok(true)
            }
            Operator::Or => {
                let mut causes = Joined::default();
                for entry in &self.entries {
                    match entry.check(body) {
                        Ok(verdict) if verdict.is(true) => return Ok(true),
                        Ok(_) => {}
                        Err(cause) => causes.push(cause),
                    }
                }
                causes.finish(Group::Exprs)
            }
        }
    }

    pub(super) fn explain(&self, body: &[u8], valid: bool, stages: &mut Vec<Stage>) {
        if !valid {
            let outcome = StageOutcome::Error(self.invalid.bare().to_owned());
            return stages.push(Stage {
                outcome,
                ..Stage::of(Group::Exprs)
            });
        }
        stages.extend(self.entries.iter().enumerate().map(|(index, entry)| Stage {
            entry: Some(index),
            ..entry.explain(body)
        }));
    }
}

impl Entry {
    fn compile(source: &ExprFilter, path: &FieldPath, problems: &mut Problems) -> Self {
        let language = Language::FilterExpression;
        let program = Compiled::or_report(language, &source.expr, &path.field("expr"), problems);
        let mut fields = Vec::with_capacity(source.fields.len());
        for (index, field) in source.fields.iter().enumerate() {
            let place = path.field("fields").index(index);
            problems.require(place.field("name"), &field.name);
            problems.require(place.field("path"), &field.path);
            let missing = format!("path '{}' does not exist", field.path);
            let mut variables = program.variables().iter();
            match Path::parse(&field.path) {
                Ok(compiled) => fields.push(Field {
                    name: field.name.clone(),
                    path: compiled,
                    variable: variables.position(|variable| *variable == field.name),
                    missing: Cause::of(Group::Exprs, &missing),
                }),
                Err(error) => {
                    let mistake = Mistake::in_path(&field.path, &error);
                    problems.push(program::problem(place.field("path"), &mistake));
                }
            }
        }
        Self {
            text: source.expr.clone(),
            program,
            fields: fields.into(),
        }
    }

    fn check(&self, body: &[u8]) -> Result<Verdict, Cause> {
        if self.fields.is_empty() {
            return Ok(Verdict::Skipped);
        }
        let count = self.program.variables().len();
        let mut few: [Found<'_>; FEW] = Default::default();
        let mut many = Vec::new();
        let values = match few.get_mut(..count) {
            Some(values) => values,
            None => {
                many.resize(count, Found::default());
                &mut many[..]
            }
        };
        for field in &self.fields {
            let found = field.path.get(body);
            if !found.exists() {
                return Err(field.missing.clone());
            }
            if let Some(variable) = field.variable {
                values[variable] = found;
            }
        }
        let output = self.program.run(Input::Fields(values));
        output
            .map(|output| Verdict::Gave(output.into_owned()))
            .map_err(|reason| Cause::of(Group::Exprs, &reason))
    }

    fn explain(&self, body: &[u8]) -> Stage {
        let seen = self.fields.iter().map(|field| {
            let found = field.path.get(body);
            format!("{} = {}", field.name, String::from_utf8_lossy(found.raw()))
        });
        let checked = self.check(body);
        Stage {
            subject: self.text.clone(),
            seen: Some(seen.collect::<Vec<_>>().join(", ")),
            value: match &checked {
                Ok(Verdict::Gave(output)) => Some(output.text().into_owned()),
                _ => None,
            },
            outcome: match checked {
                Ok(Verdict::Skipped) => StageOutcome::Skipped,
                Ok(verdict) => StageOutcome::of(verdict.is(true)),
                Err(cause) => StageOutcome::Error(cause.bare().to_owned()),
            },
            ..Stage::of(Group::Exprs)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use argo_events_expr::gjson;

    fn exprs(text: &str) -> Exprs {
        let entries: Vec<ExprFilter> = serde_json::from_str(text).unwrap();
        let mut problems = Problems::default();
        Exprs::compile(&entries, "and", &FieldPath::root(), &mut problems)
    }

    /// Asks for `x` to be true at each of some paths.
    fn all_true(operator: &str, paths: &[&str]) -> Exprs {
        let entry = |path: &&str| {
            format!(r#"{{"expr": "x", "fields": [{{"name": "x", "path": "{path}"}}]}}"#)
        };
        let entries: Vec<_> = paths.iter().map(entry).collect();
        Exprs {
            operator: Operator::read(operator),
            ..exprs(&format!("[{}]", entries.join(",")))
        }
    }

    fn check(exprs: &Exprs, body: &str) -> Result<bool, String> {
        let checked = exprs.check(body.as_bytes(), || gjson::valid(body));
        checked.map_err(|cause| cause.alone().to_string())
    }

    #[test]
    fn the_first_missing_path_ends_an_and() {
        let exprs = all_true("and", &["a", "b"]);
        assert_eq!(check(&exprs, r#"{"a":true,"b":true}"#), Ok(true));
        assert_eq!(check(&exprs, r#"{"a":false}"#), Ok(false));
        assert_eq!(
            check(&exprs, r#"{"a":true}"#).unwrap_err(),
            "expr filter error (path 'b' does not exist)"
        );
    }

    #[test]
    fn an_or_forgets_errors_when_an_entry_holds() {
        let exprs = all_true("or", &["a", "b"]);
        assert_eq!(check(&exprs, r#"{"b":true}"#), Ok(true));
        assert_eq!(
            check(&exprs, r#"{}"#).unwrap_err(),
            "expr filter errors [path 'a' does not exist / path 'b' does not exist]"
        );
    }

    #[test]
    fn an_entry_without_fields_does_not_count() {
        let exprs = exprs(r#"[{"expr": "1 == 2", "fields": []}]"#);
        assert_eq!(check(&exprs, "{}"), Ok(true));
    }

    #[test]
    fn of_fields_with_one_name_the_last_is_bound() {
        let text = r#"[{"expr": "x == 2 && a + b + c + d == 10", "fields": [
            {"name": "x", "path": "l.0"}, {"name": "x", "path": "l.1"},
            {"name": "a", "path": "l.0"}, {"name": "b", "path": "l.1"},
            {"name": "c", "path": "l.2"}, {"name": "d", "path": "l.3"}]}]"#;
        assert_eq!(check(&exprs(text), r#"{"l": [1, 2, 3, 4]}"#), Ok(true));
    }

    #[test]
    fn an_explanation_shows_fields_and_result() {
        let text = r#"[{"expr": "a + b", "fields": [
            {"name": "a", "path": "n"}, {"name": "b", "path": "s"}]}]"#;
        let mut stages = Vec::new();
        exprs(text).explain(br#"{"n": 1, "s": "x"}"#, true, &mut stages);
        assert_eq!(stages[0].seen.as_deref(), Some(r#"a = 1, b = "x""#));
        assert_eq!(stages[0].value.as_deref(), Some("1x"));
        assert_eq!(stages[0].outcome, StageOutcome::No);
    }
}

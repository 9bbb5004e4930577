//! Filters by expressions over values in the body.

use super::{
    Group, Language, Program,
    cause::{Cause, Joined, Operator},
    explain::{Stage, StageOutcome},
};
use argo_events_core::{FieldPath, Problems, api::ExprFilter};
use argo_events_expr::{gjson::Path, gojson::Value};
use std::collections::BTreeMap;

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
    program: Program,
    /// Names with their paths, and what is said when one leads nowhere.
    fields: Box<[(String, Path, Cause)]>,
}

/// What came of an entry.
enum Found {
    /// The entry has no fields, which means that it does not count.
    Skipped,
    Is(bool),
}

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
                    if let Found::Is(false) = entry.check(body)? {
                        return Ok(false);
                    }
                }
                Ok(true)
            }
            Operator::Or => {
                let mut causes = Joined::default();
                for entry in &self.entries {
                    match entry.check(body) {
                        Ok(Found::Is(true)) => return Ok(true),
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
        let program =
            Language::Expression.compile_or_report(&source.expr, &path.field("expr"), problems);
        let mut fields = Vec::with_capacity(source.fields.len());
        for (index, field) in source.fields.iter().enumerate() {
            let place = path.field("fields").index(index);
            problems.require(place.field("name"), &field.name);
            problems.require(place.field("path"), &field.path);
            let missing = Cause::of(
                Group::Exprs,
                &format!("path '{}' does not exist", field.path),
            );
            match Path::parse(&field.path) {
                Ok(compiled) => fields.push((field.name.clone(), compiled, missing)),
                Err(error) => problems.error(place.field("path"), error.to_string()),
            }
        }
        Self {
            text: source.expr.clone(),
            program,
            fields: fields.into(),
        }
    }

    fn check(&self, body: &[u8]) -> Result<Found, Cause> {
        if self.fields.is_empty() {
            return Ok(Found::Skipped);
        }
        let mut values = BTreeMap::new();
        for (name, path, missing) in &self.fields {
            let found = path.get(body);
            if !found.exists() {
                return Err(missing.clone());
            }
            let value = found
                .to_value()
                .map_err(|error| Cause::of(Group::Exprs, &error.to_string()))?;
            values.insert(name.clone(), value);
        }
        match self.program.run(&Value::Object(values)) {
            Ok(value) => Ok(Found::Is(value == Value::Bool(true))),
            Err(reason) => Err(Cause::of(Group::Exprs, &reason)),
        }
    }

    fn explain(&self, body: &[u8]) -> Stage {
        let seen = self.fields.iter().map(|(name, path, _)| {
            format!("{name} = {}", String::from_utf8_lossy(path.get(body).raw()))
        });
        Stage {
            subject: self.text.clone(),
            seen: Some(seen.collect::<Vec<_>>().join(", ")),
            outcome: match self.check(body) {
                Ok(Found::Skipped) => StageOutcome::Skipped,
                Ok(Found::Is(holds)) => StageOutcome::of(holds),
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

    fn exprs(operator: &str, paths: &[&str], run: fn(&Value) -> Result<Value, String>) -> Exprs {
        let entry = |path: &&str| Entry {
            text: "x".to_owned(),
            program: Program::of(run),
            fields: [(
                "x".to_owned(),
                Path::parse(path).unwrap(),
                Cause::of(Group::Exprs, &format!("path '{path}' does not exist")),
            )]
            .into(),
        };
        Exprs {
            entries: paths.iter().map(entry).collect(),
            operator: Operator::read(operator),
            invalid: Cause::of(Group::Exprs, "event data not valid JSON"),
        }
    }

    fn is_true(input: &Value) -> Result<Value, String> {
        match input {
            Value::Object(fields) => Ok(Value::Bool(fields["x"] == Value::Bool(true))),
            _ => Err("no fields".to_owned()),
        }
    }

    fn check(exprs: &Exprs, body: &str) -> Result<bool, String> {
        let checked = exprs.check(body.as_bytes(), || gjson::valid(body));
        checked.map_err(|cause| cause.alone().to_string())
    }

    #[test]
    fn the_first_missing_path_ends_an_and() {
        let exprs = exprs("and", &["a", "b"], is_true);
        assert_eq!(check(&exprs, r#"{"a":true,"b":true}"#), Ok(true));
        assert_eq!(check(&exprs, r#"{"a":false}"#), Ok(false));
        assert_eq!(
            check(&exprs, r#"{"a":true}"#).unwrap_err(),
            "expr filter error (path 'b' does not exist)"
        );
    }

    #[test]
    fn an_or_forgets_errors_when_an_entry_holds() {
        let exprs = exprs("or", &["a", "b"], is_true);
        assert_eq!(check(&exprs, r#"{"b":true}"#), Ok(true));
        assert_eq!(
            check(&exprs, r#"{}"#).unwrap_err(),
            "expr filter errors [path 'a' does not exist / path 'b' does not exist]"
        );
    }
}

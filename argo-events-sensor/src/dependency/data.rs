//! Filters by values in the body.

use super::{
    Group,
    cause::{Cause, Joined, Operator},
    explain::{Stage, StageOutcome},
};
use crate::program::{self, Compiled, GAVE_NOTHING};
use argo_events_core::{FieldPath, Problem, Problems, api::DataFilter};
use argo_events_expr::{
    gjson::{Found, Path},
    gojson,
    gostrconv::{parse_bool, parse_float},
    language::{Input, Language, Mistake, Output},
    re2::Regex,
};
use std::borrow::Cow;

const COMPARATORS: [&str; 6] = ["=", "!=", ">", ">=", "<", "<="];

/// Entries of `data` with their operator.
#[derive(Clone, Debug)]
pub(super) struct Data {
    entries: Box<[Entry]>,
    operator: Operator,
    invalid: Cause,
}

#[derive(Clone, Debug)]
struct Entry {
    source: DataFilter,
    path: Path,
    template: Option<Compiled>,
    expected: Expected,
    missing: Cause,
}

/// What a value is compared with; alternatives that cannot be read err when they are reached.
#[derive(Clone, Debug)]
enum Expected {
    Bool(Alternatives<bool>),
    Number(Comparator, Alternatives<f64>),
    Text(Comparator, Alternatives<Regex>),
    Nothing(Cause),
}

type Alternatives<T> = Box<[Result<T, Cause>]>;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Comparator {
    Equal,
    NotEqual,
    Greater,
    GreaterOrEqual,
    Less,
    LessOrEqual,
    /// A word that is none; never holds.
    Unknown,
}

impl Data {
    pub(super) fn compile(
        entries: &[DataFilter],
        operator: &str,
        path: &FieldPath,
        problems: &mut Problems,
    ) -> Self {
        let compiled = entries
            .iter()
            .enumerate()
            .filter_map(|(index, entry)| Entry::compile(entry, &path.index(index), problems));
        Self {
            entries: compiled.collect(),
            operator: Operator::read(operator),
            invalid: Cause::of(Group::Data, "event data not valid JSON"),
        }
    }

    /// Tells whether a body fits; `valid` tells whether it is JSON.
    pub(super) fn check(&self, body: &[u8], valid: impl FnOnce() -> bool) -> Result<bool, Cause> {
        if self.entries.is_empty() {
            return Ok(true);
        }
        if !valid() {
            return Err(self.invalid.clone());
        }
        match self.operator {
            Operator::And => {
                for entry in &self.entries {
                    if !entry.check(body)? {
                        return Ok(false);
                    }
                }
                Ok(true)
            }
            Operator::Or => {
                let mut causes = Joined::default();
                for entry in &self.entries {
                    match entry.check(body) {
                        Ok(true) => return Ok(true),
                        Ok(false) => {}
                        Err(cause) => causes.push(cause),
                    }
                }
                causes.finish(Group::Data)
            }
        }
    }

    pub(super) fn explain(&self, body: &[u8], valid: bool, stages: &mut Vec<Stage>) {
        if !valid && !self.entries.is_empty() {
            let outcome = StageOutcome::Error(self.invalid.bare().to_owned());
            return stages.push(Stage {
                outcome,
                ..Stage::of(Group::Data)
            });
        }
        stages.extend(self.entries.iter().enumerate().map(|(index, entry)| Stage {
            entry: Some(index),
            ..entry.explain(body)
        }));
    }
}

impl Entry {
    fn compile(source: &DataFilter, path: &FieldPath, problems: &mut Problems) -> Option<Self> {
        problems.require(path.field("path"), &source.path);
        problems.one_of(path.field("comparator"), &source.comparator, &COMPARATORS);
        let template = (!source.template.is_empty()).then(|| {
            let place = path.field("template");
            Compiled::or_report(Language::Template, &source.template, &place, problems)
        });
        let compiled = Path::parse(&source.path)
            .map_err(|error| {
                let mistake = Mistake::in_path(&source.path, &error);
                problems.push(program::problem(path.field("path"), &mistake));
            })
            .ok()?;
        Some(Self {
            expected: Expected::compile(source, path, problems),
            path: compiled,
            template,
            missing: Cause::of(
                Group::Data,
                &format!("path '{}' does not exist", source.path),
            ),
            source: source.clone(),
        })
    }

    fn check(&self, body: &[u8]) -> Result<bool, Cause> {
        self.judge(&self.path.get(body)).1
    }

    /// Tells whether what was found fits, and what the template made of it.
    fn judge(&self, found: &Found<'_>) -> (Option<Found<'static>>, Result<bool, Cause>) {
        if !found.exists() {
            return (None, Err(self.missing.clone()));
        }
        let template = self.template.as_ref();
        let made = template.map(|template| self.templated(template, found));
        let made = made.transpose();
        let judged = match (&self.expected, &made) {
            // That nothing is expected is said before what is wrong with the template.
            (Expected::Nothing(cause), _) if self.source.value.is_empty() => Err(cause.clone()),
            (_, Err(cause)) => Err(cause.clone()),
            (expected, Ok(made)) => expected.fits(made.as_ref().unwrap_or(found)),
        };
        (made.ok().flatten(), judged)
    }

    /// Runs the template on the text of a value; what comes out is a text.
    fn templated(&self, template: &Compiled, found: &Found<'_>) -> Result<Found<'static>, Cause> {
        let text = found.text_bytes();
        let cause = |reason: &str| Cause::of(Group::Data, reason);
        match template.run(Input::Text(&text)).map_err(|it| cause(&it))? {
            Output::Text(text) if program::is_nothing(&text) => {
                let template = &self.source.template;
                let alone = format!("template '{template}' {GAVE_NOTHING}");
                let joined = format!("template {GAVE_NOTHING}: '{template}'");
                Err(Cause::worded(Group::Data, &alone, &joined))
            }
            Output::Text(text) => Ok(Found::parse(&gojson::encode_string(text)).into_owned()),
            _ => Err(cause("template gave no text")),
        }
    }

    fn explain(&self, body: &[u8]) -> Stage {
        let found = self.path.get(body);
        let (made, judged) = self.judge(&found);
        let comparator = if self.source.comparator.is_empty() {
            "="
        } else {
            &self.source.comparator
        };
        Stage {
            subject: self.source.path.clone(),
            comparator: comparator.to_owned(),
            expected: self.source.value.clone(),
            seen: found
                .exists()
                .then(|| String::from_utf8_lossy(found.raw()).into_owned()),
            value: made.map(|made| made.text().into_owned()),
            outcome: match judged {
                Ok(holds) => StageOutcome::of(holds),
                Err(cause) => StageOutcome::Error(cause.bare().to_owned()),
            },
            ..Stage::of(Group::Data)
        }
    }
}

impl Expected {
    fn compile(source: &DataFilter, path: &FieldPath, problems: &mut Problems) -> Self {
        let place = path.field("value");
        if source.value.is_empty() {
            problems.error(place, "is required");
            return Self::Nothing(Cause::of(Group::Data, "no values specified"));
        }
        if source.value.iter().any(String::is_empty) {
            problems.error(place.clone(), "holds an empty text");
        }
        let comparator = Comparator::read(&source.comparator);
        match source.value_type.as_str() {
            "bool" => Self::Bool(alternatives(source, &place, problems, |text| {
                parse_bool(text).map_err(|error| wrong(&error, "true or false"))
            })),
            "number" => {
                let read = |text: &str| {
                    parse_float(text).map_err(|error| wrong(&error, "a number such as 12.5"))
                };
                Self::Number(comparator, alternatives(source, &place, problems, read))
            }
            "string" => {
                let read = |text: &str| {
                    Regex::new(text).map_err(|error| Mistake::in_pattern(text, &error))
                };
                Self::Text(comparator, alternatives(source, &place, problems, read))
            }
            other => {
                let problem = Problem::error(
                    path.field("type"),
                    format!("unsupported JSON type '{other}'"),
                );
                problems.push(problem.help("use bool, number or string"));
                Self::Nothing(Cause::of(
                    Group::Data,
                    &format!("unsupported JSON type '{other}'"),
                ))
            }
        }
    }

    fn fits(&self, found: &Found<'_>) -> Result<bool, Cause> {
        match self {
            Self::Nothing(cause) => Err(cause.clone()),
            Self::Bool(alternatives) => {
                let seen = found.as_bool();
                any(alternatives, |expected| seen == *expected)
            }
            Self::Number(comparator, alternatives) => {
                let seen = found.as_f64();
                any(alternatives, |expected| {
                    comparator.compares(seen, *expected)
                })
            }
            Self::Text(comparator, alternatives) => {
                let seen: Cow<'_, [u8]> = found.text_bytes();
                any(alternatives, |pattern| match comparator {
                    Comparator::Equal => pattern.is_match(&seen),
                    Comparator::NotEqual => !pattern.is_match(&seen),
                    _ => false,
                })
            }
        }
    }
}

fn any<T>(alternatives: &Alternatives<T>, fits: impl Fn(&T) -> bool) -> Result<bool, Cause> {
    for alternative in alternatives {
        if fits(alternative.as_ref().map_err(Cause::clone)?) {
            return Ok(true);
        }
    }
    Ok(false)
}

fn wrong(error: &impl std::fmt::Display, expected: &str) -> Mistake {
    Mistake::new(error.to_string()).expecting(expected)
}

fn alternatives<T>(
    source: &DataFilter,
    place: &FieldPath,
    problems: &mut Problems,
    read: impl Fn(&str) -> Result<T, Mistake>,
) -> Alternatives<T> {
    let read = |(index, text): (usize, &String)| {
        read(text).map_err(|mistake| {
            problems.push(program::problem(place.index(index), &mistake));
            Cause::of(Group::Data, mistake.message())
        })
    };
    source.value.iter().enumerate().map(read).collect()
}

impl Comparator {
    fn read(text: &str) -> Self {
        match text {
            "" | "=" => Self::Equal,
            "!=" => Self::NotEqual,
            ">" => Self::Greater,
            ">=" => Self::GreaterOrEqual,
            "<" => Self::Less,
            "<=" => Self::LessOrEqual,
            _ => Self::Unknown,
        }
    }

    #[expect(clippy::float_cmp, reason = "manifests compare numbers for equality")]
    fn compares(self, seen: f64, expected: f64) -> bool {
        match self {
            Self::Equal => seen == expected,
            Self::NotEqual => seen != expected,
            Self::Greater => seen > expected,
            Self::GreaterOrEqual => seen >= expected,
            Self::Less => seen < expected,
            Self::LessOrEqual => seen <= expected,
            Self::Unknown => false,
        }
    }
}

//! Rules of parameters, wherever a manifest has a list of them.

use super::Context;
use crate::manifest::suggest;
use argo_events_core::{FieldPath, Problem, Problems, api::Parameter};
use serde::Deserialize as _;
use serde_json::Value;

/// Ways to write a value.
const OPERATIONS: &[&str] = &["append", "overwrite", "prepend"];

/// Whether an entry may leave open where its value goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Destination {
    Required,
    Optional,
}

use Destination::{Optional, Required};

/// Lists within the configurations of kinds; what the reference does not check is left out.
const LISTS: &[(&str, &str, Destination)] = &[
    ("k8s", "parameters", Required),
    ("argoWorkflow", "parameters", Required),
    ("http", "parameters", Required),
    ("http", "payload", Optional),
    ("awsLambda", "parameters", Required),
    ("awsLambda", "payload", Required),
    ("openWhisk", "parameters", Required),
    ("openWhisk", "payload", Required),
    ("custom", "parameters", Required),
    ("slack", "parameters", Required),
    ("email", "parameters", Required),
    ("kafka", "payload", Required),
    ("nats", "payload", Required),
];

/// Checks the lists of a kind's configuration.
pub(super) fn of_kind(
    (kind, config): (&str, &Value),
    path: &FieldPath,
    context: &Context<'_>,
    problems: &mut Problems,
) {
    for (_, name, destination) in LISTS.iter().filter(|(of, ..)| *of == kind) {
        let entries = config[name].as_array().into_iter().flatten();
        for (index, entry) in entries.enumerate() {
            // What cannot be decoded was reported when its types were checked.
            if let Ok(parameter) = Parameter::deserialize(entry) {
                let path = path.field(*name).index(index);
                one(&parameter, *destination, &path, context, problems);
            }
        }
    }
}

/// Checks the entries of a list that edits a template.
pub(super) fn of_template(
    list: &[Parameter],
    path: &FieldPath,
    context: &Context<'_>,
    problems: &mut Problems,
) {
    for (index, parameter) in list.iter().enumerate() {
        one(parameter, Required, &path.index(index), context, problems);
    }
}

fn one(
    parameter: &Parameter,
    destination: Destination,
    path: &FieldPath,
    context: &Context<'_>,
    problems: &mut Problems,
) {
    match &parameter.src {
        None => problems.error(path.field("src"), "is required"),
        Some(source) => {
            let path = path.field("src").field("dependencyName");
            dependency(&source.dependency_name, path, context, problems);
        }
    }
    if destination == Required {
        problems.require(path.field("dest"), &parameter.dest);
    }
    problems.one_of(path.field("operation"), &parameter.operation, OPERATIONS);
}

/// A parameter of an event that never comes is its `value`, or nothing at all.
fn dependency(name: &str, path: FieldPath, context: &Context<'_>, problems: &mut Problems) {
    problems.require(path.clone(), name);
    let known = context.dependencies.iter().copied();
    if !name.is_empty() && !context.dependencies.contains(&name) {
        let problem = Problem::warning(path, format!("no dependency is called `{name}`"));
        problems.push(problem.maybe_help(suggest::help(name, known)));
    }
}

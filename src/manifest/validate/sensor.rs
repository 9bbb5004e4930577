//! Rules of Sensors.

use super::{Context, filter, names, spec, trigger};
use crate::manifest::suggest;
use argo_events_core::{
    FieldPath, Problem, Problems,
    api::{self, Dependency, Sensor},
};
use argo_events_expr::{condition, cron::Zone};
use std::collections::{BTreeMap, BTreeSet};

/// Checks a Sensor.
pub(super) fn validate(sensor: &Sensor, context: &Context<'_>, problems: &mut Problems) {
    names::object(&sensor.metadata, problems);
    let path = spec().field("dependencies");
    if sensor.spec.dependencies.is_empty() {
        let help = "for example - { name: paid, eventSourceName: shop, eventName: paid }";
        problems.push(Problem::error(path.clone(), "at least one is needed").help(help));
    }
    for (index, dependency) in sensor.spec.dependencies.iter().enumerate() {
        self::dependency(dependency, &path.index(index), problems);
    }
    names_of_dependencies(&sensor.spec.dependencies, &path, problems);
    triggers(sensor, context, problems);
    unused(sensor, problems);
}

fn dependency(dependency: &Dependency, path: &FieldPath, problems: &mut Problems) {
    problems.require(path.field("name"), &dependency.name);
    problems.require(path.field("eventSourceName"), &dependency.event_source_name);
    problems.require(path.field("eventName"), &dependency.event_name);
    let operator = &dependency.filters_logical_operator;
    filter::operator(path.field("filtersLogicalOperator"), operator, problems);
    if dependency.at_least == Some(0) {
        problems.push(
            Problem::error(path.field("atLeast"), "0 events are no condition")
                .help("use 1 or more"),
        );
    }
    if let Some(filters) = &dependency.filters {
        filter::validate(filters, &path.field("filters"), problems);
    }
}

fn names_of_dependencies(all: &[Dependency], path: &FieldPath, problems: &mut Problems) {
    let mut seen = BTreeSet::new();
    for (index, dependency) in all
        .iter()
        .enumerate()
        .filter(|(_, one)| !one.name.is_empty())
    {
        if !seen.insert(&dependency.name) {
            let message = format!(
                "another dependency is called `{}` too; the last one counts",
                dependency.name
            );
            problems.warning(path.index(index).field("name"), message);
        }
    }
}

fn triggers(sensor: &Sensor, context: &Context<'_>, problems: &mut Problems) {
    let path = spec().field("triggers");
    if sensor.spec.triggers.is_empty() {
        let help = "for example - template: { name: show, log: {} }";
        problems.push(Problem::error(path.clone(), "at least one is needed").help(help));
    }
    let mut seen = BTreeMap::new();
    for (index, trigger) in sensor.spec.triggers.iter().enumerate() {
        let path = path.index(index);
        trigger::validate(trigger, &path, context, problems);
        let Some(template) = &trigger.template else {
            continue;
        };
        conditions(template, sensor, &path.field("template"), problems);
        if let Some(first) = seen
            .insert(&template.name, index)
            .filter(|_| !template.name.is_empty())
        {
            let message = format!("trigger {first} is called `{}` too", template.name);
            problems.error(path.field("template").field("name"), message);
        }
    }
}

/// Reads the condition and points at the part that is wrong.
fn conditions(
    template: &api::TriggerTemplate,
    sensor: &Sensor,
    path: &FieldPath,
    problems: &mut Problems,
) {
    let names: Vec<&str> = sensor
        .spec
        .dependencies
        .iter()
        .map(|one| one.name.as_str())
        .collect();
    if names.is_empty() || names.contains(&"") {
        return;
    }
    let text = &template.conditions;
    let path = path.field("conditions");
    if let Err(error) = condition::Condition::parse(text, &names) {
        problems.push(of_condition(&error, text, &names, path));
    }
}

fn of_condition(error: &condition::Error, text: &str, names: &[&str], path: FieldPath) -> Problem {
    let start = error.offset().min(text.len());
    let is_name = |c: char| c.is_alphanumeric() || c == '_' || c == '-';
    let length = text[start..]
        .find(|c| !is_name(c))
        .unwrap_or(text.len() - start)
        .max(1);
    let word = text.get(start..start + length).unwrap_or_default();
    let problem = match error.kind() {
        condition::ErrorKind::Unknown { .. } => {
            let problem = Problem::error(path, format!("no dependency is called `{word}`"));
            match suggest::help(word, names.iter().copied()) {
                Some(help) => problem.help(help),
                None => problem,
            }
        }
        _ => Problem::error(path, error.to_string()),
    };
    if text.is_empty() {
        problem
    } else {
        problem.span(start, start + length)
    }
}

/// Warns of dependencies that no condition names.
fn unused(sensor: &Sensor, problems: &mut Problems) {
    let names: Vec<&str> = sensor
        .spec
        .dependencies
        .iter()
        .map(|one| one.name.as_str())
        .collect();
    let templates = sensor
        .spec
        .triggers
        .iter()
        .filter_map(|trigger| trigger.template.as_ref());
    let mut used = BTreeSet::new();
    for template in templates {
        let Ok(condition) = condition::Condition::parse(&template.conditions, &names) else {
            return;
        };
        used.extend(condition.dependencies().iter().copied());
    }
    if used.is_empty() {
        return;
    }
    for (index, name) in names
        .iter()
        .enumerate()
        .filter(|(index, _)| !used.contains(index))
    {
        let later = names[index + 1..].contains(name);
        if !later {
            let path = spec().field("dependencies").index(index);
            problems.warning(path, format!("no trigger's condition names `{name}`"));
        }
    }
}

/// Checks the name of a time zone; the empty one is UTC.
pub(super) fn zone(name: &str, path: &FieldPath, problems: &mut Problems) {
    if !name.is_empty() && Zone::load(name).is_err() {
        let message = format!("{name:?} is no time zone");
        problems.push(Problem::error(path.clone(), message).help("for example \"Europe/Berlin\""));
    }
}

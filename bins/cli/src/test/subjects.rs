//! Which events there are, as far as the manifests say: to find out what a body is an event of.

use argo_events::{Manifests, Registry};
use std::collections::BTreeMap;

/// Source and name of an event.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Subject {
    pub(crate) source: String,
    pub(crate) event: String,
}

impl Subject {
    pub(crate) fn new(source: &str, event: &str) -> Self {
        Self {
            source: source.to_owned(),
            event: event.to_owned(),
        }
    }

    /// Reads `SOURCE/EVENT`.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let (source, event) = text.split_once('/')?;
        let plain = !source.is_empty() && !event.is_empty() && !event.contains('/');
        plain.then(|| Self::new(source, event))
    }
}

impl std::fmt::Display for Subject {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(out, "{}/{}", self.source, self.event)
    }
}

/// What sensors ask for and what sources give.
#[derive(Debug, Default)]
pub(crate) struct Subjects {
    /// Names of dependencies with what they ask for, in the order of the manifests.
    dependencies: Vec<(String, Subject)>,
    /// The types of events whose source is among the manifests.
    types: BTreeMap<Subject, String>,
}

impl Subjects {
    pub(crate) fn of(manifests: &Manifests, registry: &Registry) -> Self {
        let sensors = manifests.sensors.iter();
        let dependencies = sensors
            .flat_map(|sensor| &sensor.spec.dependencies)
            .map(|it| {
                let subject = Subject::new(&it.event_source_name, &it.event_name);
                (it.name.clone(), subject)
            });
        let mut types = BTreeMap::new();
        for source in &manifests.event_sources {
            for (kind, event, _) in source.spec.events() {
                let subject = Subject::new(&source.metadata.name, event);
                let known = registry.source(kind).map_or(kind, |found| found.event_type);
                types.insert(subject, known.to_owned());
            }
        }
        Self {
            dependencies: dependencies.collect(),
            types,
        }
    }

    /// Returns the type of an event; empty if its source is not among the manifests.
    pub(crate) fn type_of(&self, subject: &Subject) -> &str {
        self.types.get(subject).map_or("", String::as_str)
    }

    /// Lists what is asked for, each event once.
    pub(crate) fn asked(&self) -> Vec<&Subject> {
        let mut subjects: Vec<&Subject> = Vec::new();
        for (_, subject) in &self.dependencies {
            if !subjects.contains(&subject) {
                subjects.push(subject);
            }
        }
        subjects
    }

    fn list(&self) -> String {
        self.asked()
            .iter()
            .map(ToString::to_string)
            .collect::<Vec<_>>()
            .join(", ")
    }

    /// Returns what a dependency asks for.
    pub(crate) fn of_dependency(&self, name: &str) -> Result<Subject, String> {
        let found = self.dependencies.iter().find(|(known, _)| known == name);
        found.map(|(_, subject)| subject.clone()).ok_or_else(|| {
            let names: Vec<_> = self
                .dependencies
                .iter()
                .map(|(name, _)| name.as_str())
                .collect();
            format!(
                "no dependency is called `{name}`; there are: {}",
                names.join(", ")
            )
        })
    }

    /// Returns what a body in a file of this name is an event of.
    ///
    /// Certain if only one event is asked for; else the name of the file must say it.
    pub(crate) fn of_file(&self, stem: &str) -> Result<Subject, String> {
        let asked = self.asked();
        if let [only] = asked.as_slice() {
            return Ok((*only).clone());
        }
        let mut named: Vec<&Subject> = Vec::new();
        for (name, subject) in &self.dependencies {
            if says(stem, name, subject) && !named.contains(&subject) {
                named.push(subject);
            }
        }
        match named.as_slice() {
            [only] => Ok((*only).clone()),
            _ => Err(format!(
                "it is not clear which event this is the body of; asked for: {}",
                self.list()
            )),
        }
    }
}

/// Tells whether the name of a file says that an event of a dependency is in it.
fn says(stem: &str, dependency: &str, subject: &Subject) -> bool {
    let Subject { source, event } = subject;
    let both = ["-", "_", "."].map(|sign| format!("{source}{sign}{event}"));
    stem == dependency || stem == event || both.iter().any(|name| name == stem)
}

//! Makes the sources of an EventSource, and keeps what is wrong with the others.

use super::{EventFilter, FilterCompiler, filter::expression};
use argo_events_core::{
    Error, ErrorKind, EventSource, FieldPath, Problems, Registry, Result, Severity, api,
    registry::{Placement, SourceDescriptor},
};
use serde_json::Value;
use std::{collections::BTreeSet, fmt, sync::Arc};

/// One event and what brings it in.
pub struct Entry {
    pub(super) event: String,
    pub(super) kind: String,
    pub(super) event_type: String,
    pub(super) placement: Placement,
    pub(super) filter: Option<Arc<dyn EventFilter>>,
    pub(super) source: Result<Arc<dyn EventSource>>,
}

impl Entry {
    /// Makes an entry of a source that was built elsewhere; its kind is the type of its events.
    pub fn new(event: impl Into<String>, source: Arc<dyn EventSource>) -> Self {
        let kind = source.kind().to_owned();
        let (event_type, placement) = (kind.clone(), Placement::Replicated);
        Self {
            event: event.into(),
            kind,
            event_type,
            placement,
            filter: None,
            source: Ok(source),
        }
    }

    /// Lets one replica run the source at a time.
    #[must_use]
    pub fn single(mut self) -> Self {
        self.placement = Placement::Single;
        self
    }

    /// Publishes only what a filter keeps.
    #[must_use]
    pub fn filter(mut self, filter: Arc<dyn EventFilter>) -> Self {
        self.filter = Some(filter);
        self
    }
}

impl fmt::Debug for Entry {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Entry")
            .field("event", &self.event)
            .field("kind", &self.kind)
            .finish_non_exhaustive()
    }
}

/// Builds every entry of an EventSource; a name that occurs twice is refused the second time.
pub(super) fn entries(
    registry: &Registry,
    filters: Option<&dyn FilterCompiler>,
    source: &api::EventSource,
) -> Vec<Entry> {
    let mut names = BTreeSet::new();
    let events = source.spec.events();
    events
        .map(|(kind, event, config)| {
            let built = if names.insert(event) {
                registry
                    .source(kind)
                    .and_then(|found| build(found, config, filters))
            } else {
                Err(twice(event))
            };
            entry(kind, event, built)
        })
        .collect()
}

fn twice(event: &str) -> Error {
    let message =
        format!("the event name {event:?} is used twice; names are unique across all kinds");
    Error::permanent(ErrorKind::ConfigInvalid, message)
}

struct Built<'a> {
    descriptor: &'a SourceDescriptor,
    source: Arc<dyn EventSource>,
    filter: Option<Arc<dyn EventFilter>>,
}

fn build<'a>(
    descriptor: &'a SourceDescriptor,
    config: &Value,
    filters: Option<&dyn FilterCompiler>,
) -> Result<Built<'a>> {
    check(descriptor, config)?;
    let source = descriptor.build(config)?;
    let filter = match expression(descriptor.kind, config) {
        Some(expression) => Some(compile(expression, filters)?),
        None => None,
    };
    Ok(Built {
        descriptor,
        source,
        filter,
    })
}

/// Refuses what validation finds, so that nobody has to have validated before.
fn check(descriptor: &SourceDescriptor, config: &Value) -> Result<()> {
    let mut problems = Problems::default();
    descriptor.validate(config, &FieldPath::root(), &mut problems);
    if !problems.has_errors() {
        return Ok(());
    }
    let errors = problems
        .iter()
        .filter(|problem| problem.severity == Severity::Error);
    let errors: Vec<_> = errors.map(|problem| problem.to_string()).collect();
    let message = errors.join("; ").trim_start_matches(": ").to_owned();
    Err(Error::permanent(ErrorKind::ConfigInvalid, message))
}

fn compile(expression: &str, filters: Option<&dyn FilterCompiler>) -> Result<Arc<dyn EventFilter>> {
    let missing = || {
        let message =
            "filter.expression is not supported by this build, and dropping nothing would be wrong";
        Error::permanent(ErrorKind::Unsupported, message)
    };
    filters.ok_or_else(missing)?.compile(expression)
}

fn entry(kind: &str, event: &str, built: Result<Built<'_>>) -> Entry {
    let (event, kind) = (event.to_owned(), kind.to_owned());
    match built {
        Ok(Built {
            descriptor,
            source,
            filter,
        }) => {
            let event_type = descriptor.event_type.to_owned();
            Entry {
                event,
                kind,
                event_type,
                placement: descriptor.placement,
                filter,
                source: Ok(source),
            }
        }
        Err(error) => {
            let (event_type, placement) = (kind.clone(), Placement::Replicated);
            Entry {
                event,
                kind,
                event_type,
                placement,
                filter: None,
                source: Err(error),
            }
        }
    }
}

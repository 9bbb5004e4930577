//! Rules of EventSources.

use super::{Context, names, spec};
use crate::manifest::conform;
use argo_events_core::{
    Problem, Problems,
    api::{EventSource, EventSourceSpec},
    registry::{Placement, SourceDescriptor},
};
use argo_events_sources::runtime::validate_filter;
use std::collections::BTreeMap;

/// Checks an EventSource.
pub(super) fn validate(source: &EventSource, context: &Context<'_>, problems: &mut Problems) {
    names::object(&source.metadata, problems);
    if source.spec.events().next().is_none() {
        let help = "add a kind of source with an event, such as `webhook`";
        problems.push(Problem::warning(spec(), "there is no source in it").help(help));
    }
    unique_names(&source.spec, problems);
    placements(&source.spec, context, problems);
    for (kind, event, config) in source.spec.events() {
        let path = spec().field(kind).field(event);
        names::event(event, &path, problems);
        validate_filter(kind, config, &path, problems);
        match context.registry.source(kind) {
            Ok(descriptor) => descriptor.validate(config, &path, problems),
            // Other unknown kinds were reported by the schema.
            Err(_) if conform::is_reference_kind("event source", kind) => {}
            Err(error) => problems.error(spec().field(kind), error.message().to_owned()),
        }
    }
}

/// The name of an event is all that tells it from others, whatever their kinds.
fn unique_names(spec_of: &EventSourceSpec, problems: &mut Problems) {
    let mut seen = BTreeMap::new();
    for (kind, event, _) in spec_of.events() {
        if let Some(first) = seen.insert(event, kind) {
            let message = format!("there is another event `{event}`, of kind `{first}`");
            let path = spec().field(kind).field(event);
            problems.push(Problem::error(path, message).help("names are unique among all kinds"));
        }
    }
}

/// Sources of which every replica serves cannot share pods with those that run once.
fn placements(spec_of: &EventSourceSpec, context: &Context<'_>, problems: &mut Problems) {
    let filled = spec_of
        .kinds
        .iter()
        .filter(|(_, events)| events.as_object().is_some_and(|e| !e.is_empty()));
    let known: Vec<&SourceDescriptor> = filled
        .filter_map(|(kind, _)| context.registry.source(kind).ok())
        .collect();
    let of = |placement| known.iter().find(move |one| one.placement == placement);
    if let (Some(many), Some(one)) = (of(Placement::Replicated), of(Placement::Single)) {
        let message = format!(
            "`{}` runs in every replica, `{}` in one of them; they cannot be in one EventSource",
            many.kind, one.kind
        );
        problems.push(
            Problem::error(spec().field(one.kind), message).help("make two EventSources of it"),
        );
    }
}

//! Whether an event that was kept for a dependency still counts, though the manifest may have changed.
//!
//! The event is what filters and transform of *then* let pass; of them only a hash is known. If it is
//! the present one, nothing changed. Otherwise the present definition is asked as far as it can be: the
//! filters of a dependency without a transform, and what a likely earlier definition tells.

use super::{hash::dependency_hash, state::Definitions};
use crate::dependency::{Filter, Verdict};
use argo_events_core::{
    Event, FieldPath, Problems,
    api::{Dependency, Filters},
};
use std::sync::Arc;

/// What is known of the definitions that an earlier sensor had.
#[derive(Debug)]
pub(super) struct Earlier<'a> {
    definitions: &'a Definitions,
    /// None of the hashes is ours: who wrote them computes them in another way.
    is_foreign: bool,
}

impl<'a> Earlier<'a> {
    pub(super) fn new(definitions: &'a Definitions, dependencies: &[Dependency]) -> Self {
        let known: Vec<bool> = dependencies
            .iter()
            .filter_map(|dependency| {
                let hash = definitions.get(&dependency.name)?;
                Some(hash == dependency_hash(dependency))
            })
            .collect();
        // A single dependency that differs is more likely to have changed.
        let is_foreign = definitions.is_empty() || (known.len() > 1 && !known.contains(&true));
        Self {
            definitions,
            is_foreign,
        }
    }

    /// Returns the event as the dependency wants it now, or why it does not count any more.
    pub(super) fn judge(
        &self,
        dependency: &Dependency,
        event: Arc<Event>,
    ) -> Result<Arc<Event>, String> {
        if event.source() != dependency.event_source_name
            || event.subject() != dependency.event_name
        {
            return Err("the dependency asks for other events now".to_owned());
        }
        let hash = self.definitions.get(&dependency.name);
        if hash == Some(dependency_hash(dependency)) {
            return Ok(event);
        }
        if !transforms(dependency)
            || self.is_foreign
            || hash.is_some_and(|hash| had_transform(dependency, hash))
        {
            return admitted(&untransformed(dependency), event);
        }
        if hash.is_some_and(|hash| had_no_transform(dependency, hash)) {
            return admitted(dependency, event);
        }
        Err(
            "the dependency changed, and the event may have been transformed in another way"
                .to_owned(),
        )
    }
}

fn transforms(dependency: &Dependency) -> bool {
    let transform = dependency.transform.as_ref();
    transform.is_some_and(|transform| !transform.jq.is_empty() || !transform.script.is_empty())
}

fn untransformed(dependency: &Dependency) -> Dependency {
    Dependency {
        transform: None,
        ..dependency.clone()
    }
}

/// Tells whether the hash is that of the dependency before its filters were added.
fn had_transform(dependency: &Dependency, hash: u64) -> bool {
    before_filters(dependency).any(|earlier| dependency_hash(&earlier) == hash)
}

/// Tells whether the hash is that of the dependency before its transform was added, perhaps with its filters.
fn had_no_transform(dependency: &Dependency, hash: u64) -> bool {
    let earlier = untransformed(dependency);
    dependency_hash(&earlier) == hash || had_transform(&earlier, hash)
}

/// Returns what the dependency may have been before it had filters.
fn before_filters(dependency: &Dependency) -> impl Iterator<Item = Dependency> {
    let empty = [None, Some(Filters::default())];
    let operators = [String::new(), dependency.filters_logical_operator.clone()];
    let base = dependency.clone();
    empty.into_iter().flat_map(move |filters| {
        let base = base.clone();
        operators
            .clone()
            .map(|filters_logical_operator| Dependency {
                filters: filters.clone(),
                filters_logical_operator,
                ..base.clone()
            })
    })
}

fn admitted(dependency: &Dependency, event: Arc<Event>) -> Result<Arc<Event>, String> {
    let mut problems = Problems::default();
    let filter = Filter::compile_unchecked(dependency, &FieldPath::root(), &mut problems);
    match filter.admit(&event) {
        (changed, Verdict::Passed) => Ok(changed.unwrap_or(event)),
        _ => Err("the dependency's filters, which changed, do not let it pass".to_owned()),
    }
}

//! Checks what schemas cannot say: rules of the reference, names that must lead somewhere, languages.
//!
//! One file per kind of object. What can only be judged over all objects is in [`references`].

mod compile;
mod event_bus;
mod event_source;
mod filter;
mod names;
mod parameter;
mod references;
mod sensor;
mod trigger;

use super::{
    Checks, Manifests,
    document::{Decoded, Document, Outcome},
};
use argo_events_core::{FieldPath, Problem, Problems, Registry, Severity};

/// What rules may look at beside the object.
pub(crate) struct Context<'a> {
    pub(crate) manifests: &'a Manifests,
    pub(crate) registry: &'a Registry,
    pub(crate) checks: &'a Checks,
    /// Names of the dependencies, of a sensor.
    pub(crate) dependencies: Vec<&'a str>,
}

/// Returns every problem of an object, those of its schema first.
pub(super) fn document(
    manifests: &Manifests,
    document: &Document,
    outcome: &Outcome,
    registry: &Registry,
    checks: &Checks,
) -> Problems {
    let dependencies = match &outcome.decoded {
        Some(Decoded::Sensor(sensor)) => &sensor.spec.dependencies[..],
        _ => &[],
    };
    let dependencies = dependencies.iter().map(|one| one.name.as_str()).collect();
    let context = Context {
        manifests,
        registry,
        checks,
        dependencies,
    };
    let mut found = Problems::default();
    match &outcome.decoded {
        Some(Decoded::EventSource(source)) => event_source::validate(source, &context, &mut found),
        Some(Decoded::Sensor(sensor)) => {
            sensor::validate(sensor, &context, &mut found);
            compile::validate(sensor, &context, &mut found);
        }
        Some(Decoded::EventBus(bus)) => event_bus::validate(bus, &context, &mut found),
        Some(Decoded::Values(_)) | None => {}
    }
    references::validate(document, outcome, &context, &mut found);
    let conformed = &outcome.conformed;
    let mut all = conformed.problems.clone();
    all.extend(
        found
            .into_iter()
            .filter(|problem| !is_echo(problem, &conformed.amended)),
    );
    without_repeats(all)
}

/// Tells whether a problem comes of something that was left out because it did not fit its schema:
/// it is about that place, or about what is around it now lacking it.
fn is_echo(problem: &Problem, amended: &[FieldPath]) -> bool {
    /// `spec.KIND.EVENT` and what is as deep; above, objects have rules of their own.
    const DEEP: usize = 3;
    let lacks = |path: &FieldPath| {
        problem.path.steps().len() >= DEEP
            && path.parent().is_some_and(|parent| parent == problem.path)
    };
    amended
        .iter()
        .any(|path| path.contains(&problem.path) || lacks(path))
}

/// Leaves out what says again what was said of the same place, as compilers do after rules.
fn without_repeats(problems: Problems) -> Problems {
    let mut kept: Vec<Problem> = Vec::new();
    for problem in problems {
        let says_it = |earlier: &Problem| {
            earlier.path == problem.path
                && (earlier.message == problem.message || earlier.severity == Severity::Error)
        };
        if !kept.iter().any(says_it) {
            kept.push(problem);
        }
    }
    let mut problems = Problems::default();
    problems.extend(kept);
    problems
}

/// The path of `spec`.
fn spec() -> FieldPath {
    FieldPath::root().field("spec")
}

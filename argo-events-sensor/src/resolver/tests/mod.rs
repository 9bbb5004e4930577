//! Both resolvers against the promises, against a model, and against broken copies of themselves.

mod dispatch;
mod model;
mod promises;
mod properties;
mod records;
mod reference;

use super::TriggerPlan;
use argo_events_core::{
    DependencyResolver, Event, FieldPath, Problems,
    api::{Dependency, TriggerTemplate},
};
use argo_events_expr::condition::Condition;
use argo_events_testkit::resolver::{ResolverHarness, Setup};
use std::sync::Arc;

/// Makes the resolver that a manifest of the setup's meaning would get.
#[derive(Clone, Copy, Debug)]
struct Ours;

impl ResolverHarness for Ours {
    fn resolver(&self, setup: &Setup) -> Option<Box<dyn DependencyResolver>> {
        Some(plan(setup).resolver)
    }
}

fn plan(setup: &Setup) -> TriggerPlan {
    let names = &setup.shape.dependencies;
    let condition = Condition::parse(setup.condition, names).unwrap();
    let dependencies: Vec<_> = names.iter().zip(&setup.at_least).map(dependency).collect();
    let template = TriggerTemplate {
        join: setup.join.clone(),
        ..TriggerTemplate::default()
    };
    let mut problems = Problems::default();
    let root = FieldPath::root();
    TriggerPlan::compile(
        &setup.shape,
        &condition,
        &dependencies,
        &template,
        &root,
        &mut problems,
    )
    .unwrap_or_else(|| panic!("{problems:?}"))
}

fn dependency((name, least): (&String, &u32)) -> Dependency {
    Dependency {
        name: name.clone(),
        at_least: Some(*least),
        ..Dependency::default()
    }
}

fn event(id: &str) -> Arc<Event> {
    Arc::new(Event::builder(id, "source", "event").data("{}").build())
}

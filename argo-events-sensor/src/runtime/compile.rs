//! Turns a Sensor into a [`SensorPlan`], collecting every problem on the way.

use super::{
    action::Action,
    plan::{LaneKind, PlannedDependency, PlannedTrigger, SensorBuild, SensorPlan},
};
use crate::{
    dependency::Filter,
    policy::{Guarded, GuardedBuilder},
    resolver::{ResetSchedule, TriggerPlan},
    trigger,
};
use argo_events_core::{
    FieldPath, Problem, Problems, Severity, Subject, Trigger,
    api::{self, Sensor},
    registry::{Clients, TriggerBuild},
    resolver::Shape,
};
use argo_events_expr::condition::Condition;
use std::{collections::HashMap, num::NonZeroUsize, sync::Arc};

/// Triggers that the program brings along, by the name of the manifest's trigger.
pub type OwnTriggers = HashMap<String, Arc<dyn Trigger>>;

impl SensorPlan {
    /// Compiles a sensor. Does no I/O.
    ///
    /// # Errors
    /// Every problem that was found, warnings included; without an error among them there is a plan.
    pub fn compile(
        sensor: &Sensor,
        own: &OwnTriggers,
        build: SensorBuild,
    ) -> Result<Self, Problems> {
        let mut problems = Problems::default();
        let root = FieldPath::root().field("spec");
        let dependencies = compile_dependencies(sensor, &root, &mut problems);
        let names: Vec<&str> = sensor
            .spec
            .dependencies
            .iter()
            .map(|d| d.name.as_str())
            .collect();
        let clients = build.clients.clone().unwrap_or_default();
        let (mut triggers, mut left_out) = (Vec::new(), Problems::default());
        for (index, trigger) in sensor.spec.triggers.iter().enumerate() {
            let path = root.field("triggers").index(index);
            let compiler = Compiler {
                sensor,
                own,
                build: &build,
                clients: &clients,
                names: &names,
                path,
            };
            let mut found = Problems::default();
            let planned = compiler.trigger(trigger, &mut found);
            if found.has_errors() && build.leaves_out {
                left_out.extend(found);
            } else {
                triggers.extend(planned);
                problems.extend(found);
            }
        }
        if triggers.is_empty() {
            problems.extend(left_out);
        } else {
            problems.extend(left_out.into_iter().map(left_out_for));
        }
        if problems.has_errors() {
            return Err(problems);
        }
        let name = sensor.metadata.name.as_str().into();
        let namespace = sensor.metadata.namespace.clone();
        let specs = sensor.spec.dependencies.clone();
        Ok(Self {
            name,
            namespace,
            dependencies,
            specs,
            triggers,
            build,
            warnings: problems,
        })
    }
}

/// Turns an error into the reason why its trigger is left out.
fn left_out_for(mut problem: Problem) -> Problem {
    if problem.severity == Severity::Error {
        problem.severity = Severity::Warning;
        problem.message = format!("the trigger is left out: {}", problem.message);
    }
    problem
}

fn compile_dependencies(
    sensor: &Sensor,
    root: &FieldPath,
    problems: &mut Problems,
) -> Vec<PlannedDependency> {
    let mut planned = Vec::new();
    for (index, dependency) in sensor.spec.dependencies.iter().enumerate() {
        let path = root.field("dependencies").index(index);
        let filter = Filter::compile_unchecked(dependency, &path, problems);
        planned.push(PlannedDependency {
            name: dependency.name.clone(),
            subject: Subject::new(&dependency.event_source_name, &dependency.event_name),
            filter: Arc::new(filter),
        });
    }
    planned
}

struct Compiler<'a> {
    sensor: &'a Sensor,
    own: &'a OwnTriggers,
    build: &'a SensorBuild,
    clients: &'a Clients,
    names: &'a [&'a str],
    path: FieldPath,
}

impl Compiler<'_> {
    fn trigger(&self, trigger: &api::Trigger, problems: &mut Problems) -> Option<PlannedTrigger> {
        let template_path = self.path.field("template");
        let Some(template) = &trigger.template else {
            problems.error(template_path, "is required");
            return None;
        };
        let condition = self.condition(template, problems)?;
        let names = condition
            .dependencies()
            .iter()
            .map(|&index| self.names[index].to_owned());
        let shape = Arc::new(Shape {
            sensor: self.sensor.metadata.name.clone(),
            trigger: template.name.clone(),
            dependencies: names.collect(),
        });
        let specs = &self.sensor.spec.dependencies;
        TriggerPlan::compile(
            &shape,
            &condition,
            specs,
            template,
            &template_path,
            problems,
        )?;
        let resets_path = template_path.field("conditionsReset");
        let resets = ResetSchedule::compile(&template.conditions_reset, &resets_path, problems);
        let guarded = self.guarded(trigger, problems)?;
        let lane = self.lane(trigger, template, &condition);
        Some(PlannedTrigger {
            shape,
            lane,
            at_a_time: self.at_a_time(trigger),
            at_most_once: trigger.at_least_once == Some(false),
            dependencies: condition.dependencies().to_vec(),
            action: Arc::new(Action::new(guarded, self.build.observer.clone())),
            condition,
            template: template.clone(),
            resets,
        })
    }

    fn condition(
        &self,
        template: &api::TriggerTemplate,
        problems: &mut Problems,
    ) -> Option<Condition> {
        Condition::parse(&template.conditions, self.names)
            .map_err(|error| {
                let path = self.path.field("template").field("conditions");
                problems.push(Problem::error(path, error.to_string()));
            })
            .ok()
    }

    /// Stateful and ordered triggers need a shard; the others read in a lane that replicas share.
    fn lane(
        &self,
        trigger: &api::Trigger,
        template: &api::TriggerTemplate,
        condition: &Condition,
    ) -> LaneKind {
        let counts = condition.dependencies().iter().any(|&index| {
            self.sensor.spec.dependencies[index]
                .at_least
                .is_some_and(|least| least > 1)
        });
        if condition.is_stateful() || counts || template.join.is_some() {
            return LaneKind::Shard;
        }
        match trigger.at_least_once {
            Some(true) => LaneKind::Shard,
            Some(false) => LaneKind::Once,
            None => LaneKind::Shared,
        }
    }

    fn at_a_time(&self, trigger: &api::Trigger) -> NonZeroUsize {
        match trigger.at_least_once {
            Some(true) => NonZeroUsize::MIN,
            _ => self.build.limits.at_a_time,
        }
    }

    /// Builds the trigger and wraps it in its policies, and its dead letter likewise.
    fn guarded(&self, trigger: &api::Trigger, problems: &mut Problems) -> Option<Guarded> {
        let name = trigger
            .template
            .as_ref()
            .map_or("", |template| template.name.as_str());
        let made = self.make(trigger, name, problems)?;
        let dead_letter = match &trigger.dlq_trigger {
            Some(spec) => Some(self.dead_letter(spec, problems)?),
            None => None,
        };
        let sensor = &self.sensor.metadata.name;
        let clock = self.build.clock.clone();
        let builder = GuardedBuilder::new(sensor, trigger, &self.build.metrics, clock);
        Some(builder.build(made, dead_letter))
    }

    /// A dead letter's own dead letter is ignored, as in the reference.
    fn dead_letter(&self, spec: &api::Trigger, problems: &mut Problems) -> Option<Guarded> {
        let spec = api::Trigger {
            dlq_trigger: None,
            ..spec.clone()
        };
        let path = self.path.field("dlqTrigger");
        Compiler { path, ..*self }.guarded(&spec, problems)
    }

    fn make(
        &self,
        trigger: &api::Trigger,
        name: &str,
        problems: &mut Problems,
    ) -> Option<Arc<dyn Trigger>> {
        if let Some(own) = self.own.get(name) {
            return Some(own.clone());
        }
        let (secrets, clock) = (self.build.secrets.clone(), self.build.clock.clone());
        let mut build = TriggerBuild::new(&self.sensor.metadata.name, name, secrets, clock);
        build.clients = self.clients.clone();
        build.namespace.clone_from(&self.sensor.metadata.namespace);
        let dependencies: Vec<String> = self.names.iter().map(|name| (*name).to_owned()).collect();
        trigger::build_reporting(
            trigger,
            &self.build.registry,
            &build,
            &dependencies,
            &self.path,
            problems,
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::trigger::FunctionTrigger;
    use argo_events_core::{
        Registry, SystemClock,
        api::{Dependency, SensorSpec, TriggerTemplate},
        registry::{BuildTrigger, TriggerConfig, TriggerDescriptor},
        secret::MemorySecrets,
    };
    use schemars::JsonSchema;
    use serde::{Deserialize, Serialize};
    use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

    static CLIENTS: AtomicUsize = AtomicUsize::new(0);

    /// A kind whose triggers find their client by their name.
    #[derive(Debug, Serialize, Deserialize, JsonSchema)]
    struct Shared {}

    impl TriggerConfig for Shared {
        const KIND: &'static str = "shared";

        fn validate(&self, _: &FieldPath, _: &mut Problems) {}
    }

    impl BuildTrigger for Shared {
        fn build(self, build: &TriggerBuild) -> argo_events_core::Result<Arc<dyn Trigger>> {
            let name = &build.trigger;
            build
                .clients
                .get_or_make(name, || CLIENTS.fetch_add(1, Relaxed));
            Ok(Arc::new(FunctionTrigger::new(|_| {
                std::future::ready(Ok(()))
            })))
        }
    }

    fn sensor(name: &str) -> Sensor {
        let template = TriggerTemplate {
            name: "ship".to_owned(),
            kinds: [("shared".to_owned(), serde_json::json!({}))].into(),
            ..TriggerTemplate::default()
        };
        let spec = SensorSpec {
            dependencies: vec![Dependency::new("paid", "shop", "paid")],
            triggers: vec![api::Trigger::new(template)],
            ..SensorSpec::default()
        };
        Sensor::new(name, spec)
    }

    #[test]
    fn two_sensors_of_one_build_share_no_client() {
        let registry = Registry::default().with(TriggerDescriptor::of::<Shared>());
        let secrets = Arc::new(MemorySecrets::default());
        let build = SensorBuild::new(registry, secrets, Arc::new(SystemClock));
        for name in ["orders", "invoices"] {
            let compiled = SensorPlan::compile(&sensor(name), &OwnTriggers::new(), build.clone());
            assert!(compiled.is_ok(), "{:?}", compiled.err());
        }
        assert_eq!(CLIENTS.load(Relaxed), 2);
    }
}

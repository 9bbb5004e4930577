//! The sensors of the manifests, compiled to be tried.

use super::subjects::Subjects;
use crate::exit::{Exit, Failure};
use argo_events::{
    BuiltinKinds as _, Clock, Error, ErrorKind, Executed, Firing, Manifests, Registry, Rendered,
    Result as Outcome, Timestamp, Trigger, TriggerContext, api,
    manifest::{Checks, Located},
    sensor::{
        runtime::{OwnTriggers, SensorBuild, SensorPlan},
        trigger::FunctionTrigger,
    },
};
use async_trait::async_trait;
use serde_json::Value;
use std::{path::PathBuf, sync::Arc};

/// Sensors that are ready to be tried, with the events that they are about.
#[derive(Debug)]
pub(crate) struct Sensors {
    pub(crate) plans: Vec<Arc<SensorPlan>>,
    pub(crate) specs: Vec<api::Sensor>,
    pub(crate) subjects: Subjects,
}

impl Sensors {
    /// Reads and compiles manifests; everything that is wrong with them ends the run.
    pub(crate) fn load(paths: &[PathBuf]) -> Result<Self, Failure> {
        let wrong = |message: String| Failure::new(Exit::InputWrong, message);
        let mut manifests = Manifests::from_paths(paths).map_err(|it| wrong(it.to_string()))?;
        let registry = Registry::builtin();
        let mut checks = Checks::of_a_part();
        for sensor in &manifests.sensors {
            checks = checks.own_triggers(stand_ins(sensor, &registry).into_keys());
        }
        let diagnostics = manifests.check(&registry, &checks);
        if diagnostics.has_errors() {
            let text = diagnostics.to_string();
            return Err(Failure::listing(Exit::InputWrong, text.trim_end()));
        }
        if manifests.sensors.is_empty() {
            return Err(wrong(
                "no Sensor was found; name the file or folder it is in".to_owned(),
            ));
        }
        let secrets = Arc::new(manifests.secrets.clone());
        let build = SensorBuild::new(registry.clone(), secrets, Arc::new(NoClock));
        let compiled = manifests.sensors.iter().map(|sensor| {
            let own = stand_ins(sensor, &registry);
            SensorPlan::compile(sensor, &own, build.clone()).map_err(|problems| {
                let shown = problems.iter().map(|it| sensor.diagnostic(it).to_string());
                Failure::listing(Exit::InputWrong, shown.collect::<Vec<_>>().join("\n"))
            })
        });
        let plans = compiled
            .map(|plan| plan.map(Arc::new))
            .collect::<Result<_, _>>()?;
        let subjects = Subjects::of(&manifests, &registry);
        let specs = manifests
            .sensors
            .into_iter()
            .map(Located::into_inner)
            .collect();
        Ok(Self {
            plans,
            specs,
            subjects,
        })
    }
}

/// Makes triggers for those that only a program or another build can run.
fn stand_ins(sensor: &api::Sensor, registry: &Registry) -> OwnTriggers {
    let mut own = OwnTriggers::new();
    for trigger in &sensor.spec.triggers {
        let mut next = Some(trigger);
        while let Some(trigger) = next {
            if let Some(template) = &trigger.template
                && let Some(stand_in) = stand_in(template, registry)
            {
                own.insert(template.name.clone(), stand_in);
            }
            next = trigger.dlq_trigger.as_deref();
        }
    }
    own
}

fn stand_in(template: &api::TriggerTemplate, registry: &Registry) -> Option<Arc<dyn Trigger>> {
    let mut named = template
        .kinds
        .iter()
        .filter(|(_, config)| !config.is_null())
        .peekable();
    if named.peek().is_none() {
        return Some(Arc::new(FunctionTrigger::new(|_| async { Ok(()) })));
    }
    let known = named.find_map(|(kind, config)| Some((registry.trigger(kind).ok()?, config)))?;
    let (descriptor, config) = known;
    let (kind, written) = (descriptor.kind, config.clone());
    (!descriptor.is_available()).then(|| Arc::new(AsWritten { kind, written }) as Arc<dyn Trigger>)
}

/// Where the view of such a trigger shows its configuration.
pub(crate) const AS_WRITTEN: &str = "asWritten";

/// A trigger of a kind that this build cannot run: shows what the manifest says.
struct AsWritten {
    kind: &'static str,
    written: Value,
}

#[async_trait]
impl Trigger for AsWritten {
    fn kind(&self) -> &'static str {
        self.kind
    }

    async fn render(&self, firing: &Firing) -> Outcome<Rendered> {
        let view = serde_json::json!({ AS_WRITTEN: self.written });
        Ok(Rendered::new(firing.id(), view, ()))
    }

    async fn execute(&self, _: &Rendered, _: &TriggerContext) -> Outcome<Executed> {
        Err(Error::permanent(
            ErrorKind::Unsupported,
            "a stand-in is never executed",
        ))
    }
}

/// A clock that nobody may read: what is tried must not depend on when.
#[derive(Debug)]
struct NoClock;

impl Clock for NoClock {
    fn now(&self) -> Timestamp {
        Timestamp::EPOCH
    }
}

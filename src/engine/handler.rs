//! A sensor made for a closure that wants the events of one subject.

use argo_events_core::{
    Error, ErrorKind, Event, Firing, Result, Trigger,
    api::{Dependency, Sensor, SensorSpec, Trigger as Spec, TriggerTemplate},
};
use argo_events_sensor::trigger::FunctionTrigger;
use std::sync::Arc;

const DEPENDENCY: &str = "event";

/// Makes the sensor; its name comes from the subject, so that it finds its place on a durable bus again.
pub(super) fn sensor(source: &str, event: &str, number: usize) -> (Sensor, String) {
    let name = format!("on-{source}-{event}-{number}");
    let template = TriggerTemplate {
        name: name.clone(),
        ..TriggerTemplate::default()
    };
    let spec = SensorSpec {
        dependencies: vec![Dependency::new(DEPENDENCY, source, event)],
        triggers: vec![Spec::new(template)],
        ..SensorSpec::default()
    };
    (Sensor::new(&name, spec), name)
}

/// Makes a trigger of a function of the event.
pub(super) fn trigger<F, O>(act: F) -> impl Trigger
where
    F: Fn(Arc<Event>) -> O + Send + Sync + 'static,
    O: Future<Output = Result<()>> + Send + 'static,
{
    let act = Arc::new(act);
    FunctionTrigger::new(move |firing: Firing| {
        let act = act.clone();
        async move {
            let event = firing.event(DEPENDENCY).cloned();
            let missing = || Error::permanent(ErrorKind::Unexpected, "the firing holds no event");
            act(event.ok_or_else(missing)?).await
        }
    })
}

//! Triggers that are a function or a service of the program which embeds the engine.

use argo_events_core::{
    Error, ErrorKind, Executed, Firing, Rendered, Result, Trigger, TriggerContext,
};
use async_trait::async_trait;
use serde_json::{Map, Value};
use std::{fmt, future::Future};

/// Calls an asynchronous function for each firing.
///
/// ```
/// use argo_events_core::Trigger;
/// use argo_events_sensor::trigger::FunctionTrigger;
///
/// let ship = FunctionTrigger::new(|firing| async move {
///     println!("{} ships {:?}", firing.trigger(), firing.event("paid").map(|event| event.id()));
///     Ok(())
/// });
/// assert_eq!(ship.kind(), "function");
/// ```
pub struct FunctionTrigger<F>(F);

impl<F, Done> FunctionTrigger<F>
where
    F: Fn(Firing) -> Done + Send + Sync + 'static,
    Done: Future<Output = Result<()>> + Send,
{
    /// Makes a trigger of a function.
    pub fn new(function: F) -> Self {
        Self(function)
    }
}

impl<F> fmt::Debug for FunctionTrigger<F> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("FunctionTrigger")
    }
}

#[async_trait]
impl<F, Done> Trigger for FunctionTrigger<F>
where
    F: Fn(Firing) -> Done + Send + Sync + 'static,
    Done: Future<Output = Result<()>> + Send,
{
    fn kind(&self) -> &'static str {
        "function"
    }

    async fn render(&self, firing: &Firing) -> Result<Rendered> {
        Ok(rendered(firing))
    }

    async fn execute(&self, rendered: &Rendered, _: &TriggerContext) -> Result<Executed> {
        (self.0)(firing_of(rendered)?).await?;
        Ok(Executed::default())
    }
}

/// Calls a `tower` service for each firing, with all its layers.
#[cfg(feature = "tower")]
#[derive(Clone)]
pub struct ServiceTrigger<S>(S);

#[cfg(feature = "tower")]
impl<S> ServiceTrigger<S> {
    /// Makes a trigger of a service; each firing calls a clone of it.
    pub fn new(service: S) -> Self {
        Self(service)
    }
}

#[cfg(feature = "tower")]
impl<S> fmt::Debug for ServiceTrigger<S> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("ServiceTrigger")
    }
}

#[cfg(feature = "tower")]
#[async_trait]
impl<S> Trigger for ServiceTrigger<S>
where
    S: tower::Service<Firing> + Clone + Send + Sync + 'static,
    S::Future: Send,
    S::Response: Send,
    S::Error: Into<argo_events_core::error::BoxError> + Send,
{
    fn kind(&self) -> &'static str {
        "service"
    }

    async fn render(&self, firing: &Firing) -> Result<Rendered> {
        Ok(rendered(firing))
    }

    async fn execute(&self, rendered: &Rendered, _: &TriggerContext) -> Result<Executed> {
        use tower::ServiceExt as _;
        let firing = firing_of(rendered)?;
        let done = self.0.clone().oneshot(firing).await;
        done.map(|_| Executed::default()).map_err(|error| {
            let cause = error.into();
            Error::transient(ErrorKind::Unexpected, cause.to_string()).caused_by(cause)
        })
    }
}

fn rendered(firing: &Firing) -> Rendered {
    Rendered::of(firing, firing.clone(), view)
}

/// Shows the id of each event under its dependency.
fn view(firing: &Firing) -> Value {
    let events = firing
        .events()
        .map(|(dependency, event)| (dependency.to_owned(), event.id().into()));
    Value::Object(events.collect::<Map<_, _>>())
}

fn firing_of(rendered: &Rendered) -> Result<Firing> {
    let firing = rendered.content::<Firing>().cloned();
    firing.ok_or_else(|| Error::permanent(ErrorKind::Unexpected, "what was rendered is no firing"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use argo_events_core::{
        Event, SystemClock,
        resolver::{Held, Shape},
    };
    use std::sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    };
    use tokio_util::sync::CancellationToken;

    fn firing() -> Firing {
        let (sensor, trigger) = ("orders".to_owned(), "ship".to_owned());
        let shape = Shape {
            sensor,
            trigger,
            dependencies: vec!["paid".to_owned()],
        };
        let event = Arc::new(Event::builder("77", "shop", "paid").data("{}").build());
        Firing::new(
            Arc::new(shape),
            [Held {
                dependency: 0,
                event,
            }],
        )
    }

    fn context() -> TriggerContext {
        TriggerContext::new(1, CancellationToken::new(), Arc::new(SystemClock))
    }

    #[tokio::test]
    async fn the_function_gets_the_firing_once_per_execution() {
        let calls = Arc::new(AtomicUsize::new(0));
        let counter = Arc::clone(&calls);
        let trigger = FunctionTrigger::new(move |firing: Firing| {
            let counter = Arc::clone(&counter);
            async move {
                assert_eq!(firing.event("paid").unwrap().id(), "77");
                counter.fetch_add(1, Ordering::Relaxed);
                Ok(())
            }
        });
        let rendered = trigger.render(&firing()).await.unwrap();
        assert_eq!(calls.load(Ordering::Relaxed), 0);
        assert_eq!(rendered.view(), &serde_json::json!({"paid": "77"}));
        trigger.execute(&rendered, &context()).await.unwrap();
        assert_eq!(calls.load(Ordering::Relaxed), 1);
    }

    #[cfg(feature = "tower")]
    #[tokio::test]
    async fn an_error_of_a_service_is_transient() {
        let service = tower::service_fn(|_: Firing| async { Err::<(), _>("warehouse is closed") });
        let trigger = ServiceTrigger::new(service);
        let rendered = trigger.render(&firing()).await.unwrap();
        let error = trigger.execute(&rendered, &context()).await.unwrap_err();
        assert!(error.is_transient());
        assert_eq!(error.message(), "warehouse is closed");
    }
}

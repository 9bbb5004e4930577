//! A register in memory that asks for a password, and a trigger that writes into it.

use argo_events_core::{
    Error, ErrorKind, Executed, Firing, Rendered, Result, Trigger, TriggerContext,
};
use argo_events_testkit::trigger::{Breach, BrokenTrigger, Effect, Need, Target, TriggerHarness};
use async_trait::async_trait;
use serde_json::json;
use std::sync::Arc;
use tokio::sync::watch;

const PASSWORD: &str = "open sesame";

/// The target: clones are the same register.
#[derive(Clone)]
pub(crate) struct Register {
    state: Arc<watch::Sender<(Target, Vec<Effect>)>>,
    breach: Option<Breach>,
    wrapped: bool,
}

impl Default for Register {
    fn default() -> Self {
        let state = Arc::new(watch::Sender::new((Target::Succeeds, Vec::new())));
        Self {
            state,
            breach: None,
            wrapped: false,
        }
    }
}

impl Register {
    pub(crate) fn broken(breach: Option<Breach>) -> Self {
        Self {
            breach,
            wrapped: true,
            ..Self::default()
        }
    }

    async fn write(&self, effect: Effect, password: &str) -> Result<()> {
        assert_eq!(password, PASSWORD);
        let mut changes = self.state.subscribe();
        let behavior = changes.wait_for(|(behavior, _)| *behavior != Target::Waits);
        let behavior = behavior.await.expect("the register lives").0;
        let failed = match behavior {
            Target::Later => Error::transient(ErrorKind::RateLimited, "closed for lunch"),
            Target::Never => Error::permanent(ErrorKind::Rejected, "no such column"),
            Target::Gone => Error::transient(ErrorKind::Unavailable, "nobody is there"),
            Target::Succeeds | Target::Waits => {
                self.state.send_modify(|(_, effects)| effects.push(effect));
                return Ok(());
            }
        };
        Err(failed)
    }
}

/// Writes the number of an event.
struct Writer(Register);

#[async_trait]
impl Trigger for Writer {
    fn kind(&self) -> &'static str {
        "register"
    }

    async fn render(&self, firing: &Firing) -> Result<Rendered> {
        let event = firing.event("paid").expect("the firing has the event");
        let number = event.json()?["number"].as_u64().expect("it has a number");
        let effect = Effect {
            number: number.try_into().expect("it is small"),
            key: Some(firing.id().to_string()),
        };
        Ok(Rendered::new(
            firing.id(),
            json!({ "number": number }),
            effect,
        ))
    }

    async fn execute(&self, rendered: &Rendered, _: &TriggerContext) -> Result<Executed> {
        let effect = rendered.content::<Effect>().expect("it is ours").clone();
        self.0.write(effect, PASSWORD).await?;
        Ok(Executed::default())
    }
}

#[async_trait]
impl TriggerHarness for Register {
    async fn trigger(&self) -> Result<Arc<dyn Trigger>> {
        let writer = Arc::new(Writer(self.clone()));
        if !self.wrapped {
            return Ok(writer);
        }
        let secrets = self.secrets();
        Ok(Arc::new(BrokenTrigger::new(writer, self.breach, secrets)))
    }

    async fn effects(&self) -> Vec<Effect> {
        self.state.borrow().1.clone()
    }

    fn lacks(&self, _: Need) -> Option<&'static str> {
        None
    }

    async fn target(&self, behavior: Target) {
        self.state.send_modify(|state| state.0 = behavior);
    }

    fn secrets(&self) -> Vec<String> {
        vec![PASSWORD.to_owned()]
    }
}

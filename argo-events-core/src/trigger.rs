//! Triggers: what happens when a condition became true.
//!
//! `render` works out what would be sent and has no side effects, so that dry runs and golden tests
//! are possible; `execute` sends it. Retry, rate limit, timeout and dead letter are wrapped around
//! both by the sensor, never written in a trigger.

use crate::{Clock, Firing, FiringId, Result};
use async_trait::async_trait;
use serde_json::Value;
use std::{any::Any, fmt, sync::Arc};
use tokio_util::sync::CancellationToken;

/// Turns firings into effects.
///
/// # Behavior
/// - `TRG-01` `render` has no side effects and gives the same for the same firing.
/// - `TRG-02` `execute` resolves after the effect is done, or fails.
/// - `TRG-03` the firing id travels with the effect as idempotency key, where the protocol has a place for it.
/// - `TRG-04` an answer that says "later" is a transient error, one that says "never" a permanent one.
/// - `TRG-05` `execute` may run many times at once.
/// - `TRG-06` no secret appears in [`Rendered::view`] or in an error.
#[async_trait]
pub trait Trigger: Send + Sync + 'static {
    /// Returns the kind as manifests name it.
    fn kind(&self) -> &'static str;

    /// Works out what would be sent.
    ///
    /// # Errors
    /// `PayloadInvalid`, permanent, when the events lack what the parameters ask for.
    ///
    /// # Cancel safety
    /// Dropping the future has no effect.
    async fn render(&self, firing: &Firing) -> Result<Rendered>;

    /// Sends what was rendered.
    ///
    /// # Cancel safety
    /// A dropped future may or may not have had its effect.
    async fn execute(&self, rendered: &Rendered, context: &TriggerContext) -> Result<Executed>;
}

/// What an execution may use.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct TriggerContext {
    /// 1 for the first attempt.
    pub attempt: u32,
    /// Set when the sensor gives up waiting.
    pub stop: CancellationToken,
    /// The clock.
    pub clock: Arc<dyn Clock>,
}

impl TriggerContext {
    /// Makes a context.
    pub fn new(attempt: u32, stop: CancellationToken, clock: Arc<dyn Clock>) -> Self {
        Self {
            attempt,
            stop,
            clock,
        }
    }
}

/// What will be sent, fully worked out.
#[derive(Clone)]
pub struct Rendered {
    firing: FiringId,
    view: Value,
    content: Arc<dyn Any + Send + Sync>,
}

impl Rendered {
    /// Makes a rendering: `view` is for people, `content` for the trigger's own `execute`.
    ///
    /// The view shows what will be sent, with secrets left out.
    pub fn new(firing: FiringId, view: Value, content: impl Any + Send + Sync) -> Self {
        Self {
            firing,
            view,
            content: Arc::new(content),
        }
    }

    /// Returns the id of the firing, which serves as idempotency key.
    pub fn firing(&self) -> &FiringId {
        &self.firing
    }

    /// Returns what will be sent, for people and golden tests.
    pub fn view(&self) -> &Value {
        &self.view
    }

    /// Returns what the trigger put in; `None` when asked for another type.
    pub fn content<T: Any>(&self) -> Option<&T> {
        self.content.downcast_ref()
    }
}

impl fmt::Debug for Rendered {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Rendered")
            .field("firing", &self.firing)
            .field("view", &self.view)
            .finish_non_exhaustive()
    }
}

/// What came of an execution; policies look at it.
#[derive(Clone, Debug, Default, PartialEq)]
#[non_exhaustive]
pub struct Executed {
    /// The status code, where the protocol has one.
    pub status: Option<u16>,
    /// The object that was made or changed, where there is one.
    pub object: Option<Value>,
}

impl Executed {
    /// Makes a result with a status code.
    pub fn with_status(status: u16) -> Self {
        Self {
            status: Some(status),
            object: None,
        }
    }
}

//! Triggers: what happens when a condition became true.
//!
//! `render` works out what would be sent and has no side effects, so that dry runs and golden tests
//! are possible; `execute` sends it. Retry, rate limit, timeout and dead letter are wrapped around
//! both by the sensor, never written in a trigger.

use crate::{Clock, Error, ErrorKind, Firing, FiringId, Result};
use async_trait::async_trait;
use serde_json::Value;
use std::{
    any::Any,
    fmt,
    sync::{Arc, OnceLock},
};
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

    /// Looks again at the object that came of an execution; policies that wait for its labels ask.
    ///
    /// Only kinds that give an object have to implement it.
    ///
    /// # Errors
    /// `Unsupported`, permanent, from kinds that give none; `NotFound` when the object is gone.
    ///
    /// # Cancel safety
    /// Dropping the future has no effect.
    async fn refresh(&self, rendered: &Rendered, executed: &Executed) -> Result<Executed> {
        let _ = (rendered, executed);
        let message = "triggers of this kind give no object to look at";
        Err(Error::permanent(ErrorKind::Unsupported, message).with("kind", self.kind()))
    }
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

/// What will be sent, fully worked out. Cheap to clone.
#[derive(Clone)]
pub struct Rendered(Arc<dyn Content>);

impl Rendered {
    /// Makes a rendering: `view` is for people, `content` for the trigger's own `execute`.
    ///
    /// The view shows what will be sent, with secrets left out.
    pub fn new(firing: FiringId, view: Value, content: impl Any + Send + Sync) -> Self {
        Self(Arc::new(Given {
            firing,
            view,
            content,
        }))
    }

    /// Makes a rendering whose id and view are worked out when somebody asks.
    ///
    /// Most renderings are executed and never looked at, and many triggers send no id.
    pub fn of<T: Any + Send + Sync>(firing: &Firing, content: T, view: fn(&T) -> Value) -> Self {
        let firing = firing.clone();
        Self(Arc::new(Deferred {
            firing,
            id: OnceLock::new(),
            view,
            seen: OnceLock::new(),
            content,
        }))
    }

    /// Returns the id of the firing, which serves as idempotency key.
    pub fn firing(&self) -> &FiringId {
        self.0.firing()
    }

    /// Returns what will be sent, for people and golden tests.
    pub fn view(&self) -> &Value {
        self.0.view()
    }

    /// Returns what the trigger put in; `None` when asked for another type.
    pub fn content<T: Any>(&self) -> Option<&T> {
        self.0.content().downcast_ref()
    }
}

impl fmt::Debug for Rendered {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Rendered")
            .field("firing", self.firing())
            .field("view", self.view())
            .finish_non_exhaustive()
    }
}

/// What a trigger put in, with what others may ask about it.
trait Content: Send + Sync {
    fn firing(&self) -> &FiringId;
    fn view(&self) -> &Value;
    fn content(&self) -> &dyn Any;
}

struct Given<T> {
    firing: FiringId,
    view: Value,
    content: T,
}

impl<T: Any + Send + Sync> Content for Given<T> {
    fn firing(&self) -> &FiringId {
        &self.firing
    }

    fn view(&self) -> &Value {
        &self.view
    }

    fn content(&self) -> &dyn Any {
        &self.content
    }
}

struct Deferred<T> {
    firing: Firing,
    id: OnceLock<FiringId>,
    view: fn(&T) -> Value,
    seen: OnceLock<Value>,
    content: T,
}

impl<T: Any + Send + Sync> Content for Deferred<T> {
    fn firing(&self) -> &FiringId {
        self.id.get_or_init(|| self.firing.id())
    }

    fn view(&self) -> &Value {
        self.seen.get_or_init(|| (self.view)(&self.content))
    }

    fn content(&self) -> &dyn Any {
        &self.content
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

    /// Makes a result with the object that was made or changed.
    pub fn with_object(object: Value) -> Self {
        Self {
            status: None,
            object: Some(object),
        }
    }
}

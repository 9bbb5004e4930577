//! Nouns and traits of argo-events, for those who implement a source, a bus or a trigger.
//!
//! One event's journey names them in order: an [`EventSource`] emits a [`Draft`], which becomes an
//! [`Event`] on an [`EventBus`]; a sensor reads [`Delivery`] after delivery, a
//! [`DependencyResolver`] says when a condition became true, and the [`Firing`] is handed to a
//! [`Trigger`]. Everything else here serves one of these.
//!
//! There are no clients in this crate. Implementations live in `argo-events-sources`,
//! `argo-events-bus` and `argo-events-sensor`, or in a crate of yours; the suites of
//! `argo-events-testkit` say whether an implementation keeps the promises written here.

pub mod api;
pub mod backoff;
pub mod bus;
pub mod clock;
pub mod error;
pub mod event;
pub mod fingerprint;
pub mod http_host;
pub mod leader;
pub mod predecessor;
pub mod problem;
pub mod registry;
pub mod resolver;
pub mod secret;
pub mod source;
pub mod store;
pub mod telemetry;
pub mod timestamp;
pub mod trigger;

pub use backoff::Backoff;
pub use bus::{
    BusCapabilities, Deliveries, Delivery, DeliveryMeta, EventBus, Outcome, Position, Receipt,
    Settle, Subject, Subscription,
};
pub use clock::{Clock, SystemClock, TokioClock};
pub use error::{Error, ErrorKind, Result, Retry};
pub use event::{Draft, Event};
pub use leader::{Elector, Leadership, LeaseSettings, StoreElector};
pub use predecessor::{NamedConsumer, Predecessor};
pub use problem::{FieldPath, Problem, Problems, Severity};
pub use registry::Registry;
pub use resolver::{Arrival, DependencyResolver, Firing, FiringId};
pub use secret::{Secret, SecretSource};
pub use source::{EventSource, Sink, SourceContext};
pub use store::{StateStore, Versioned};
pub use timestamp::Timestamp;
pub use trigger::{Executed, Rendered, Trigger, TriggerContext};

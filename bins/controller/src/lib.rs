//! The controller of a cluster: EventBuses, EventSources and Sensors become pods.
//!
//! One half is pure: for each kind, `resources` builds the children that an object asks for, and
//! `logic` compares them with what exists and gives a [`Plan`]: what to create, change and delete,
//! in order, and the status to write. Nothing of it talks to an API server, reads a clock or waits.
//! The other half is [`Controller`]: it watches a cluster, has plans made, and carries them out.
//!
//! | module | |
//! |---|---|
//! | [`bus`], [`event_source`], [`sensor`] | one kind each: `plan(&Observed, &Settings) -> Plan` |
//! | [`packed`] | many EventSources or Sensors in one pod |
//! | [`plan`], [`status`] | what comes of it: actions, conditions, notes |
//! | [`config`] | the controller's configuration file |
//! | [`mounts`] | the Secrets and ConfigMaps that an object refers to |
//! | [`admission`] | the webhook that refuses wrong objects when they are applied |
//! | [`metrics`] | what is counted |

pub mod admission;
pub mod bus;
mod check;
mod children;
mod cluster;
pub mod compare;
pub mod config;
mod controller;
pub mod event_source;
pub mod metrics;
pub mod mounts;
pub mod object;
pub mod packed;
pub mod plan;
pub mod sensor;
mod settings;
pub mod status;
mod wiring;
pub mod workload;

pub use config::Config;
pub use controller::{Controller, LEASE, Readiness};
pub use plan::{Action, Finalizer, Note, Plan, Verb};
pub use settings::Settings;
pub use status::{Condition, Truth};

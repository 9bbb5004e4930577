//! Triggers: one folder for each kind, and what is wrapped around all of them.
//!
//! A kind knows its configuration and its protocol. Policies (retry, rate limit, dead letter) are
//! [`crate::policy`]'s business, values taken from events [`crate::param`]'s.

pub mod argo_workflow;
mod closure;
pub mod decode;
pub mod http;
pub mod k8s;
pub mod log;
mod template;
mod unbuilt;

pub use closure::FunctionTrigger;
#[cfg(feature = "tower")]
pub use closure::ServiceTrigger;
pub(crate) use template::build_reporting;
pub use template::{TemplatedTrigger, Templates, build, build_unchecked};

use argo_events_core::registry::TriggerDescriptor;

/// Describes every kind of trigger, in the order in which one of several in a template is chosen.
///
/// ```
/// let kinds = argo_events_sensor::trigger::descriptors();
/// assert_eq!(kinds.iter().map(|known| known.kind).take(3).collect::<Vec<_>>(), ["k8s", "argoWorkflow", "http"]);
/// ```
pub fn descriptors() -> Vec<TriggerDescriptor> {
    #[cfg(feature = "http")]
    let http = TriggerDescriptor::of::<http::HttpConfig>();
    #[cfg(not(feature = "http"))]
    let http = TriggerDescriptor::config_only::<http::HttpConfig>();
    #[cfg(feature = "k8s")]
    let k8s = TriggerDescriptor::of::<k8s::K8sConfig>();
    #[cfg(not(feature = "k8s"))]
    let k8s = TriggerDescriptor::config_only::<k8s::K8sConfig>();
    #[cfg(feature = "log")]
    let log = TriggerDescriptor::of::<log::LogConfig>();
    #[cfg(not(feature = "log"))]
    let log = TriggerDescriptor::config_only::<log::LogConfig>();
    #[cfg(feature = "argo-workflow")]
    let workflow = TriggerDescriptor::of::<argo_workflow::ArgoWorkflowConfig>();
    #[cfg(not(feature = "argo-workflow"))]
    let workflow = TriggerDescriptor::config_only::<argo_workflow::ArgoWorkflowConfig>();
    unbuilt::descriptors(vec![http, k8s, log, workflow])
}

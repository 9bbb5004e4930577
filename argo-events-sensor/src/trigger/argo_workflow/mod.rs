//! Submits, resubmits, retries, resumes, suspends, stops or terminates an Argo workflow for each firing.
//!
//! Does what the `argo` command does, by calls to the API server: workflows are changed as JSON, by pure functions, one
//! file per operation. What the manifest gives as `args` of the command is read in `arguments`. Reading
//! the object that the manifest names is [`crate::artifact`]'s business.

#[cfg(feature = "argo-workflow")]
mod arguments;
#[cfg(feature = "argo-workflow")]
mod change;
mod config;
#[cfg(feature = "argo-workflow")]
mod nodes;
#[cfg(feature = "argo-workflow")]
mod resubmit;
#[cfg(feature = "argo-workflow")]
mod retry;
#[cfg(feature = "argo-workflow")]
mod selector;
#[cfg(feature = "argo-workflow")]
mod submit;
#[cfg(all(test, feature = "argo-workflow"))]
mod tests;
#[cfg(feature = "argo-workflow")]
mod trigger;
mod verb;

pub use config::ArgoWorkflowConfig;
#[cfg(feature = "argo-workflow")]
pub use trigger::ArgoWorkflowTrigger;

//! Makes, changes or deletes an object in a cluster for each firing.
//!
//! Where objects of a kind are found is asked of the API server. An object with `generateName` is given a name that
//! follows from the firing, so that a repeated firing makes no second object. Reading the object that the manifest
//! names is [`crate::artifact`]'s business, waiting for its labels that of the label policy.

mod config;
#[cfg(feature = "k8s")]
mod draft;
#[cfg(test)]
#[cfg(feature = "k8s")]
mod tests;
#[cfg(feature = "k8s")]
mod trigger;

pub use config::K8sConfig;
#[cfg(feature = "k8s")]
pub use trigger::K8sTrigger;

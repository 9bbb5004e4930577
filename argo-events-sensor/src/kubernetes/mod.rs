//! The API server of a cluster: one client, resources found by discovery, errors sorted.
//!
//! Objects are plain JSON here, since triggers handle kinds that nobody knew when this was compiled.
//! What is done with an object is a trigger's business ([`crate::trigger`]), where it comes from
//! that of [`crate::artifact`].

#[cfg(any(feature = "k8s", feature = "argo-workflow"))]
mod attempts;
#[cfg(feature = "kubernetes")]
mod cluster;
#[cfg(feature = "kubernetes")]
mod discovery;
#[cfg(feature = "kubernetes")]
mod fault;
pub mod labels;
#[cfg(any(feature = "k8s", feature = "argo-workflow"))]
pub(crate) mod naming;
mod object;
mod resource;
#[cfg(test)]
#[cfg(feature = "kubernetes")]
pub(crate) mod tests;

#[cfg(any(feature = "k8s", feature = "argo-workflow"))]
pub(crate) use attempts::Attempts;
#[cfg(feature = "kubernetes")]
pub use cluster::{Cluster, Patch};
pub use object::Object;
pub use resource::Resource;

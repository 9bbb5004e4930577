//! Objects that come from elsewhere: what the `source` of the kinds k8s and argoWorkflow names.
//!
//! [`Artifact`] reads one object for each attempt; what it reads is one map in YAML 1.1 or JSON, with numbers as
//! doubles. What cannot change is read once, what did not change on a web server or in a bucket is not sent again.
//! What is done with the object is the business of [`crate::trigger`].

mod config;
#[cfg_attr(
    not(feature = "artifact"),
    allow(dead_code, reason = "only readers use it all")
)]
mod document;
#[cfg(feature = "artifact")]
mod fetch;
#[cfg(feature = "git")]
mod git;
#[cfg(feature = "artifact")]
mod read;
#[cfg(feature = "artifact")]
mod s3;
#[cfg(test)]
#[cfg(feature = "artifact")]
mod tests;

pub use config::{
    ArtifactLocation, FileArtifact, GitArtifact, GitCreds, GitRemoteConfig, GithubAppCreds,
    S3Artifact, S3Bucket, S3Filter, UrlArtifact,
};
#[cfg(feature = "artifact")]
pub use read::{Artifact, Readers};

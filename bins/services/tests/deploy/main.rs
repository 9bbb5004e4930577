//! The manifests below `deploy`: what they hold together with, and what they promise.
//!
//! Nothing here needs a cluster. `kustomize` builds a folder, `chart` renders the Helm chart, each as far as
//! these manifests need it; `permissions` compares the roles with the calls that the programs make.

#![expect(
    clippy::unwrap_used,
    reason = "a panic is how a test fails; clippy sees tests only under their own attribute"
)]

mod chart;
mod kustomize;
mod layout;
mod monitoring;
mod objects;
mod permissions;
mod pods;
mod takeover;

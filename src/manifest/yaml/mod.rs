//! Reads YAML, and JSON as part of it, and keeps for every value where it stands.
//!
//! Words mean what they mean to Kubernetes, whose YAML is the one of version 1.1: see [`resolve`].
//! A document that is broken does not hide the others. What the values mean is no business here.

mod build;
mod node;
mod resolve;

pub(crate) use build::read;
pub(crate) use node::{Content, Entry, Node, Style};

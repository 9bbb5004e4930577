//! `argo-events schema`: the JSON schema of manifests, for editors.

use crate::{
    arguments::{ObjectKind, Schema},
    exit::{Exit, Failure},
};
use argo_events::{BuiltinKinds as _, Registry, manifest::schema};
use std::io::Write as _;

pub(crate) fn run(arguments: &Schema) -> Result<Exit, Failure> {
    let registry = Registry::builtin();
    let schema = match arguments.kind {
        Some(kind) => schema::editor_of(&registry, kind.name()).unwrap_or_default(),
        None => schema::editor(&registry),
    };
    // A closed pipe means that the reader has seen enough.
    let _ = writeln!(std::io::stdout(), "{schema:#}");
    Ok(Exit::Fine)
}

impl ObjectKind {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::EventBus => "EventBus",
            Self::EventSource => "EventSource",
            Self::Sensor => "Sensor",
        }
    }
}

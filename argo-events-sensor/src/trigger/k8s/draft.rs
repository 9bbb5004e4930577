//! What a firing does to the cluster, worked out before anything is sent.

use super::config::{APPLY_PATCH, JSON_PATCH, K8sConfig, MERGE_PATCH};
use crate::kubernetes::Object;
use argo_events_core::{Error, ErrorKind, Firing, Result};
use serde_json::{Value, json};

/// What is done with an object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Operation {
    Create,
    Update { is_live: bool },
    Patch(Strategy),
    Delete,
}

/// How an object is patched.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Strategy {
    /// The server applies the object.
    Apply,
    /// The object lists operations.
    Operations,
    /// The object is the patch; says how it is merged.
    Whole(String),
}

/// What a firing does.
#[derive(Clone, Debug)]
pub(super) struct Draft {
    pub(super) operation: Operation,
    /// The object, edited unless the live one is to be.
    pub(super) object: Object,
    pub(super) firing: Firing,
    /// Whether the object's name follows from the firing.
    pub(super) is_named: bool,
}

impl Operation {
    pub(super) fn read(config: &K8sConfig) -> Result<Self> {
        let strategy = match config.patch_strategy.as_str() {
            "" => Strategy::Whole(MERGE_PATCH.to_owned()),
            APPLY_PATCH => Strategy::Apply,
            JSON_PATCH => Strategy::Operations,
            other => Strategy::Whole(other.to_owned()),
        };
        match config.operation.as_str() {
            "" | "create" => Ok(Self::Create),
            "update" => Ok(Self::Update {
                is_live: config.live_object,
            }),
            "patch" => Ok(Self::Patch(strategy)),
            "delete" => Ok(Self::Delete),
            other => {
                let message =
                    format!("operation {other:?} is unknown; use create, update, patch or delete");
                Err(Error::permanent(ErrorKind::ConfigInvalid, message))
            }
        }
    }

    /// Says what is about to be done, in the reference's words.
    pub(super) fn announcement(&self) -> &'static str {
        match self {
            Self::Create => "creating the object...",
            Self::Update { .. } => "updating the object...",
            Self::Patch(_) => "patching the object...",
            Self::Delete => "deleting the object...",
        }
    }

    fn name(&self) -> &'static str {
        match self {
            Self::Create => "create",
            Self::Update { .. } => "update",
            Self::Patch(Strategy::Apply) => "apply",
            Self::Patch(_) => "patch",
            Self::Delete => "delete",
        }
    }
}

impl Draft {
    /// Shows what will be done, without what a Secret holds.
    pub(super) fn view(&self) -> Value {
        let mut object = self.object.clone();
        if object.kind() == "Secret" {
            for name in ["data", "stringData"] {
                if let Some(Value::Object(data)) = object.members_mut().get_mut(name) {
                    data.values_mut()
                        .for_each(|value| *value = "(secret)".into());
                }
            }
            let operations = object.members_mut().get_mut("patch");
            let operations = operations.and_then(Value::as_array_mut);
            let values = operations.into_iter().flatten();
            for value in values.filter_map(|operation| operation.get_mut("value")) {
                *value = "(secret)".into();
            }
        }
        json!({ "operation": self.operation.name(), "object": object.into_value() })
    }
}

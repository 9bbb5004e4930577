//! What a firing does to the cluster, worked out before anything is sent.

use super::config::{APPLY_PATCH, JSON_PATCH, K8sConfig, MERGE_PATCH};
use crate::kubernetes::Object;
use argo_events_core::{Error, ErrorKind, Firing, FiringId, Result};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

/// How long a name is that follows from a firing; the server's own are no longer.
const LONGEST_NAME: usize = 63;
const SUFFIX: usize = 10;
/// What suffixes are made of: no vowels and nothing that looks like another letter.
const LETTERS: &[u8; 27] = b"bcdfghjklmnpqrstvwxz2456789";

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
    /// Gives an object with `generateName` a name that follows from the firing. Returns whether it did.
    pub(super) fn complete_name(object: &mut Object, firing: &FiringId) -> bool {
        if !object.name().is_empty() || object.generate_name().is_empty() {
            return false;
        }
        let mut name = object.generate_name().to_owned();
        let mut length = name.len().min(LONGEST_NAME - SUFFIX);
        while !name.is_char_boundary(length) {
            length -= 1;
        }
        name.truncate(length);
        name.push_str(&suffix(firing));
        object.set_name(&name);
        true
    }

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
        }
        json!({ "operation": self.operation.name(), "object": object.into_value() })
    }
}

fn suffix(firing: &FiringId) -> String {
    let digest = Sha256::digest(firing.as_str());
    let mut rest = digest
        .iter()
        .take(8)
        .fold(0_u64, |number, byte| number << 8 | u64::from(*byte));
    let letters = LETTERS.len() as u64;
    let mut next = || {
        let letter = LETTERS[usize::try_from(rest % letters).unwrap_or_default()];
        rest /= letters;
        char::from(letter)
    };
    (0..SUFFIX).map(|_| next()).collect()
}

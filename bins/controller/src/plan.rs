//! What a reconciler wants done, in the order it wants it done.
//!
//! Whoever carries a plan out: adds the finalizer, takes the actions one by one, writes the status,
//! removes the finalizer. The first action that the API server refuses ends that; then the status of
//! [`Plan::refused`] is written instead, and the plan is made again later, from what exists by then.

use crate::{object, status};
use argo_events_core::Timestamp;
use serde_json::Value;
use std::time::Duration;

/// What to do about one object.
#[derive(Clone, Debug, Default, PartialEq)]
#[must_use]
pub struct Plan {
    /// Whether the object's finalizer changes; added before the actions, removed after all else.
    pub finalizer: Option<Finalizer>,
    /// What to do, in order.
    pub actions: Vec<Action>,
    /// The whole status to write once every action was taken; nothing if it is as it should be.
    pub status: Option<Value>,
    /// Why the object is not as it asks to be.
    pub error: Option<String>,
    /// When to make the plan again though nothing changed.
    pub requeue: Option<Duration>,
    /// What people are told by Kubernetes events.
    pub notes: Vec<Note>,
}

impl Plan {
    /// Returns the status to write after the API server refused an action, if it changes anything.
    pub fn refused(
        &self,
        object: &Value,
        action: &Action,
        message: &str,
        now: Timestamp,
    ) -> Option<Value> {
        self.failed(object, action.refused, message, now)
    }

    /// Returns the status to write after something else failed on the way, such as reading the
    /// children (`GetDeploymentFailed`, `GetServiceFailed`), if it changes anything.
    pub fn failed(
        &self,
        object: &Value,
        reason: &'static str,
        message: &str,
        now: Timestamp,
    ) -> Option<Value> {
        let current = self.status.as_ref().unwrap_or(&object["status"]);
        let wanted = status::with_condition(
            current,
            &status::Condition::no("Deployed", reason, message),
            object::generation(object),
            now,
        );
        (wanted != object["status"]).then_some(wanted)
    }

    /// Tells whether nothing is left to be done.
    pub fn is_settled(&self) -> bool {
        self.finalizer.is_none() && self.actions.is_empty() && self.status.is_none()
    }
}

/// How the finalizer of an object changes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Finalizer {
    /// It is added.
    Add(&'static str),
    /// It is removed.
    Remove(&'static str),
}

/// One request to the API server.
#[derive(Clone, Debug, PartialEq)]
pub struct Action {
    /// What is done.
    pub verb: Verb,
    /// The whole object; to delete, enough of it to say which, with `metadata.uid`.
    ///
    /// An object to update carries the `metadata.resourceVersion` that the plan was made from, so
    /// that a plan which is out of date meets a conflict and changes nothing.
    pub object: Value,
    /// Reason of the condition `Deployed` if it is refused.
    pub refused: &'static str,
}

impl Action {
    /// Returns what people are told once it is done: of what runs pods, not of what goes with it.
    pub(crate) fn note(&self) -> Option<Note> {
        let kind = object::kind(&self.object);
        if !matches!(kind, "Deployment" | "StatefulSet") {
            return None;
        }
        let (reason, done) = match self.verb {
            Verb::Create => ("Created", "created"),
            Verb::Update => ("Updated", "updated"),
            Verb::Delete | Verb::Orphan => ("Deleted", "deleted"),
        };
        let name = object::name(&self.object);
        Some(Note {
            warning: false,
            reason: reason.to_owned(),
            message: format!("{done} {kind} {name}"),
        })
    }
}

/// What is done to a child.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verb {
    /// It is created; that it exists already is a refusal like any other.
    Create,
    /// It is replaced.
    Update,
    /// It is deleted, if its uid is the one given; that it is gone already is fine.
    Delete,
    /// It is deleted as above, but what it owns stays: `propagationPolicy: Orphan`. It is created
    /// anew right after, which may be refused until it is gone.
    Orphan,
}

/// Something to tell people, as a Kubernetes event of the object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Note {
    /// Whether it is a warning.
    pub warning: bool,
    /// Reason in one word, such as `Created`.
    pub reason: String,
    /// What happened.
    pub message: String,
}

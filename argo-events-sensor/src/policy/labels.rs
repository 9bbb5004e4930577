//! The labels of an object that stand for success, and how long to wait for them.

use argo_events_core::{
    Backoff, Error, ErrorKind, Executed, Result, api::K8sPolicy, backoff::Schedule,
};
use std::collections::BTreeMap;

/// The labels that an object must have, and how long to wait for them.
#[derive(Debug)]
pub(super) struct Labels {
    wanted: BTreeMap<String, String>,
    backoff: Option<Backoff>,
    /// Whether it is a failure when they do not come.
    is_demanding: bool,
}

impl Labels {
    /// Reads a policy; one without labels is none, one with an empty map waits for any label.
    pub(super) fn new(policy: &K8sPolicy) -> Option<Self> {
        Some(Self {
            wanted: policy.labels.clone()?,
            backoff: policy.backoff.clone(),
            is_demanding: policy.error_on_backoff_timeout,
        })
    }

    /// Returns how to wait. Asked only once there is an object, as in the reference.
    pub(super) fn schedule(&self) -> Result<Schedule> {
        self.backoff
            .as_ref()
            .map_or_else(|| Ok(Schedule::default()), Backoff::read)
            .map_err(|error| error.during("label policy"))
    }

    /// Tells whether the object has labels, and all that are wanted among them.
    pub(super) fn are_on(&self, executed: &Executed) -> bool {
        let metadata = executed.object.as_ref().map(|object| &object["metadata"]);
        let labels = metadata.and_then(|metadata| metadata["labels"].as_object());
        labels.is_some_and(|labels| {
            let has = |(name, value): (&String, &String)| {
                labels.get(name).and_then(|label| label.as_str()) == Some(value)
            };
            !labels.is_empty() && self.wanted.iter().all(has)
        })
    }

    /// Returns the error of labels that did not come, if that is one.
    pub(super) fn missing(&self) -> Option<Error> {
        let wanted = self.wanted.iter();
        let wanted: Vec<_> = wanted
            .map(|(name, value)| format!("{name}={value}"))
            .collect();
        let message = "the object did not get the labels that stand for success";
        self.is_demanding
            .then(|| Error::transient(ErrorKind::Timeout, message).with("labels", wanted.join(",")))
    }
}

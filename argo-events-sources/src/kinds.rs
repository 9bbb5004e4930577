//! Every kind of event source that the reference has, built here or not.
//!
//! A manifest that names one of the others gets a better answer than "unknown".

use argo_events_core::registry::{Placement, Placement::Replicated, Placement::Single};

/// A kind of the reference.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Kind {
    /// Key under `spec`.
    pub key: &'static str,
    /// Type token of its events.
    pub event_type: &'static str,
    /// Whether its replicas may run side by side.
    pub placement: Placement,
}

/// Every kind of the reference, sorted by key.
pub const ALL: &[Kind] = &[
    kind("amqp", Single),
    kind("azureEventsHub", Single),
    kind("azureQueueStorage", Replicated),
    kind("azureServiceBus", Single),
    kind("bitbucket", Replicated),
    kind("bitbucketserver", Replicated),
    kind("calendar", Single),
    kind("emitter", Single),
    kind("file", Single),
    kind("generic", Single),
    kind("gerrit", Replicated),
    kind("github", Replicated),
    kind("gitlab", Replicated),
    kind("hdfs", Single),
    kind("kafka", Single),
    kind("minio", Single),
    kind("mns", Replicated),
    kind("mqtt", Single),
    kind("nats", Single),
    kind("nsq", Single),
    Kind {
        event_type: "pubsub",
        ..kind("pubSub", Single)
    },
    kind("pulsar", Single),
    kind("redis", Single),
    kind("redisStream", Single),
    kind("resource", Single),
    kind("sftp", Single),
    kind("slack", Replicated),
    kind("sns", Replicated),
    kind("sqs", Replicated),
    Kind {
        event_type: "storagegrid",
        ..kind("storageGrid", Replicated)
    },
    kind("stripe", Replicated),
    kind("webhook", Replicated),
];

const fn kind(key: &'static str, placement: Placement) -> Kind {
    Kind {
        key,
        event_type: key,
        placement,
    }
}

/// Finds a kind of the reference by its key.
///
/// ```
/// use argo_events_sources::kinds;
///
/// assert_eq!(kinds::find("pubSub").map(|kind| kind.event_type), Some("pubsub"));
/// assert!(kinds::find("pubsub").is_none());
/// ```
pub fn find(key: &str) -> Option<&'static Kind> {
    ALL.iter().find(|kind| kind.key == key)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_has_every_kind_once_with_nineteen_that_run_once() {
        assert_eq!(ALL.len(), 32);
        assert!(ALL.is_sorted_by(|a, b| a.key.to_lowercase() < b.key.to_lowercase()));
        assert_eq!(
            ALL.iter().filter(|kind| kind.placement == Single).count(),
            19
        );
    }
}

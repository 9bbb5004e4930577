//! The stream of all events: found, or made as the manifest says.
//!
//! A stream that exists is used as it is, since its settings are its owner's; where they differ
//! from the manifest, that is said once.

use super::{
    STREAM,
    api::{self, Refusal, StreamInfo, code},
    names::fnv,
    settings::{Discard, Retention, StreamSettings},
};
use argo_events_core::Result;
use async_nats::Client;
use serde_json::{Value, json};
use std::{
    sync::atomic::{AtomicBool, AtomicU32, Ordering::Relaxed},
    time::Duration,
};

/// What is known of the stream.
#[derive(Debug)]
pub(super) struct Stream {
    settings: StreamSettings,
    /// Which stream of the name it is; 0 while none was seen.
    identity: AtomicU32,
    has_warned: AtomicBool,
}

impl Stream {
    pub(super) fn new(settings: StreamSettings) -> Self {
        Self {
            settings,
            identity: AtomicU32::new(0),
            has_warned: AtomicBool::new(false),
        }
    }

    /// Returns the partition of its positions, which is another one after the stream was lost and
    /// made anew; 0 while none was seen.
    pub(super) fn partition(&self) -> u32 {
        self.identity.load(Relaxed)
    }

    /// Finds the stream, or makes it.
    pub(super) async fn ensure(&self, client: &Client) -> Result<StreamInfo> {
        let found = match info(client, STREAM).await {
            Err(refusal) if refusal.is(&[code::STREAM_NOT_FOUND]) => self.make(client).await,
            found => found,
        };
        let found =
            found.map_err(|refusal| refusal.during("find the stream").with("stream", STREAM))?;
        self.see(&found);
        Ok(found)
    }

    async fn make(&self, client: &Client) -> Result<StreamInfo, Refusal> {
        let subject = format!("STREAM.CREATE.{STREAM}");
        match api::call(client, &subject, &self.config()).await {
            Ok(made) => {
                tracing::info!(stream = STREAM, "stream made");
                Ok(made)
            }
            // Somebody else was faster.
            Err(refusal) if refusal.is(&[code::STREAM_IN_USE]) => info(client, STREAM).await,
            Err(refusal) => Err(refusal),
        }
    }

    fn see(&self, found: &StreamInfo) {
        self.identity.store(identity(&found.created), Relaxed);
        let differences = self.differences(&found.config);
        if !differences.is_empty() && !self.has_warned.swap(true, Relaxed) {
            tracing::warn!(
                stream = STREAM,
                differences = differences.join("; "),
                "the stream exists with other settings than streamConfig, and stays as it is"
            );
        }
    }

    fn config(&self) -> Value {
        let settings = &self.settings;
        json!({
            "name": STREAM,
            "subjects": [format!("{STREAM}.*.*")],
            "storage": "file",
            "retention": match settings.retention {
                Retention::Limits => "limits",
                Retention::Interest => "interest",
            },
            "discard": match settings.discard { Discard::Old => "old", Discard::New => "new" },
            "max_consumers": -1,
            "max_msgs": settings.max_messages.map_or(-1, u64::cast_signed),
            "max_bytes": settings.max_bytes.map_or(-1, u64::cast_signed),
            "max_age": nanos(settings.max_age),
            "max_msgs_per_subject": -1,
            "max_msg_size": -1,
            "num_replicas": settings.replicas,
            "duplicate_window": nanos(settings.duplicates),
        })
    }

    /// Lists how a stream differs from what the manifest says, where that says anything.
    fn differences(&self, found: &Value) -> Vec<String> {
        let wanted = self.config();
        [
            "subjects",
            "retention",
            "discard",
            "max_msgs",
            "max_bytes",
            "max_age",
            "num_replicas",
            "duplicate_window",
        ]
        .into_iter()
        .filter(|key| *key != "duplicate_window" || self.settings.duplicates.is_some())
        .filter(|key| wanted[key] != found[key])
        .map(|key| format!("{key} is {}, not {}", found[key], wanted[key]))
        .collect()
    }
}

/// Returns what the server says of a stream.
pub(super) async fn info(client: &Client, stream: &str) -> Result<StreamInfo, Refusal> {
    api::call(client, &format!("STREAM.INFO.{stream}"), &json!({})).await
}

/// Tells streams of one name apart by when they were made.
pub(super) fn identity(created: &str) -> u32 {
    let hash = fnv(created.as_bytes());
    let folded = u32::try_from((hash >> 32) ^ (hash & u64::from(u32::MAX))).unwrap_or(1);
    folded.max(1)
}

fn nanos(duration: Option<Duration>) -> u64 {
    duration.map_or(0, |duration| {
        u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX)
    })
}

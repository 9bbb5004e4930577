//! Kubernetes events: what `kubectl describe` shows of what was done.
//!
//! They are sent beside the work and never hold it up: what the API server does not take in time is
//! dropped and counted. The same thing is not told again within a while.

use crate::{
    Note,
    cluster::{Cluster, Resource},
    metrics, object,
};
use argo_events::core::{Clock, telemetry::Metrics};
use serde_json::{Value, json};
use std::{
    collections::HashMap,
    convert::Infallible,
    hash::{DefaultHasher, Hash as _, Hasher as _},
    sync::Arc,
    time::Duration,
};
use tokio::{
    sync::mpsc::{Receiver, Sender, channel},
    time::Instant,
};
use tracing::debug;

/// Most notes that wait to be sent.
const CAPACITY: usize = 512;
/// How long the same thing is not told again, and how long nothing else for the same reason.
const SILENCE: Duration = Duration::from_secs(600);
const BREATH: Duration = Duration::from_secs(30);
/// Most things that are remembered as told.
const REMEMBERED: usize = 4096;
/// Longest message that the API server takes.
const LONGEST: usize = 1024;

/// Where notes are handed in.
#[derive(Clone, Debug)]
pub(crate) struct Notes {
    waiting: Sender<Value>,
    clock: Arc<dyn Clock>,
    metrics: Metrics,
}

/// What sends notes.
#[derive(Debug)]
pub(crate) struct Post {
    cluster: Cluster,
    waiting: Receiver<Value>,
}

/// Makes a place to hand notes in, and what sends them.
pub(crate) fn notes(cluster: Cluster, clock: Arc<dyn Clock>, metrics: Metrics) -> (Notes, Post) {
    let (sender, waiting) = channel(CAPACITY);
    let notes = Notes {
        waiting: sender,
        clock,
        metrics,
    };
    (notes, Post { cluster, waiting })
}

impl Notes {
    /// Tells people something about an object.
    pub(crate) fn tell(&self, about: &Value, note: &Note) {
        let event = event(
            about,
            note,
            &self.clock.now().truncated_to_seconds().to_string(),
        );
        if self.waiting.try_send(event).is_err() {
            self.metrics.count(metrics::NOTES_DROPPED, &[], 1);
        }
    }
}

impl Post {
    /// Sends notes for ever.
    pub(crate) async fn run(mut self) -> Infallible {
        let mut told = Told::default();
        loop {
            let Some(event) = self.waiting.recv().await else {
                // Nobody is left who could hand one in; whoever owns this ends it.
                return std::future::pending().await;
            };
            if told.is_worth_telling(&event, Instant::now()) {
                self.send(&event).await;
            }
        }
    }

    async fn send(&self, event: &Value) {
        let namespace = event["metadata"]["namespace"].as_str();
        let sent = self
            .cluster
            .create(Resource::Events, namespace, event)
            .await;
        if let Err(error) = sent {
            // People lose a remark; nothing depends on it.
            debug!(%error, "a Kubernetes event was not taken");
        }
    }
}

/// What was told of late.
#[derive(Debug, Default)]
struct Told {
    /// Word for word.
    words: HashMap<u64, Instant>,
    /// For a reason, in whatever words: what counts down would be told at every step.
    reasons: HashMap<u64, Instant>,
}

impl Told {
    /// Tells whether an event says something new, and remembers it.
    fn is_worth_telling(&mut self, event: &Value, now: Instant) -> bool {
        self.words.retain(|_, at| now.duration_since(*at) < SILENCE);
        self.reasons
            .retain(|_, at| now.duration_since(*at) < BREATH);
        let (uid, reason) = (&event["involvedObject"]["uid"], &event["reason"]);
        let words = gist(&[uid, reason, &event["message"]]);
        let reason = gist(&[uid, reason]);
        if self.words.len() >= REMEMBERED
            || self.words.contains_key(&words)
            || self.reasons.contains_key(&reason)
        {
            return false;
        }
        self.words.insert(words, now);
        self.reasons.insert(reason, now);
        true
    }
}

fn gist(parts: &[&Value]) -> u64 {
    let mut hasher = DefaultHasher::new();
    for part in parts {
        part.to_string().hash(&mut hasher);
    }
    hasher.finish()
}

fn event(about: &Value, note: &Note, now: &str) -> Value {
    let (name, namespace) = (object::name(about), object::namespace(about));
    let message: String = note.message.chars().take(LONGEST).collect();
    // A random name, as everybody's; without randomness one note is lost.
    let suffix = getrandom::u64().unwrap_or_default();
    json!({
        "apiVersion": "v1",
        "kind": "Event",
        "metadata": {
            "name": format!("{name}.{suffix:016x}"),
            "namespace": namespace,
        },
        "involvedObject": {
            "apiVersion": about["apiVersion"],
            "kind": about["kind"],
            "name": name,
            "namespace": namespace,
            "uid": object::uid(about),
            "resourceVersion": about["metadata"]["resourceVersion"],
        },
        "type": if note.warning { "Warning" } else { "Normal" },
        "reason": note.reason,
        "message": message,
        "source": { "component": "argo-events-controller" },
        "reportingComponent": "argo-events-controller",
        "reportingInstance": "",
        "firstTimestamp": now,
        "lastTimestamp": now,
        "count": 1,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_told_twice_in_a_while_and_no_countdown() {
        let about = |version: &str| json!({ "metadata": { "name": "default", "uid": "u", "resourceVersion": version } });
        let told_at = |told: &mut Told, version: &str, message: &str, at: Instant| {
            let note = Note {
                warning: true,
                reason: "EventBusInUse".to_owned(),
                message: message.to_owned(),
            };
            told.is_worth_telling(&event(&about(version), &note, ""), at)
        };
        let (mut told, begin) = (Told::default(), Instant::now());
        assert!(told_at(&mut told, "1", "by three", begin));
        assert!(!told_at(&mut told, "2", "by three", begin + BREATH));
        assert!(told_at(&mut told, "2", "by two", begin + BREATH));
        assert!(!told_at(&mut told, "3", "by one", begin + BREATH));
        assert!(told_at(
            &mut told,
            "3",
            "by three",
            begin + SILENCE + BREATH
        ));
    }
}

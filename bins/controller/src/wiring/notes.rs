//! Kubernetes events: what `kubectl describe` shows of what was done.
//!
//! They are sent beside the work and never hold it up: what the API server does not take in time is
//! dropped and counted. The same thing is not told again within a while. What merely went well gives
//! way: it takes at most half of the room, and nothing of what is kept for warnings.

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
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};
use tokio::{
    sync::mpsc::{Receiver, Sender, channel},
    time::Instant,
};
use tracing::{debug, warn};

/// Most notes that wait to be sent.
const CAPACITY: usize = 512;
/// How much of that is kept free of what is no warning.
const RESERVED: usize = CAPACITY / 2;
/// How long the same thing is not told again, and how long nothing else for the same reason.
const SILENCE: Duration = Duration::from_secs(600);
const BREATH: Duration = Duration::from_secs(30);
/// Most warnings, and most other things, that are remembered as told.
const REMEMBERED: usize = 4096;
/// Longest message that the API server takes.
const LONGEST: usize = 1024;

/// Where notes are handed in.
#[derive(Clone, Debug)]
pub(crate) struct Notes {
    waiting: Sender<Value>,
    told: Arc<Mutex<Told>>,
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
    let (notes, waiting) = Notes::new(clock, metrics);
    (notes, Post { cluster, waiting })
}

impl Notes {
    fn new(clock: Arc<dyn Clock>, metrics: Metrics) -> (Self, Receiver<Value>) {
        let (sender, receiver) = channel(CAPACITY);
        let notes = Self {
            waiting: sender,
            told: Arc::default(),
            clock,
            metrics,
        };
        (notes, receiver)
    }

    /// Tells people something about an object, unless they were told of late.
    pub(crate) fn tell(&self, about: &Value, note: &Note) {
        let time = self.clock.now().truncated_to_seconds().to_string();
        let event = event(about, note, &time);
        let (gist, now) = (Gist::of(&event), Instant::now());
        let mut told = self.told();
        let memory = told.of(note);
        memory.forget(now);
        if memory.has(&gist) {
            return;
        }
        let has_room = note.warning || self.waiting.capacity() > RESERVED;
        // What is dropped was not told, and may be when it comes again.
        if memory.is_full() || !has_room || self.waiting.try_send(event).is_err() {
            self.metrics.count(metrics::NOTES_DROPPED, &[], 1);
            told.complain(now);
            return;
        }
        memory.insert(&gist, now);
    }

    fn told(&self) -> MutexGuard<'_, Told> {
        self.told.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Post {
    /// Sends notes for ever.
    pub(crate) async fn run(mut self) -> Infallible {
        loop {
            let Some(event) = self.waiting.recv().await else {
                // Nobody is left who could hand one in; whoever owns this ends it.
                return std::future::pending().await;
            };
            self.send(&event).await;
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
    warnings: Memory,
    others: Memory,
    /// When it was said last that not everything can be told.
    complained: Option<Instant>,
}

impl Told {
    fn of(&mut self, note: &Note) -> &mut Memory {
        if note.warning {
            &mut self.warnings
        } else {
            &mut self.others
        }
    }

    /// Says in the log that something was dropped, once in a while.
    fn complain(&mut self, now: Instant) {
        let is_recent = |at: Instant| now.duration_since(at) < SILENCE;
        if !self.complained.is_some_and(is_recent) {
            self.complained = Some(now);
            let counted_by = metrics::NOTES_DROPPED;
            warn!(
                counted_by,
                "more is to be told by Kubernetes events than fits, some is dropped"
            );
        }
    }
}

/// Things of one type that were told of late.
#[derive(Debug, Default)]
struct Memory {
    /// Word for word.
    words: HashMap<u64, Instant>,
    /// For a reason, in whatever words: what counts down would be told at every step.
    reasons: HashMap<u64, Instant>,
}

impl Memory {
    fn forget(&mut self, now: Instant) {
        self.words.retain(|_, at| now.duration_since(*at) < SILENCE);
        self.reasons
            .retain(|_, at| now.duration_since(*at) < BREATH);
    }

    fn has(&self, gist: &Gist) -> bool {
        self.words.contains_key(&gist.words) || self.reasons.contains_key(&gist.reason)
    }

    fn is_full(&self) -> bool {
        self.words.len() >= REMEMBERED
    }

    fn insert(&mut self, gist: &Gist, now: Instant) {
        self.words.insert(gist.words, now);
        self.reasons.insert(gist.reason, now);
    }
}

/// By what an event is known again.
struct Gist {
    words: u64,
    reason: u64,
}

impl Gist {
    fn of(event: &Value) -> Self {
        let (uid, reason) = (&event["involvedObject"]["uid"], &event["reason"]);
        Self {
            words: condensed(&[uid, reason, &event["message"]]),
            reason: condensed(&[uid, reason]),
        }
    }
}

fn condensed(parts: &[&Value]) -> u64 {
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
    use argo_events::core::{Timestamp, TokioClock};
    use tokio::time::advance;

    fn place() -> (Notes, Receiver<Value>) {
        let clock = TokioClock::starting_at(Timestamp::EPOCH);
        Notes::new(Arc::new(clock), Metrics::default())
    }

    fn about(uid: &str) -> Value {
        json!({ "metadata": { "name": "default", "uid": uid } })
    }

    fn note(warning: bool, message: &str) -> Note {
        Note {
            warning,
            reason: "EventBusInUse".to_owned(),
            message: message.to_owned(),
        }
    }

    /// Returns how many wait to be sent, and takes them.
    fn taken(waiting: &mut Receiver<Value>) -> usize {
        std::iter::from_fn(|| waiting.try_recv().ok()).count()
    }

    #[tokio::test(start_paused = true)]
    async fn nothing_is_told_twice_in_a_while_and_no_countdown() {
        for warning in [true, false] {
            let (notes, mut waiting) = place();
            let mut told = |message: &str| {
                notes.tell(&about("u"), &note(warning, message));
                taken(&mut waiting) == 1
            };
            assert!(told("by three"));
            advance(BREATH).await;
            assert!(!told("by three"));
            assert!(told("by two"));
            assert!(!told("by one"));
            advance(SILENCE).await;
            assert!(told("by three"));
        }
    }

    #[tokio::test(start_paused = true)]
    async fn warnings_have_room_however_much_goes_well() {
        let (notes, mut waiting) = place();
        for number in 0..2 * CAPACITY {
            notes.tell(&about(&number.to_string()), &note(false, "created"));
        }
        for number in 0..RESERVED {
            notes.tell(&about(&number.to_string()), &note(true, "refused"));
        }
        assert_eq!(taken(&mut waiting), CAPACITY);
        let dropped = notes.metrics.counter(metrics::NOTES_DROPPED, &[]).value();
        assert_eq!(dropped, (CAPACITY + RESERVED) as u64);
    }

    #[tokio::test(start_paused = true)]
    async fn what_went_well_is_not_remembered_in_place_of_warnings() {
        let (notes, mut waiting) = place();
        for number in 0..=REMEMBERED {
            notes.tell(&about(&number.to_string()), &note(false, "created"));
            taken(&mut waiting);
        }
        notes.tell(&about("0"), &note(true, "refused"));
        assert_eq!(taken(&mut waiting), 1);
        assert!(notes.told().complained.is_some(), "one was dropped");
    }

    #[tokio::test(start_paused = true)]
    async fn what_was_dropped_is_told_when_it_comes_again() {
        let (notes, mut waiting) = place();
        for number in 0..=CAPACITY {
            notes.tell(&about(&number.to_string()), &note(true, "refused"));
        }
        assert_eq!(taken(&mut waiting), CAPACITY);
        for number in 0..=CAPACITY {
            notes.tell(&about(&number.to_string()), &note(true, "refused"));
        }
        assert_eq!(taken(&mut waiting), 1);
    }
}

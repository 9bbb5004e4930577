//! The thread that makes events durable: everything that waits is written and synced together.
//!
//! A publisher is answered only after its event is on the disk, and no group sees an event before.

use super::{
    directory::{Directory, cannot},
    log::{Appender, frame::Frame},
    mailbox::{Collected, Mailbox},
};
use crate::{
    group::{Routes, Stored},
    lock::lock,
    window::{Fingerprint, MOST_IDS, Window},
};
use argo_events_core::{Clock, Event, Position, Receipt, Result, Timestamp, telemetry::Summary};
use std::{
    collections::HashSet,
    fs, io,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::Duration,
};
use tokio::{sync::oneshot, time::Instant};

/// How often old segments are looked for when nothing is published.
const TRIM_EVERY: Duration = Duration::from_secs(60);

/// What the thread is asked to do.
#[derive(Debug)]
pub(super) enum Request {
    /// Accept an event.
    Publish(Publish),
    /// Find out whether events can be written again.
    Probe(oneshot::Sender<Result<()>>),
}

/// An event on its way to the disk.
#[derive(Debug)]
pub(super) struct Publish {
    pub(super) event: Arc<Event>,
    pub(super) frame: Frame,
    pub(super) fingerprint: Fingerprint,
    pub(super) reply: oneshot::Sender<Result<Receipt>>,
}

/// What the thread tells about itself.
#[derive(Debug, Default)]
pub(super) struct Progress {
    /// Everything before this was offered to every group that wants it.
    pub(super) offered: AtomicU64,
    /// The last write failed.
    pub(super) failing: AtomicBool,
    /// Milliseconds that writes took.
    pub(super) syncs: Summary,
}

/// Owns the end at which the log grows.
#[derive(Debug)]
pub(super) struct Committer {
    pub(super) mailbox: Arc<Mailbox<Request>>,
    pub(super) appender: Appender,
    pub(super) window: Window,
    pub(super) routes: Arc<Mutex<Routes>>,
    pub(super) progress: Arc<Progress>,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) directory: Arc<Directory>,
}

/// What a batch consists of.
#[derive(Default)]
struct Batch {
    fresh: Vec<Publish>,
    /// Repeats of something in the same batch: they share its fate.
    twins: Vec<Publish>,
    ids: HashSet<Fingerprint>,
}

impl Committer {
    /// Works until the mailbox is closed and empty.
    pub(super) fn run(mut self) {
        let _guard = AbandonOnPanic(Arc::clone(&self.mailbox));
        self.recall();
        let (mut requests, mut batch) = (Vec::new(), Batch::default());
        loop {
            match self.mailbox.collect(&mut requests, Some(TRIM_EVERY)) {
                Collected::Work => self.serve(&mut requests, &mut batch),
                Collected::Idle => {}
                Collected::Closed => return,
            }
            self.trim();
        }
    }

    /// Remembers what was accepted within the window before the bus was opened. Publishers wait
    /// for it, nobody else does.
    fn recall(&mut self) {
        if self.window.is_off() {
            return;
        }
        let since = self.clock.now() - self.window.length();
        let window = &mut self.window;
        let recalled = self
            .appender
            .log()
            .recall(MOST_IDS as u64, since, |arrived_at, body| {
                if let Some(identity) = body.identity() {
                    window.insert(window.fingerprints().of_identity(identity), arrived_at);
                }
            });
        if let Err(error) = recalled {
            tracing::warn!(%error, "earlier events cannot be read: repeats of them are not recognised");
        }
    }

    fn serve(&mut self, requests: &mut Vec<Request>, batch: &mut Batch) {
        let now = self.clock.now();
        for request in requests.drain(..) {
            match request {
                Request::Publish(publish) => self.sort(publish, batch, now),
                Request::Probe(reply) => answer(reply, self.probe()),
            }
        }
        requests.shrink_to(1024);
        if !batch.fresh.is_empty() {
            self.commit(batch, now);
        }
    }

    fn sort(&mut self, publish: Publish, batch: &mut Batch, now: Timestamp) {
        if self.window.contains(publish.fingerprint, now) {
            answer(publish.reply, Ok(Receipt::duplicate()));
        } else if !self.window.is_off() && !batch.ids.insert(publish.fingerprint) {
            batch.twins.push(publish);
        } else {
            batch.fresh.push(publish);
        }
    }

    fn commit(&mut self, batch: &mut Batch, now: Timestamp) {
        let first = self.appender.end();
        let began = Instant::now();
        let written = self
            .appender
            .append(batch.fresh.iter().map(|publish| &publish.frame), now);
        let took = began.elapsed().as_secs_f64() * 1000.0;
        self.progress.syncs.observe(took);
        self.note(&written);
        let (fresh, twins) = (batch.fresh.drain(..), batch.twins.drain(..));
        batch.ids.clear();
        match written {
            Ok(()) => {
                let accepted: Vec<_> = (first..)
                    .zip(fresh)
                    .map(|(sequence, publish)| self.accept(publish, sequence, now))
                    .collect();
                twins.for_each(|twin| answer(twin.reply, Ok(Receipt::duplicate())));
                self.offer(accepted);
            }
            Err(error) => {
                for publish in fresh.chain(twins) {
                    answer(publish.reply, Err(self.failure(&error)));
                }
            }
        }
    }

    fn accept(&mut self, publish: Publish, sequence: u64, arrived_at: Timestamp) -> Stored {
        self.window.insert(publish.fingerprint, arrived_at);
        let position = Position {
            partition: 0,
            sequence,
        };
        answer(publish.reply, Ok(Receipt::accepted(Some(position))));
        Stored {
            sequence,
            arrived_at,
            event: publish.event,
        }
    }

    fn offer(&self, accepted: Vec<Stored>) {
        let routes = lock(&self.routes);
        let end = accepted.last().map_or(0, |stored| stored.sequence + 1);
        for stored in &accepted {
            for group in routes.of(&stored.event) {
                group.desk().queue.push_within_bound(stored.clone());
            }
        }
        self.progress.offered.store(end, Ordering::Release);
        // Readers are woken last, so that they find a batch and not a single event.
        for stored in &accepted {
            routes
                .of(&stored.event)
                .iter()
                .for_each(|group| group.wake());
        }
    }

    fn note(&self, written: &io::Result<()>) {
        let failed = self
            .progress
            .failing
            .swap(written.is_err(), Ordering::Relaxed);
        match written {
            Err(error) if !failed => {
                tracing::error!(%error, directory = %self.directory.path().display(), "events cannot be written: publishers are refused")
            }
            Ok(()) if failed => tracing::info!("events can be written again"),
            // Nothing has changed since it was said.
            Err(_) | Ok(()) => {}
        }
    }

    fn probe(&self) -> Result<()> {
        const ROOM: usize = 64 * 1024;
        let path = self.directory.path().join("probe");
        let written =
            fs::write(&path, vec![0; ROOM]).and_then(|()| fs::File::open(&path)?.sync_all());
        // The file is in nobody's way, and the next probe overwrites it.
        let _ = fs::remove_file(&path);
        self.note(&written);
        written.map_err(|error| self.failure(&error))
    }

    fn failure(&self, error: &io::Error) -> argo_events_core::Error {
        cannot(
            "publish",
            self.directory.path(),
            io::Error::new(error.kind(), error.to_string()),
        )
    }

    fn trim(&mut self) {
        if let Err(error) = self.appender.trim(self.clock.now()) {
            tracing::warn!(%error, "old events could not be dropped: will try again");
        }
    }
}

/// Answers a caller; one that has gone does not want to know.
pub(super) fn answer<T>(reply: oneshot::Sender<Result<T>>, outcome: Result<T>) {
    let _ = reply.send(outcome);
}

/// Lets waiting publishers fail rather than wait for ever, should the thread end before its time.
struct AbandonOnPanic(Arc<Mailbox<Request>>);

impl Drop for AbandonOnPanic {
    fn drop(&mut self) {
        self.0.abandon();
    }
}

//! Posts pairs of events, `a` and `b` with one key, as fast as they are taken; what is not accepted is
//! posted again, elsewhere and with a number of its own.

use super::{
    client::Client,
    posts::{Kind, Posts},
};
use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering::Relaxed},
    },
    time::Duration,
};
use tokio::{
    sync::watch,
    task::JoinSet,
    time::{Instant, sleep},
};

/// How many posts are under way at a time.
const AT_A_TIME: usize = 24;
/// How long an answer may take.
const PATIENCE: Duration = Duration::from_secs(10);
/// Pause after a post that was not accepted.
const PAUSE: Duration = Duration::from_millis(50);

/// Posts a number of events, as many at a time as it is allowed to.
#[derive(Debug)]
pub(crate) struct Load {
    work: Arc<Work>,
    workers: JoinSet<()>,
    allowed: watch::Sender<usize>,
}

#[derive(Debug)]
struct Work {
    events: usize,
    next: AtomicUsize,
    done: watch::Sender<usize>,
    posts: Arc<Posts>,
    ports: Vec<u16>,
}

impl Load {
    /// Begins; nothing is posted before it is allowed.
    pub(crate) fn start(events: usize, posts: Arc<Posts>, ports: Vec<u16>) -> Self {
        let work = Arc::new(Work {
            events,
            next: AtomicUsize::new(0),
            done: watch::channel(0).0,
            posts,
            ports,
        });
        let (allowed, is_allowed) = watch::channel(0);
        let mut workers = JoinSet::new();
        for worker in 0..AT_A_TIME {
            workers.spawn(post(work.clone(), worker, is_allowed.clone()));
        }
        Self {
            work,
            workers,
            allowed,
        }
    }

    /// Allows so many events in all.
    pub(crate) fn allow(&self, events: usize) {
        self.allowed.send_replace(events);
    }

    /// Waits until so many events were accepted, or patience ends.
    pub(crate) async fn reach(&self, events: usize, patience: Duration) {
        let mut done = self.work.done.subscribe();
        let reached = done.wait_for(|done| *done >= events.min(self.work.events));
        // That it is slow shows in the run's length.
        let _ = tokio::time::timeout(patience, reached).await;
    }

    /// Waits until all events were accepted; returns how many were by then.
    pub(crate) async fn finish(mut self, patience: Duration) -> usize {
        self.allow(self.work.events);
        self.reach(self.work.events, patience).await;
        self.workers.shutdown().await;
        *self.work.done.borrow()
    }
}

async fn post(work: Arc<Work>, worker: usize, mut allowed: watch::Receiver<usize>) {
    let mut clients: Vec<_> = work.ports.iter().map(|port| Client::new(*port)).collect();
    loop {
        let event = work.next.fetch_add(1, Relaxed);
        if event >= work.events || allowed.wait_for(|it| event < *it).await.is_err() {
            return;
        }
        let kind = if event.is_multiple_of(2) {
            Kind::A
        } else {
            Kind::B
        };
        let key = format!("k{}", event / 2);
        for attempt in worker.. {
            let client = attempt % clients.len();
            let posted = clients[client].post(&work.posts, kind, &key, PATIENCE);
            if posted.await.is_some() {
                break;
            }
            sleep(PAUSE).await;
        }
        work.done.send_modify(|done| *done += 1);
    }
}

/// Posts an event to one pod again and again until it is accepted; `None` when it is too late.
pub(crate) async fn insist(
    posts: &Posts,
    client: &mut Client,
    (kind, key): (Kind, &str),
    end: Instant,
) -> Option<usize> {
    const GLANCE: Duration = Duration::from_secs(1);
    while Instant::now() < end {
        if let Some(number) = client.post(posts, kind, key, GLANCE).await {
            return Some(number);
        }
        sleep(PAUSE).await;
    }
    None
}

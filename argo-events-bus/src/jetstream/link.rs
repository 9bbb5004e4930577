//! What everything on a bus shares: the connection, its ups and downs, and the bus's tasks.

use super::{lock, publisher::Publisher, stream::Stream};
use crate::quiet::Quiet;
use argo_events_core::{Error, ErrorKind, Result};
use async_nats::{Client, Subject, connection::State};
use bytes::Bytes;
use futures::FutureExt as _;
use std::{
    fmt, mem,
    sync::{
        Arc, Mutex,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
    time::Duration,
};
use tokio::{
    sync::{Notify, watch},
    task::JoinSet,
    time::timeout,
};
use tokio_util::sync::CancellationToken;

/// The connection of a bus.
pub(super) struct Link {
    pub(super) client: Client,
    pub(super) publisher: Publisher,
    pub(super) stream: Stream,
    /// Counts connections.
    pub(super) connections: watch::Receiver<u64>,
    pub(super) closing: CancellationToken,
    /// Counts messages that were no events.
    poison: AtomicU64,
    quiet: Quiet,
    /// What could not be sent at once, since nobody could wait.
    left: Mutex<Vec<(Subject, Bytes)>>,
    is_left: Notify,
    tasks: Mutex<JoinSet<()>>,
}

impl Link {
    /// How long anything may take to be sent.
    pub(super) const PATIENCE: Duration = Duration::from_secs(5);

    /// Starts what a connection needs.
    pub(super) async fn new(
        client: Client,
        connections: watch::Receiver<u64>,
        stream: Stream,
    ) -> Result<Arc<Self>> {
        let (publisher, answers) = Publisher::new(client.clone())
            .await
            .map_err(|refusal| refusal.during("connect"))?;
        let link = Arc::new(Self {
            client,
            publisher,
            stream,
            connections,
            closing: CancellationToken::new(),
            poison: AtomicU64::new(0),
            quiet: Quiet::default(),
            left: Mutex::default(),
            is_left: Notify::new(),
            tasks: Mutex::default(),
        });
        // Ends with the connection, which ends with the bus.
        lock(&link.tasks).spawn(answers);
        link.start(Self::send_left_for_ever);
        link.start(Self::watch);
        Ok(link)
    }

    /// Runs a task until the bus is closed or dropped.
    pub(super) fn start<F>(self: &Arc<Self>, task: impl FnOnce(Arc<Self>) -> F)
    where
        F: Future<Output = ()> + Send + 'static,
    {
        let task = task(Arc::clone(self));
        let mut tasks = lock(&self.tasks);
        while tasks.try_join_next().is_some() {}
        tasks.spawn(task);
    }

    /// Counts a message that is no event, and says so now and then.
    pub(super) fn note_poison(&self, subject: &str, sequence: u64, error: &Error) {
        self.poison.fetch_add(1, Relaxed);
        if let Some(suppressed) = self.quiet.may_speak() {
            tracing::warn!(subject, sequence, %error, suppressed, "message is no event: left out");
        }
    }

    /// Returns how many messages were no events.
    pub(super) fn poison(&self) -> u64 {
        self.poison.load(Relaxed)
    }

    pub(super) fn is_closed(&self) -> bool {
        self.closing.is_cancelled()
    }

    /// Fails once the bus is closed.
    pub(super) fn check_open(&self, operation: &'static str) -> Result<()> {
        if self.is_closed() {
            return Err(Error::permanent(ErrorKind::Closed, "the bus is closed").during(operation));
        }
        Ok(())
    }

    pub(super) fn is_connected(&self) -> bool {
        self.client.connection_state() == State::Connected
    }

    /// Sends at once if there is room, else as soon as there is; for those who cannot wait.
    pub(super) fn send_soon(&self, subject: Subject, what: Bytes) {
        let sent = self
            .client
            .publish(subject.clone(), what.clone())
            .now_or_never();
        // Refused only when the connection has ended for good; what was not said then comes again.
        if sent.is_none() {
            lock(&self.left).push((subject, what));
            self.is_left.notify_one();
        }
    }

    async fn send_left_for_ever(self: Arc<Self>) {
        loop {
            tokio::select! {
                () = self.closing.cancelled() => return,
                () = self.is_left.notified() => self.send_left().await,
            }
        }
    }

    async fn send_left(&self) {
        let left = mem::take(&mut *lock(&self.left));
        for (subject, what) in left {
            // Fails only when the connection has ended for good.
            let _ = self.client.publish(subject, what).await;
        }
    }

    /// Tells publishers about each new connection: what they wait for may have been lost.
    async fn watch(self: Arc<Self>) {
        let mut connections = self.connections.clone();
        loop {
            tokio::select! {
                () = self.closing.cancelled() => return,
                changed = connections.changed() => match changed {
                    Ok(()) => self.begin_again().await,
                    Err(_) => return,
                },
            }
        }
    }

    async fn begin_again(&self) {
        self.publisher.interrupt();
        // The server may be one without the stream, or with another one.
        if self.stream.partition() != 0
            && let Err(error) = self.stream.ensure(&self.client).await
        {
            tracing::debug!(%error, "stream not found after connecting again");
        }
    }

    /// Ends all tasks, then sends what is left to be sent.
    ///
    /// # Cancel safety
    /// A dropped future has closed the bus all the same; what was on its way may come again.
    pub(super) async fn close(&self) {
        self.closing.cancel();
        // Nobody shall wait for what is not received any more, also when this is dropped.
        let _end = EndOfPublishing(&self.publisher);
        let mut tasks = mem::take(&mut *lock(&self.tasks));
        let ended = async {
            // The inbox ends with the connection only.
            while tasks.len() > 1 && tasks.join_next().await.is_some() {}
            self.publisher.idle().await;
            self.send_left().await;
            self.client.flush().await
        };
        if self.is_connected() {
            // What is lost here comes again.
            let _ = timeout(Self::PATIENCE, ended).await;
        }
        // Fails only when the connection has ended already, which is as good.
        let _ = timeout(Self::PATIENCE, self.client.drain()).await;
    }
}

/// Ends all waiting for acknowledgements when it is dropped.
struct EndOfPublishing<'a>(&'a Publisher);

impl Drop for EndOfPublishing<'_> {
    fn drop(&mut self) {
        self.0.end();
    }
}

impl fmt::Debug for Link {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Link")
            .field("client", &self.client.server_info().server_name)
            .finish_non_exhaustive()
    }
}

//! The shape of sources that look for themselves: when to look next, what was found, how far we are.
//!
//! A kind implements [`Poller`]; [`Poll`] makes a source of it. How far it is, its mark, moves on only
//! after the bus has accepted what was found, and is kept in the state store where the kind asks for it.

use super::kept::Kept;
use argo_events_core::{Draft, EventSource, Result, SourceContext, Timestamp};
use async_trait::async_trait;
use serde::{Serialize, de::DeserializeOwned};
use std::{
    fmt,
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};
use tokio::time::sleep;

/// The longest sleep before the clock is looked at again, so that a clock that is set is noticed.
const LONGEST_SLEEP: Duration = Duration::from_secs(30);

/// What a kind does that looks for itself.
#[async_trait]
pub trait Poller: Send + Sync + 'static {
    /// How far the source is.
    type Mark: Clone + Serialize + DeserializeOwned + Send + Sync + 'static;

    /// Returns the kind as manifests name it.
    fn kind(&self) -> &'static str;

    /// Returns the mark to begin with where there is none, such as what is there already.
    ///
    /// # Errors
    /// Tried again after a pause.
    async fn begin(&self) -> Result<Option<Self::Mark>> {
        Ok(None)
    }

    /// Tells whether the mark survives the process.
    fn keeps_mark(&self) -> bool {
        false
    }

    /// Returns when to look next; a time that has passed means at once.
    ///
    /// While nobody took what was found, `now` is the time when that began: what was due meanwhile
    /// is looked for in order.
    ///
    /// # Errors
    /// When there will never be anything to look for.
    fn next_due(&self, mark: Option<&Self::Mark>, now: Timestamp) -> Result<Timestamp>;

    /// Looks, at the time that was due. Called again with the same mark if what was found was not accepted.
    ///
    /// # Errors
    /// Tried again after a pause.
    async fn collect(
        &self,
        due: Timestamp,
        mark: Option<&Self::Mark>,
        context: &SourceContext,
    ) -> Result<Found<Self::Mark>>;
}

/// What a look brought.
#[derive(Clone, Debug)]
pub struct Found<M> {
    /// What is published, in this order.
    pub drafts: Vec<Draft>,
    /// How far the source is once all of them are accepted; `None` leaves it where it was.
    pub mark: Option<M>,
}

/// A source made of a [`Poller`].
pub struct Poll<P: Poller> {
    poller: P,
    progress: Mutex<Progress<P::Mark>>,
}

/// What outlives a run that failed.
struct Progress<M> {
    mark: Option<M>,
    /// A look whose drafts were not all accepted.
    unfinished: Option<Timestamp>,
    /// A time in which a look was under way, or failed: what was due in it is looked for as well.
    held_up: Option<(Timestamp, Timestamp)>,
    /// When the last look was due.
    last: Option<Timestamp>,
}

impl<M> Progress<M> {
    /// Begins a look, or one of several attempts at it.
    fn begin(&mut self, due: Timestamp, now: Timestamp) {
        self.unfinished = Some(due);
        self.last = Some(due);
        self.held_up.get_or_insert((now, now));
    }

    /// Ends a look whose drafts were all accepted.
    fn end(&mut self, mark: Option<M>, now: Timestamp) {
        self.unfinished = None;
        self.mark = mark.or(self.mark.take());
        if let Some((_, until)) = &mut self.held_up {
            *until = now.max(*until);
        }
    }
}

impl<P: Poller> Poll<P> {
    /// Makes a source.
    pub fn new(poller: P) -> Self {
        Self {
            poller,
            progress: Mutex::new(Progress {
                mark: None,
                unfinished: None,
                held_up: None,
                last: None,
            }),
        }
    }

    fn progress(&self) -> MutexGuard<'_, Progress<P::Mark>> {
        self.progress.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn next_due(&self, now: Timestamp) -> Result<Timestamp> {
        let mut progress = self.progress();
        if let Some(due) = progress.unfinished {
            return Ok(due);
        }
        if let Some((since, until)) = progress.held_up {
            let due = self.poller.next_due(progress.mark.as_ref(), since)?;
            // Kinds that look so long after the last look are due once.
            if due <= until && Some(due) > progress.last {
                return Ok(due);
            }
            progress.held_up = None;
        }
        self.poller.next_due(progress.mark.as_ref(), now)
    }

    /// Takes up the mark that was stored, else the one of an earlier run, else a new one.
    async fn begin(&self, kept: &mut Kept) -> Result<()> {
        let mut mark = kept.load().await?.or_else(|| self.progress().mark.clone());
        if mark.is_none() {
            mark = self.poller.begin().await?;
        }
        self.progress().mark = mark;
        Ok(())
    }

    async fn look(&self, due: Timestamp, context: &SourceContext, kept: &mut Kept) -> Result<()> {
        let mark = {
            let mut progress = self.progress();
            progress.begin(due, context.clock().now());
            progress.mark.clone()
        };
        let found = self.poller.collect(due, mark.as_ref(), context).await?;
        for draft in found.drafts {
            context.emit(draft).await?;
        }
        if let Some(mark) = &found.mark {
            kept.save(mark).await;
        }
        self.progress().end(found.mark, context.clock().now());
        Ok(())
    }
}

#[async_trait]
impl<P: Poller> EventSource for Poll<P> {
    fn kind(&self) -> &'static str {
        self.poller.kind()
    }

    async fn run(&self, context: SourceContext) -> Result<()> {
        let mut kept = Kept::mark(self.poller.kind(), self.poller.keeps_mark(), &context);
        self.begin(&mut kept).await?;
        context.ready();
        loop {
            let due = self.next_due(context.clock().now())?;
            tokio::select! {
                () = context.stopped() => return Ok(()),
                () = wait_until(due, &context) => {}
            }
            self.look(due, &context, &mut kept).await?;
        }
    }
}

impl<P: Poller> fmt::Debug for Poll<P> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Poll")
            .field("kind", &self.poller.kind())
            .finish_non_exhaustive()
    }
}

async fn wait_until(due: Timestamp, context: &SourceContext) {
    loop {
        let left = due.since(context.clock().now());
        if left.is_zero() {
            return tokio::task::yield_now().await;
        }
        sleep(left.min(LONGEST_SLEEP)).await;
    }
}

//! A source fed by the program itself, through a channel that waits until the bus has the event.

use argo_events_core::{Draft, Error, ErrorKind, EventSource, Receipt, Result, SourceContext};
use async_trait::async_trait;
use std::num::NonZeroUsize;
use tokio::{
    sync::{Mutex, mpsc, oneshot},
    task::JoinSet,
};

type Item = (Draft, oneshot::Sender<Result<Receipt>>);

/// The end of a [`ChannelSource`] that the program holds; cheap to clone.
#[derive(Clone, Debug)]
pub struct Emitter(mpsc::Sender<Item>);

impl Emitter {
    /// Hands an event to the engine and resolves once the bus has accepted it.
    ///
    /// # Errors
    /// Those of the bus; `Closed` when the engine has ended. Then the event was not accepted, or
    /// nobody knows: emit it again, with the same id.
    ///
    /// # Cancel safety
    /// A dropped future may or may not have emitted.
    pub async fn emit(&self, draft: Draft) -> Result<Receipt> {
        let (answer, accepted) = oneshot::channel();
        self.0.send((draft, answer)).await.map_err(|_| ended())?;
        accepted.await.map_err(|_| ended())?
    }
}

fn ended() -> Error {
    Error::permanent(ErrorKind::Closed, "the engine has ended").during("emit")
}

/// A source whose events come from an [`Emitter`].
///
/// ```
/// use argo_events::ChannelSource;
/// use std::num::NonZeroUsize;
///
/// let (orders, source) = ChannelSource::new(NonZeroUsize::new(16).expect("is not zero"));
/// # drop((orders, source));
/// ```
#[derive(Debug)]
pub struct ChannelSource {
    receiver: Mutex<mpsc::Receiver<Item>>,
    capacity: NonZeroUsize,
}

impl ChannelSource {
    /// Makes a channel; `capacity` events may be on their way to the bus at a time.
    pub fn new(capacity: NonZeroUsize) -> (Emitter, Self) {
        let (sender, receiver) = mpsc::channel(capacity.get());
        (
            Emitter(sender),
            Self {
                receiver: Mutex::new(receiver),
                capacity,
            },
        )
    }
}

#[async_trait]
impl EventSource for ChannelSource {
    fn kind(&self) -> &'static str {
        "channel"
    }

    async fn run(&self, context: SourceContext) -> Result<()> {
        let mut receiver = self.receiver.lock().await;
        let mut emitting = JoinSet::new();
        context.ready();
        loop {
            let has_room = emitting.len() < self.capacity.get();
            tokio::select! {
                // Nothing new is emitted once the engine was told to stop.
                biased;
                () = context.stopped() => break,
                Some(_) = emitting.join_next() => {}
                item = receiver.recv(), if has_room => match item {
                    Some(item) => { emitting.spawn(emit(context.clone(), item)); }
                    None => { context.stopped().await; break; }
                },
            }
        }
        while emitting.join_next().await.is_some() {}
        Ok(())
    }
}

async fn emit(context: SourceContext, (draft, answer): Item) {
    let outcome = context.emit(draft).await;
    // Whoever emitted may have gone away; the event is on the bus all the same.
    let _ = answer.send(outcome);
}

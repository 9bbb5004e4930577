//! A queue in memory whose messages are acknowledged, and a source that reads it.

use argo_events_core::{Draft, Error, ErrorKind, EventSource, Result, SourceContext};
use argo_events_testkit::source::{Answer, Breach, BrokenSource, Need, SourceHarness};
use async_trait::async_trait;
use std::{
    collections::{BTreeMap, VecDeque},
    sync::Arc,
};
use tokio::sync::watch;

/// The upstream: clones are the same queue.
#[derive(Clone)]
pub(crate) struct Queue {
    state: Arc<watch::Sender<State>>,
    breach: Option<Breach>,
    wrapped: bool,
}

#[derive(Default)]
struct State {
    waiting: VecDeque<String>,
    answers: BTreeMap<String, Answer>,
    failed: bool,
}

impl Default for Queue {
    fn default() -> Self {
        let (state, breach) = (Arc::new(watch::Sender::default()), None);
        Self {
            state,
            breach,
            wrapped: false,
        }
    }
}

impl Queue {
    pub(crate) fn broken(breach: Option<Breach>) -> Self {
        Self {
            breach,
            wrapped: true,
            ..Self::default()
        }
    }

    /// Takes the next message, which comes again unless it is acknowledged.
    async fn receive(&self) -> Result<String> {
        let mut changes = self.state.subscribe();
        loop {
            {
                let state = changes.borrow_and_update();
                if state.failed {
                    return Err(Error::transient(
                        ErrorKind::Unavailable,
                        "the queue is gone",
                    ));
                }
                if let Some(message) = state.waiting.front() {
                    return Ok(message.clone());
                }
            }
            changes.changed().await.expect("the queue lives");
        }
    }

    fn settle(&self, message: String, answer: Answer) {
        self.state.send_modify(|state| {
            if answer == Answer::Taken {
                state.waiting.pop_front();
            }
            state.answers.insert(message, answer);
        });
    }

    fn push(&self, message: impl Into<String>) {
        let message = message.into();
        self.state
            .send_modify(|state| state.waiting.push_back(message));
    }
}

/// Reads one message after the other.
struct Reader(Queue);

#[async_trait]
impl EventSource for Reader {
    fn kind(&self) -> &'static str {
        "queue"
    }

    async fn run(&self, context: SourceContext) -> Result<()> {
        context.ready();
        loop {
            let message = tokio::select! {
                biased;
                () = context.stopped() => return Ok(()),
                message = self.0.receive() => message?,
            };
            if message.parse::<u32>().is_err() {
                context.skip("not a number");
                self.0.settle(message, Answer::Taken);
                continue;
            }
            let outcome = context.emit(Draft::json(message.clone())).await;
            let answer = if outcome.is_ok() {
                Answer::Taken
            } else {
                Answer::Refused
            };
            self.0.settle(message, answer);
            outcome?;
        }
    }
}

#[async_trait]
impl SourceHarness for Queue {
    async fn source(&self) -> Result<Arc<dyn EventSource>> {
        let reader = Arc::new(Reader(self.clone()));
        if !self.wrapped {
            return Ok(reader);
        }
        Ok(Arc::new(BrokenSource::new(reader, self.breach)))
    }

    async fn occur(&self, number: u32) {
        self.push(number.to_string());
    }

    fn number(&self, draft: &Draft) -> Option<u32> {
        serde_json::from_slice(&draft.data).ok()
    }

    fn lacks(&self, _: Need) -> Option<&'static str> {
        None
    }

    async fn answered(&self, number: u32) -> Answer {
        let (mut changes, number) = (self.state.subscribe(), number.to_string());
        let told = changes.wait_for(|state| state.answers.contains_key(&number));
        told.await.expect("the queue lives").answers[&number]
    }

    async fn malformed(&self) {
        self.push("nonsense");
    }

    async fn fail(&self) {
        self.state.send_modify(|state| state.failed = true);
    }

    async fn repair(&self) {
        self.state.send_modify(|state| state.failed = false);
    }
}

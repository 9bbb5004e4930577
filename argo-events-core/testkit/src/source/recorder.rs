//! A sink that remembers what a source does, and accepts, holds or refuses its drafts.

use argo_events_core::{Draft, Error, ErrorKind, Receipt, Result, Sink};
use async_trait::async_trait;
use std::{fmt, sync::Arc};
use tokio::sync::watch;

/// What is done with a draft.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// The bus has it.
    Accept,
    /// The bus takes its time, until there is another rule.
    Hold,
    /// The bus does not take it now.
    Refuse,
}

/// Stands where the runtime would. Clones are the same recorder.
///
/// ```
/// use argo_events_core::{Draft, Sink};
/// use argo_events_testkit::source::{Recorder, Verdict};
///
/// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
/// let recorder = Recorder::default();
/// recorder.send(Draft::json("1")).await.unwrap();
/// recorder.rule(|_| Verdict::Refuse);
/// assert!(recorder.send(Draft::json("2")).await.unwrap_err().is_transient());
/// assert_eq!(recorder.accepted().len(), 1);
/// # });
/// ```
#[derive(Clone)]
pub struct Recorder(Arc<watch::Sender<State>>);

struct State {
    rule: Arc<dyn Fn(&Draft) -> Verdict + Send + Sync>,
    offered: Vec<Draft>,
    accepted: Vec<Draft>,
    refused: Vec<Draft>,
    skipped: Vec<String>,
    ready: bool,
}

impl Default for Recorder {
    fn default() -> Self {
        Self(Arc::new(watch::Sender::new(State {
            rule: Arc::new(|_| Verdict::Accept),
            offered: Vec::new(),
            accepted: Vec::new(),
            refused: Vec::new(),
            skipped: Vec::new(),
            ready: false,
        })))
    }
}

impl Recorder {
    /// Sets what is done with drafts from now on, also with those that are held.
    pub fn rule(&self, rule: impl Fn(&Draft) -> Verdict + Send + Sync + 'static) {
        self.0.send_modify(|state| state.rule = Arc::new(rule));
    }

    /// Returns every draft that was sent, whatever became of it.
    pub fn offered(&self) -> Vec<Draft> {
        self.0.borrow().offered.clone()
    }

    /// Returns the drafts that were accepted.
    pub fn accepted(&self) -> Vec<Draft> {
        self.0.borrow().accepted.clone()
    }

    /// Returns the drafts that were refused.
    pub fn refused(&self) -> Vec<Draft> {
        self.0.borrow().refused.clone()
    }

    /// Returns why input was skipped, once for each time.
    pub fn skipped(&self) -> Vec<String> {
        self.0.borrow().skipped.clone()
    }

    /// Tells whether the source said that it takes input, or sent something.
    pub fn is_ready(&self) -> bool {
        self.0.borrow().ready
    }

    /// Forgets that the source said so; for another run.
    pub fn not_ready(&self) {
        self.0.send_modify(|state| state.ready = false);
    }

    /// Waits until something holds of what is recorded. Cancel-safe.
    pub async fn until(&self, holds: impl Fn(&Self) -> bool) {
        let mut changes = self.0.subscribe();
        while !holds(self) {
            if changes.changed().await.is_err() {
                return;
            }
        }
    }

    fn refuse(&self, draft: Draft) -> Error {
        self.0.send_modify(|state| state.refused.push(draft));
        Error::transient(ErrorKind::Unavailable, "the bus is down, for a test").during("publish")
    }
}

#[async_trait]
impl Sink for Recorder {
    async fn send(&self, draft: Draft) -> Result<Receipt> {
        let mut changes = self.0.subscribe();
        self.0.send_modify(|state| {
            state.ready = true;
            state.offered.push(draft.clone());
        });
        loop {
            let rule = Arc::clone(&changes.borrow_and_update().rule);
            match rule(&draft) {
                Verdict::Accept => break,
                Verdict::Refuse => return Err(self.refuse(draft)),
                Verdict::Hold if changes.changed().await.is_ok() => {}
                Verdict::Hold => break,
            }
        }
        self.0.send_modify(|state| state.accepted.push(draft));
        Ok(Receipt::accepted(None))
    }

    fn ready(&self) {
        self.0.send_modify(|state| state.ready = true);
    }

    fn skipped(&self, reason: &str) {
        self.0
            .send_modify(|state| state.skipped.push(reason.to_owned()));
    }
}

impl fmt::Debug for Recorder {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let state = self.0.borrow();
        formatter
            .debug_struct("Recorder")
            .field("offered", &state.offered.len())
            .field("accepted", &state.accepted.len())
            .field("refused", &state.refused.len())
            .field("skipped", &state.skipped)
            .finish_non_exhaustive()
    }
}

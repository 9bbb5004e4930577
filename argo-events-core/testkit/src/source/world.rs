//! What a case does its work with: an upstream, a source, a recorder, and patience.

use super::{Answer, Broken, Need, Outcome, Pace, Recorder, SourceHarness, Verdict, ensure};
use crate::suite::at_work;
use argo_events_core::{Draft, EventSource, Result, SourceContext, secret::MemorySecrets};
use std::{fmt, sync::Arc, time::Duration};
use tokio::{
    sync::OnceCell,
    time::{sleep, timeout},
};
use tokio_util::{
    sync::CancellationToken,
    task::{AbortOnDropHandle, TaskTracker},
};

/// A source that says nothing counts as running after this long, as in the runtime.
const SILENCE: Duration = Duration::from_secs(1);
/// How long a source is left alone before it is started again.
const PAUSE: Duration = Duration::from_millis(10);

/// A harness with what every case needs.
pub struct World {
    harness: Arc<dyn SourceHarness>,
    recorder: Recorder,
    source: OnceCell<Arc<dyn EventSource>>,
}

/// A source that runs, until this is dropped.
#[derive(Debug)]
pub struct Run {
    stop: CancellationToken,
    task: AbortOnDropHandle<Result<()>>,
    patience: Duration,
}

impl crate::suite::World for World {
    type Need = Need;

    fn lacks(&self, need: Need) -> Option<&'static str> {
        self.harness.lacks(need)
    }

    fn pace(&self) -> Pace {
        self.harness.pace()
    }
}

impl fmt::Debug for World {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("World")
            .field("recorder", &self.recorder)
            .finish_non_exhaustive()
    }
}

impl World {
    /// Makes the world of a case.
    pub fn new(harness: impl SourceHarness) -> Self {
        let (harness, recorder) = (Arc::new(harness), Recorder::default());
        Self {
            harness,
            recorder,
            source: OnceCell::new(),
        }
    }

    /// Returns the upstream.
    pub fn upstream(&self) -> &dyn SourceHarness {
        self.harness.as_ref()
    }

    /// Returns what remembers the drafts.
    pub fn recorder(&self) -> &Recorder {
        &self.recorder
    }

    /// Starts the source and waits until it takes input.
    ///
    /// # Errors
    /// When it ends before.
    pub async fn start(&self) -> Outcome<Run> {
        let mut run = self.begin().await?;
        tokio::select! {
            () = self.is_ready() => Ok(run),
            ended = &mut run.task => Err(Broken(format!("`run` ended at once: {ended:?}"))),
        }
    }

    /// Starts the source.
    ///
    /// # Errors
    /// When it cannot be made.
    pub async fn begin(&self) -> Outcome<Run> {
        let source = self.source().await?;
        self.recorder.not_ready();
        let stop = CancellationToken::new();
        let context = self.context(stop.clone());
        Ok(self.run(stop, async move { source.run(context).await }))
    }

    /// Starts the source, and again whenever it fails, as the runtime does.
    ///
    /// # Errors
    /// When it cannot be made, or ends before it is ready.
    pub async fn keep_running(self: &Arc<Self>) -> Outcome<Run> {
        let source = self.source().await?;
        self.recorder.not_ready();
        let stop = CancellationToken::new();
        let (world, signal) = (Arc::clone(self), stop.clone());
        let run = self.run(stop, async move {
            while source.run(world.context(signal.clone())).await.is_err() {
                sleep(PAUSE).await;
            }
            Ok(())
        });
        self.is_ready().await;
        Ok(run)
    }

    /// Waits until the source says that it takes input; one that says nothing counts as running.
    async fn is_ready(&self) {
        tokio::select! {
            () = self.recorder.until(Recorder::is_ready) => {}
            () = at_work(SILENCE) => {}
        }
    }

    fn run(
        &self,
        stop: CancellationToken,
        run: impl Future<Output = Result<()>> + Send + 'static,
    ) -> Run {
        let task = AbortOnDropHandle::new(TaskTracker::new().spawn(run));
        let patience = self.harness.pace().patience;
        Run {
            stop,
            task,
            patience,
        }
    }

    /// Returns the source; makes it if it is not there yet.
    pub(super) async fn source(&self) -> Outcome<Arc<dyn EventSource>> {
        let made = self.source.get_or_try_init(|| self.harness.source()).await;
        Ok(Arc::clone(made?))
    }

    fn context(&self, stop: CancellationToken) -> SourceContext {
        let secrets = Arc::new(MemorySecrets::default());
        let (sink, clock) = (Arc::new(self.recorder.clone()), self.harness.clock());
        let context = SourceContext::new("shop", "paid", sink, secrets, clock, stop);
        self.harness.context(context)
    }

    /// Waits until the source has emitted an occurrence and the event was accepted.
    ///
    /// # Errors
    /// When it does not happen.
    pub async fn accepted(&self, number: u32) -> Outcome {
        let accepted = |recorder: &Recorder| self.is_among(number, &recorder.accepted());
        let what = || format!("the event of occurrence {number} was not emitted");
        self.within(self.recorder.until(accepted), what).await
    }

    /// Waits until the source has emitted an occurrence, whatever becomes of the event.
    ///
    /// # Errors
    /// When it does not happen.
    pub async fn offered(&self, number: u32) -> Outcome {
        let offered = |recorder: &Recorder| self.is_among(number, &recorder.offered());
        let what = || format!("occurrence {number} was not emitted");
        self.within(self.recorder.until(offered), what).await
    }

    /// Waits until upstream was told about an occurrence.
    ///
    /// # Errors
    /// When that does not happen.
    pub async fn answered(&self, number: u32) -> Outcome<Answer> {
        let what = || format!("upstream was told nothing about occurrence {number}");
        self.within(self.harness.answered(number), what).await
    }

    /// Waits for a while in which upstream must be told nothing about an occurrence.
    ///
    /// # Errors
    /// When it is told something.
    pub async fn unanswered(&self, number: u32) -> Outcome {
        let waited = timeout(self.settling(), self.harness.answered(number)).await;
        let Ok(answer) = waited else {
            return Ok(());
        };
        Err(Broken(format!(
            "upstream was told that occurrence {number} is {answer:?} before its event was accepted"
        )))
    }

    /// Waits for something, but not for ever.
    ///
    /// # Errors
    /// What is returned by `what`, when it does not happen.
    pub async fn within<T>(
        &self,
        happens: impl Future<Output = T>,
        what: impl FnOnce() -> String,
    ) -> Outcome<T> {
        let waited = timeout(self.harness.pace().patience, happens).await;
        waited.map_err(|_| Broken(what()))
    }

    /// Waits for a while in which the source must emit nothing.
    ///
    /// # Errors
    /// When it does.
    pub async fn quiet(&self) -> Outcome {
        let before = self.recorder.offered().len();
        sleep(self.settling()).await;
        let after = self.recorder.offered();
        ensure(
            after.len() == before,
            format!("emitted: {:?}", &after[before..]),
        )
    }

    /// Holds the drafts of some occurrences, and accepts the others.
    pub fn hold(self: &Arc<Self>, number: u32) {
        let harness = Arc::clone(&self.harness);
        self.recorder
            .rule(move |draft| match harness.number(draft) {
                Some(found) if found == number => Verdict::Hold,
                _ => Verdict::Accept,
            });
    }

    /// Returns how long something wrong is given to show itself.
    pub fn settling(&self) -> Duration {
        crate::suite::settling(self.harness.pace())
    }

    fn is_among(&self, number: u32, drafts: &[Draft]) -> bool {
        drafts
            .iter()
            .any(|draft| self.harness.number(draft) == Some(number))
    }
}

impl Run {
    /// Gives the stop signal.
    pub fn stop(&self) {
        self.stop.cancel();
    }

    /// Waits until `run` has returned.
    ///
    /// # Errors
    /// When it does not, or panicked.
    pub async fn ended(self) -> Outcome<Result<()>> {
        let ended = timeout(self.patience, self.task).await;
        let ended = ended.map_err(|_| Broken("`run` did not return".to_owned()))?;
        ended.map_err(|error| Broken(format!("`run` panicked: {error}")))
    }

    /// Gives the stop signal and waits until `run` has returned without an error.
    ///
    /// # Errors
    /// When it does not.
    pub async fn stopped(self) -> Outcome {
        self.stop();
        match self.ended().await? {
            Ok(()) => Ok(()),
            Err(error) => Err(Broken(format!(
                "`run` failed after the stop signal: {error}"
            ))),
        }
    }

    /// Waits until `run` has failed.
    ///
    /// # Errors
    /// When it does not end, or ends without an error.
    pub async fn failed(self) -> Outcome {
        let outcome = self.ended().await?;
        ensure(
            outcome.is_err(),
            "`run` returned `Ok` though its upstream failed",
        )
    }

    /// Drops the future of `run` and waits until it is gone.
    ///
    /// # Errors
    /// When it does not go.
    pub async fn dropped(self) -> Outcome {
        self.task.abort();
        let gone = timeout(self.patience, self.task).await;
        ensure(
            gone.is_ok(),
            "`run` blocks its thread and cannot be dropped",
        )
    }
}

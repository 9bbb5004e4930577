//! Says whether an [`EventSource`] keeps the promises `SRC-01` to `SRC-06`.
//!
//! A crate with a source of its own implements [`SourceHarness`], the upstream that the source reads
//! from, and lets [`source_conformance!`] write the `main` of a test binary with `harness = false`.
//! A case that an upstream cannot be used for is reported as ignored, with the reason, never as
//! passed. [`Recorder`] stands where the runtime would, [`TestHost`] where a web server would;
//! [`BrokenSource`] shows that the cases notice.

mod broken;
mod cases;
mod host;
mod recorder;
mod world;

pub use crate::bus::{Broken, Outcome, Pace, ensure, run};
pub use broken::{Breach, BrokenSource};
pub use host::TestHost;
pub use recorder::{Recorder, Verdict};
pub use world::{Run, World};

use argo_events_core::{Clock, Draft, EventSource, Result, SourceContext, Timestamp, TokioClock};
use async_trait::async_trait;
use libtest_mimic::Trial;
use std::sync::Arc;

/// An upstream, and the source under test that reads from it. Each case has a harness of its own.
///
/// What goes wrong in a harness, and not in the source, is a panic.
#[async_trait]
pub trait SourceHarness: Send + Sync + 'static {
    /// Makes the source and the upstream that it needs; called once, before anything else happens.
    ///
    /// Cases run the source several times, one run after the other.
    ///
    /// # Errors
    /// Fails the case.
    async fn source(&self) -> Result<Arc<dyn EventSource>>;

    /// Lets something happen upstream and resolves once it is on its way to a source that runs.
    ///
    /// Numbers count up from 1. It must not wait for an answer, and must not fail while nothing runs.
    async fn occur(&self, number: u32);

    /// Returns the number of the occurrence that a draft is about; `None` for a draft about none.
    fn number(&self, draft: &Draft) -> Option<u32>;

    /// Returns what upstream cannot be used for, with the reason; `None` if it can.
    ///
    /// The cases that need it are ignored.
    fn lacks(&self, need: Need) -> Option<&'static str>;

    /// Waits until upstream was told about an occurrence, and returns what. Needs [`Need::Answers`].
    async fn answered(&self, _number: u32) -> Answer {
        std::future::pending().await
    }

    /// Sends something that can never become an event. Needs [`Need::Malformed`].
    async fn malformed(&self) {}

    /// Lets upstream fail. Needs [`Need::Unreachable`] before a run, [`Need::Breaks`] during one.
    async fn fail(&self) {}

    /// Lets upstream work again.
    async fn repair(&self) {}

    /// Returns the clock of the context; one that begins in 1970 unless told otherwise.
    fn clock(&self) -> Arc<dyn Clock> {
        Arc::new(TokioClock::starting_at(Timestamp::EPOCH))
    }

    /// Adds to the context of a run what the source asks for, such as a [`TestHost`].
    fn context(&self, context: SourceContext) -> SourceContext {
        context
    }

    /// Returns how the cases deal with time.
    fn pace(&self) -> Pace {
        Pace::PAUSED
    }
}

/// What not every upstream has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Need {
    /// Upstream is told what became of an occurrence.
    Answers,
    /// Something may come that can never become an event.
    Malformed,
    /// Upstream may be out of reach when a run begins.
    Unreachable,
    /// Upstream may fail while a source runs.
    Breaks,
}

/// What upstream was told about an occurrence.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answer {
    /// It was taken: upstream may forget it.
    Taken,
    /// It was not taken: upstream keeps it, or whoever sent it knows.
    Refused,
}

/// One promise under test.
pub type Case = crate::suite::Case<World>;

/// Returns every case, in the order of the promises.
pub fn cases() -> Vec<Case> {
    cases::all()
}

/// Makes a trial of every case, each with a new harness.
pub fn trials<H: SourceHarness>(
    kind: &str,
    make: impl Fn() -> H + Clone + Send + 'static,
) -> Vec<Trial> {
    crate::suite::trials(kind, cases(), move || World::new(make()))
}

/// Writes the `main` of a test binary that judges a source.
///
/// It takes the harness, if that has a [`Default`], or a name for the reports and what makes one.
///
/// ```no_run
/// use argo_events_core::{Draft, EventSource, Result};
/// use argo_events_testkit::source::{Need, SourceHarness, source_conformance};
/// use std::sync::Arc;
/// # fn my_source() -> Arc<dyn EventSource> { unimplemented!() }
///
/// /// Occurrences are files in a folder, say.
/// #[derive(Default)]
/// struct Mine;
///
/// #[async_trait::async_trait]
/// impl SourceHarness for Mine {
///     async fn source(&self) -> Result<Arc<dyn EventSource>> {
///         Ok(my_source())
///     }
///     async fn occur(&self, number: u32) {
///         // Write a file.
///     }
///     fn number(&self, draft: &Draft) -> Option<u32> {
///         serde_json::from_slice(&draft.data).ok()
///     }
///     fn lacks(&self, need: Need) -> Option<&'static str> {
///         Some("a folder neither listens nor fails")
///     }
/// }
///
/// source_conformance!(Mine);
/// ```
#[macro_export]
macro_rules! source_conformance {
    ($harness:ty) => {
        $crate::source::source_conformance!(
            stringify!($harness),
            <$harness as ::std::default::Default>::default
        );
    };
    ($name:expr, $make:expr) => {
        fn main() -> ::std::process::ExitCode {
            $crate::source::run($crate::source::trials($name, $make))
        }
    };
}

pub use source_conformance;

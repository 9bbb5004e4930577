//! Says whether a [`Trigger`] keeps the promises `TRG-01` to `TRG-06`.
//!
//! A crate with a trigger of its own implements [`TriggerHarness`], the target that the trigger acts
//! on, and lets [`trigger_conformance!`] write the `main` of a test binary with `harness = false`.
//! A case that a target cannot be used for is reported as ignored, with the reason, never as passed.
//! [`BrokenTrigger`] shows that the cases notice.

mod broken;
mod cases;
mod world;

pub use crate::bus::{Broken, Outcome, Pace, ensure, run};
pub use broken::{Breach, BrokenTrigger};
pub use world::{World, firing};

use argo_events_core::{Clock, Firing, Result, Timestamp, TokioClock, Trigger};
use async_trait::async_trait;
use libtest_mimic::Trial;
use std::sync::Arc;

/// A target, and the trigger under test that acts on it. Each case has a harness of its own.
///
/// What goes wrong in a harness, and not in the trigger, is a panic.
#[async_trait]
pub trait TriggerHarness: Send + Sync + 'static {
    /// Makes the trigger; called once. Its target succeeds until [`Self::target`] says otherwise.
    ///
    /// # Errors
    /// Fails the case.
    async fn trigger(&self) -> Result<Arc<dyn Trigger>>;

    /// Returns every effect that the target has seen, in any order.
    async fn effects(&self) -> Vec<Effect>;

    /// Returns what the target cannot do, with the reason; `None` if it can.
    ///
    /// The cases that need it are ignored.
    fn lacks(&self, need: Need) -> Option<&'static str>;

    /// Makes the target behave from now on. Only asked for what it can do.
    async fn target(&self, _behavior: Target) {}

    /// Returns a firing that the trigger can render, another one for each number.
    ///
    /// [`Effect::number`] must be found again in the effect.
    fn firing(&self, number: u32) -> Firing {
        firing(number)
    }

    /// Returns texts that must not be seen, as the trigger was given them and as it sends them.
    /// Needs [`Need::Secrets`].
    fn secrets(&self) -> Vec<String> {
        Vec::new()
    }

    /// Tells whether an answer is handed over as status, for a policy to judge, instead of an error.
    fn hands_over_status(&self) -> bool {
        false
    }

    /// Returns the clock of the context; one that begins in 1970 unless told otherwise.
    fn clock(&self) -> Arc<dyn Clock> {
        Arc::new(TokioClock::starting_at(Timestamp::EPOCH))
    }

    /// Returns how the cases deal with time.
    fn pace(&self) -> Pace {
        Pace::PAUSED
    }
}

/// Something that a trigger did to its target.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Effect {
    /// The number of the firing behind it.
    pub number: u32,
    /// The idempotency key that came along; `None` where the protocol has no place for one.
    pub key: Option<String>,
}

/// How a target behaves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Target {
    /// It does what it is asked to.
    Succeeds,
    /// It does nothing and says that it may later. [`Need::Later`].
    Later,
    /// It does nothing and says that it never will. [`Need::Never`].
    Never,
    /// It does nothing and says nothing until it behaves otherwise, then does as it should. [`Need::Waits`].
    Waits,
    /// It is not there. [`Need::Gone`].
    Gone,
}

/// What not every target has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Need {
    /// An effect has a place for an idempotency key.
    Key,
    /// The target can say "later".
    Later,
    /// The target can say "never".
    Never,
    /// The target can take its time.
    Waits,
    /// The target can be out of reach.
    Gone,
    /// The trigger is given secrets.
    Secrets,
}

/// One promise under test.
pub type Case = crate::suite::Case<World>;

/// Returns every case, in the order of the promises.
pub fn cases() -> Vec<Case> {
    cases::all()
}

/// Makes a trial of every case, each with a new harness.
pub fn trials<H: TriggerHarness>(
    kind: &str,
    make: impl Fn() -> H + Clone + Send + 'static,
) -> Vec<Trial> {
    crate::suite::trials(kind, cases(), move || World::new(make()))
}

/// Writes the `main` of a test binary that judges a trigger.
///
/// It takes the harness, if that has a [`Default`], or a name for the reports and what makes one.
///
/// ```no_run
/// use argo_events_core::{Result, Trigger};
/// use argo_events_testkit::trigger::{Effect, Need, TriggerHarness, trigger_conformance};
/// use std::sync::Arc;
/// # fn my_trigger() -> Arc<dyn Trigger> { unimplemented!() }
///
/// /// The target is a file, say.
/// #[derive(Default)]
/// struct Mine;
///
/// #[async_trait::async_trait]
/// impl TriggerHarness for Mine {
///     async fn trigger(&self) -> Result<Arc<dyn Trigger>> {
///         Ok(my_trigger())
///     }
///     async fn effects(&self) -> Vec<Effect> {
///         // Read the file.
///         Vec::new()
///     }
///     fn lacks(&self, need: Need) -> Option<&'static str> {
///         (need != Need::Key).then_some("a file takes what it is given")
///     }
/// }
///
/// trigger_conformance!(Mine);
/// ```
#[macro_export]
macro_rules! trigger_conformance {
    ($harness:ty) => {
        $crate::trigger::trigger_conformance!(
            stringify!($harness),
            <$harness as ::std::default::Default>::default
        );
    };
    ($name:expr, $make:expr) => {
        fn main() -> ::std::process::ExitCode {
            $crate::trigger::run($crate::trigger::trials($name, $make))
        }
    };
}

pub use trigger_conformance;

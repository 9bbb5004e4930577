//! Says whether an [`Elector`] keeps the promises `LEAD-01` to `LEAD-08`.
//!
//! Who has an elector of their own implements [`ElectorHarness`], which makes the electors of several
//! processes and cuts them off; [`StoreCandidates`] is the one for electors over a state store, so a
//! bus can be judged by what its store makes of elections. [`BrokenElector`] shows that the cases notice.

mod broken;
mod cases;
mod gate;
mod world;

pub use crate::bus::{Broken, Outcome, Pace, ensure, run};
pub use broken::{Breach, BrokenElector};
pub use gate::{Gate, GatedStore, Reach, StoreCandidates};
pub use world::World;

use argo_events_core::{Elector, LeaseSettings, Result};
use async_trait::async_trait;
use libtest_mimic::Trial;
use std::sync::Arc;

/// Makes the electors of several processes. Each case has a harness of its own, with no records yet.
#[async_trait]
pub trait ElectorHarness: Send + Sync + 'static {
    /// Makes the elector of a process; called once for each number.
    ///
    /// # Errors
    /// Fails the case.
    async fn elector(&self, process: u32) -> Result<Arc<dyn Elector>>;

    /// Decides from now on how a process reaches the records. One that died reaches nothing any more.
    fn reach(&self, process: u32, reach: Reach);

    /// Returns the times that the electors use.
    fn settings(&self) -> LeaseSettings {
        LeaseSettings::default()
    }

    /// Returns what the harness cannot do, with the reason; `None` if it can.
    fn lacks(&self, _need: Need) -> Option<&'static str> {
        None
    }

    /// Returns how the cases deal with time.
    fn pace(&self) -> Pace {
        Pace::PAUSED
    }
}

/// What not every harness can do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Need {
    /// A process can be left without an answer: [`Reach::Silent`].
    Silence,
}

/// One promise under test.
pub type Case = crate::suite::Case<World>;

/// Returns every case, in the order of the promises.
pub fn cases() -> Vec<Case> {
    cases::all()
}

/// Makes a trial of every case, each with a new harness.
pub fn trials<H: ElectorHarness>(
    kind: &str,
    make: impl Fn() -> H + Clone + Send + 'static,
) -> Vec<Trial> {
    crate::suite::trials(kind, cases(), move || World::new(make()))
}
